//! A file whose end is in memory is a file.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::super::codec::{length, size};
use super::super::disk::{Disk as _, DiskFile as _};
use super::super::tail::LogFile;
use super::sim::{Random, Sim};

const PIECE: u64 = 64;

fn file(disk: &Sim) -> LogFile {
    let file = disk.open("a", true).unwrap();
    disk.sync_folder("").unwrap();
    LogFile::new(file, PIECE)
}

#[test]
fn whole_pieces_go_to_the_file_and_the_rest_waits_until_it_is_to_be_durable() {
    let disk = Sim::default();
    let file = file(&disk);
    let steps = disk.steps();
    for at in 0..10 {
        file.write_at(&[7; 6], 6 * at).unwrap();
    }
    assert_eq!((disk.steps(), disk.bytes("a").len(), file.length().unwrap()), (steps, 0, 60));
    file.write_at(&[8; 6], 60).unwrap();
    assert_eq!((disk.steps(), disk.bytes("a").len(), file.length().unwrap()), (steps + 1, 64, 66));
    assert!(!file.is_written());
    file.sync().unwrap();
    assert_eq!(disk.bytes("a"), [[7; 60].as_slice(), &[8; 6]].concat());
    assert!(file.is_written());
    assert_eq!(disk.after_power_cut(None).bytes("a").len(), 66);
    // The next piece is whole where the file says, not this memory.
    file.write_at(&[9; 64], 66).unwrap();
    assert_eq!((disk.bytes("a").len(), file.length().unwrap()), (128, 130));
}

#[test]
fn whatever_is_written_and_whenever_it_is_read_it_is_a_file() {
    for seed in 0..200 {
        let (disk, mut random, mut plain) = (Sim::default(), Random(seed), Vec::<u8>::new());
        let file = file(&disk);
        let mut below = |most: usize| size(random.next() % length(most));
        for byte in 0..60_u8 {
            let (what, count) = (below(8), below(100));
            match what {
                0 => file.sync().unwrap(),
                1 if !plain.is_empty() => {
                    let at = below(plain.len());
                    let count = count.min(plain.len() - at);
                    file.write_at(&vec![byte; count], length(at)).unwrap();
                    plain[at..at + count].fill(byte);
                }
                2 | 3 if !plain.is_empty() => {
                    let at = below(plain.len());
                    let mut read = vec![0; count.min(plain.len() - at)];
                    file.read_at(&mut read, length(at)).unwrap();
                    assert_eq!(read, plain[at..at + read.len()], "seed {seed}");
                    let mut beyond = vec![0; plain.len() - at + 1];
                    let error = file.read_at(&mut beyond, length(at)).unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
                }
                _ => {
                    file.write_at(&vec![byte; count], length(plain.len())).unwrap();
                    plain.extend(vec![byte; count]);
                }
            }
            assert_eq!(file.length().unwrap(), length(plain.len()));
        }
        file.sync().unwrap();
        assert_eq!(disk.bytes("a"), plain, "seed {seed}");
    }
}

#[test]
fn whoever_reads_while_it_is_written_and_synced_sees_what_was_written() {
    let disk = Sim::default();
    let (file, written, done) = (file(&disk), AtomicU64::new(0), AtomicBool::new(false));
    let byte_at = |at: u64| u8::try_from(at % 251).unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for count in (0..2000).map(|number| number % 97 + 1) {
                let at = written.load(Ordering::SeqCst);
                let bytes: Vec<_> = (at..at + count).map(byte_at).collect();
                file.write_at(&bytes, at).unwrap();
                written.store(at + count, Ordering::SeqCst);
            }
            done.store(true, Ordering::SeqCst);
        });
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                file.sync().unwrap();
            }
        });
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let end = written.load(Ordering::SeqCst);
                    let from = end.saturating_sub(200);
                    let mut read = vec![0; size(end - from)];
                    file.read_at(&mut read, from).unwrap();
                    assert!(read.iter().zip(from..).all(|(byte, at)| *byte == byte_at(at)));
                }
            });
        }
    });
    file.sync().unwrap();
    assert_eq!(disk.bytes("a"), (0..written.into_inner()).map(byte_at).collect::<Vec<_>>());
}
