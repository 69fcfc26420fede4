//! What one decision costs the log: its entry, its commitments, its place in the tree, the signature over the head, and
//! the proof for the visitor. Run: `cargo bench -p consent-core --bench ledger`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;

use consent_core::digest::Digest;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Part, Salt, commit};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::key::SigningKey;
use consent_core::ledger::origin::Origin;
use consent_core::ledger::proof::{TileSource, consistency, inclusion, verify_consistency, verify_inclusion};
use consent_core::ledger::tile::TileId;
use consent_core::notice::NoticeId;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const SIZE: u64 = 1_000_000;

struct Tiles(BTreeMap<(u8, u64), Vec<Digest>>);

impl TileSource for Tiles {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
        Ok(self.0.get(&(tile.level, tile.index)).cloned().unwrap_or_default())
    }
}

fn grow(size: u64) -> (Frontier, Tiles) {
    let mut frontier = Frontier::new();
    let mut tiles = BTreeMap::new();
    for i in 0..size {
        frontier.append(leaf_hash(&i.to_be_bytes()), &mut |tile, hashes| {
            tiles.insert((tile.level, tile.index), hashes.to_vec());
        });
    }
    for (tile, hashes) in frontier.partial_tiles() {
        tiles.insert((tile.level, tile.index), hashes.to_vec());
    }
    (frontier, Tiles(tiles))
}

fn decision() -> Kind {
    let hash = Digest::of(b"");
    Kind::Decision { decision: hash, notice: NoticeId(hash), subject: hash }
}

fn entries(c: &mut Criterion) {
    let bytes = Entry::new(1_800_000_000, decision()).map(|entry| entry.bytes().to_vec()).unwrap_or_default();
    c.bench_function("entry/write", |b| b.iter(|| Entry::new(black_box(1_800_000_000), decision())));
    c.bench_function("entry/parse", |b| b.iter(|| Entry::parse(black_box(&bytes))));
    let data = [b'x'; 400];
    c.bench_function("commit/400 bytes", |b| {
        b.iter(|| commit(Part::Decision, black_box(&Salt([7; 32])), black_box(&data)));
    });
}

fn tree(c: &mut Criterion) {
    let (frontier, tiles) = grow(SIZE);
    let root = frontier.root();
    let mut group = c.benchmark_group("tree of 1 000 000");
    group.throughput(Throughput::Elements(256));
    group.bench_function("append 256 and root", |b| {
        b.iter_batched(
            || frontier.clone(),
            |mut frontier| {
                for i in 0..256_u64 {
                    frontier.append(leaf_hash(&i.to_be_bytes()), &mut |_, hashes| {
                        black_box(hashes);
                    });
                }
                frontier.root()
            },
            BatchSize::SmallInput,
        );
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("root", |b| b.iter(|| black_box(&frontier).root()));
    let next = RefCell::new(0_u64);
    let index = || {
        let mut next = next.borrow_mut();
        *next = (*next + 7919) % SIZE;
        *next
    };
    group.bench_function("inclusion/build", |b| b.iter(|| inclusion(&tiles, index(), SIZE)));
    let proof = inclusion(&tiles, 123_456, SIZE).unwrap_or_default();
    let leaf = leaf_hash(&123_456_u64.to_be_bytes());
    group.bench_function("inclusion/verify", |b| {
        b.iter(|| verify_inclusion(leaf, 123_456, SIZE, black_box(&proof), root));
    });
    group.bench_function("consistency/build", |b| b.iter(|| consistency(&tiles, index(), SIZE)));
    let old_root = grow(654_321).0.root();
    let proof = consistency(&tiles, 654_321, SIZE).unwrap_or_default();
    group.bench_function("consistency/verify", |b| {
        b.iter(|| verify_consistency(654_321, old_root, SIZE, root, black_box(&proof)));
    });
    group.finish();
}

fn heads(c: &mut Criterion) {
    let name = "consent.example/newsroom/2026";
    let (Ok(key), Ok(origin)) = (SigningKey::from_seed(name, &[7; 32]), name.parse::<Origin>()) else {
        return;
    };
    let (frontier, _) = grow(SIZE);
    let signed = |frontier: &Frontier| {
        let stored = vec![LogState::resume(origin.clone(), frontier.clone(), 0).stage()];
        let durable = Staged::persist(stored, |_| Ok::<_, ()>(())).ok()?.pop()?;
        durable.sign(&key).ok()
    };
    let known = [key.verifier().clone()];
    c.bench_function("checkpoint/sign", |b| b.iter(|| signed(&frontier)));
    let Some((_, signed)) = signed(&frontier) else { return };
    c.bench_function("checkpoint/open", |b| {
        b.iter(|| SignedCheckpoint::open(black_box(signed.as_str().as_bytes()), &known));
    });
}

criterion_group!(benches, entries, tree, heads);
criterion_main!(benches);
