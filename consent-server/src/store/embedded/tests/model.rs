//! Generated lists of operations, with restarts, kills and power cuts between them, compared with the store in memory.

use proptest::prelude::*;

use super::super::super::{LogId, MemoryStore, Store};
use super::sim::{Random, Sim};
use super::{is_full, open};
use crate::store::ops::{Op, apply, difference, is_possible, log_of, op, traces};

/// The indices of a log whose decisions are erased or forgotten, told by the model.
fn erased(model: &dyn Store, log: &LogId) -> Vec<u64> {
    let Some(head) = model.head(log).unwrap() else { return Vec::new() };
    let left: Vec<_> =
        model.openings(log, 0..head.size).unwrap().into_iter().map(|(index, _)| index).collect();
    (0..head.size).filter(|index| !left.contains(index)).collect()
}

fn check_erased(disk: &Sim, model: &dyn Store, of: &LogId, after: &str) {
    // Every decision would take long: those at the ends of what is erased, and some between.
    let erased = erased(model, of);
    let some = erased.iter().take(3).chain(erased.iter().rev().take(3)).chain(erased.iter().step_by(41));
    for trace in some.flat_map(|index| traces(of, *index)) {
        assert_eq!(
            disk.files_with(&trace),
            Vec::<String>::new(),
            "{after}: {:?}",
            String::from_utf8_lossy(&trace)
        );
    }
}

fn run(ops: &[Op]) {
    let mut disk = Sim::default();
    let mut store = open(&disk).unwrap();
    let model = MemoryStore::default();
    for (number, op) in ops.iter().enumerate() {
        if !is_possible(&model, op) {
            continue;
        }
        match op {
            Op::Reopen => {
                drop(store);
                store = open(&disk).unwrap();
            }
            Op::Kill => {
                disk = disk.killed();
                store = open(&disk).unwrap();
            }
            Op::PowerCut(seed) => {
                disk = disk.after_power_cut(seed.map(Random));
                store = open(&disk).unwrap();
            }
            _ => {
                apply(&store, &model, op).unwrap();
                apply(&model, &model, op).unwrap();
            }
        }
        if let Op::Erase(of, ..) | Op::Forget(of) = op {
            check_erased(&disk, &model, &log_of(*of), &format!("operation {number}"));
        }
        if matches!(op, Op::Erase(..) | Op::Reopen | Op::Kill | Op::PowerCut(_)) || number + 1 == ops.len() {
            let found = difference(&store, &model);
            assert_eq!(found, None, "after operation {number}, {op:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn does_what_the_store_in_memory_does(ops in prop::collection::vec(op(), 1..40)) {
        run(&ops);
    }
}

fn cases() -> u32 {
    if is_full() { 128 } else { 12 }
}
