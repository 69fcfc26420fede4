//! Roots and proofs against `ct-merkle`, an implementation that shares nothing with this one.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;

use super::{Log, bytes};
use crate::digest::Digest;
use crate::ledger::hash::{EMPTY_ROOT, MAX_SIZE, leaf_hash};
use crate::ledger::proof::{
    BuildError, ProofError, consistency, inclusion, verify_consistency, verify_inclusion,
};

const SIZES: [u64; 9] = [0, 1, 2, 255, 256, 257, 65_535, 65_536, 65_537];

fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for i in 0..size {
        tree.push(bytes(i));
    }
    tree
}

fn digests(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks(32).map(|hash| Digest(hash.try_into().unwrap())).collect()
}

fn joined(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The root that `log` had at an earlier size, grown anew.
fn root_at(size: u64) -> Digest {
    Log::with_size(size).frontier.root()
}

#[test]
fn roots_equal_those_of_the_oracle() {
    for size in SIZES {
        let expected =
            if size == 0 { EMPTY_ROOT.0.to_vec() } else { oracle(size).root().as_bytes().to_vec() };
        assert_eq!(root_at(size).0.to_vec(), expected, "size {size}");
    }
}

#[test]
fn inclusion_proofs_equal_those_of_the_oracle_and_both_verify_them() {
    for size in SIZES.into_iter().filter(|&size| size > 0) {
        let (log, tree) = (Log::with_size(size), oracle(size));
        let root = log.frontier.root();
        let their_root = RootHash::<Sha256>::new(root.0.into(), size);
        let indices =
            [0, 1, 2, 127, 128, 254, 255, 256, 257, 32_767, 32_768, 65_279, 65_280, 65_534, 65_535, 65_536];
        for index in indices.into_iter().filter(|&index| index < size) {
            let proof = inclusion(&log, index, size).unwrap();
            let theirs = tree.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(proof, digests(theirs.as_bytes()), "{index} of {size}");
            assert_eq!(verify_inclusion(leaf_hash(&bytes(index)), index, size, &proof, root), Ok(()));
            let ours = InclusionProof::<Sha256>::from_bytes(joined(&proof));
            their_root.verify_inclusion(&bytes(index), index, &ours).unwrap();
        }
    }
}

#[test]
fn consistency_proofs_equal_those_of_the_oracle_and_both_verify_them() {
    for new in SIZES.into_iter().filter(|&size| size > 0) {
        let (log, tree) = (Log::with_size(new), oracle(new));
        let root = log.frontier.root();
        for old in SIZES.into_iter().filter(|&old| 0 < old && old < new) {
            let proof = consistency(&log, old, new).unwrap();
            let theirs = tree.prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(proof, digests(theirs.as_bytes()), "{old} to {new}");
            let old_root = root_at(old);
            assert_eq!(verify_consistency(old, old_root, new, root, &proof), Ok(()));
            let ours = ConsistencyProof::<Sha256>::try_from_bytes(joined(&proof)).unwrap();
            RootHash::<Sha256>::new(root.0.into(), new)
                .verify_consistency(&RootHash::new(old_root.0.into(), old), &ours)
                .unwrap();
        }
    }
}

#[test]
fn an_empty_or_equal_tree_is_consistent_without_a_proof_and_with_its_own_root_only() {
    let log = Log::with_size(3);
    let root = log.frontier.root();
    assert_eq!(consistency(&log, 0, 3), Ok(vec![]));
    assert_eq!(consistency(&log, 3, 3), Ok(vec![]));
    assert_eq!(verify_consistency(0, EMPTY_ROOT, 3, root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, root, 3, root, &[]), Err(ProofError::OldRoot));
    assert_eq!(verify_consistency(3, root, 3, root, &[]), Ok(()));
    assert_eq!(verify_consistency(3, EMPTY_ROOT, 3, root, &[]), Err(ProofError::OldRoot));
    assert_eq!(verify_consistency(3, root, 3, root, &[root]), Err(ProofError::Length));
}

#[test]
fn refuses_what_is_outside_the_tree() {
    let log = Log::with_size(3);
    assert_eq!(inclusion(&log, 3, 3), Err(BuildError::Range));
    assert_eq!(inclusion(&log, 0, MAX_SIZE + 1), Err(BuildError::Range));
    assert_eq!(consistency(&log, 4, 3), Err(BuildError::Range));
    let leaf = leaf_hash(&bytes(0));
    assert_eq!(verify_inclusion(leaf, 3, 3, &[], leaf), Err(ProofError::Range));
    assert_eq!(verify_inclusion(leaf, 0, 0, &[], leaf), Err(ProofError::Range));
    assert_eq!(verify_inclusion(leaf, 0, u64::MAX, &[leaf; 64], leaf), Err(ProofError::Range));
    assert_eq!(verify_consistency(2, leaf, 1, leaf, &[]), Err(ProofError::Range));
    assert!(matches!(inclusion(&log, 0, 300), Err(BuildError::ShortTile(_))));
}

proptest! {
    #[test]
    fn every_proof_in_a_small_tree_verifies_and_no_changed_one_does(
        size in 1..700_u64,
        index in 0..700_u64,
        old in 0..700_u64,
        hash in 0..16_usize,
        bit in 0..256_usize,
    ) {
        let (index, old) = (index % size, old % (size + 1));
        let log = Log::with_size(size);
        let root = log.frontier.root();
        let leaf = leaf_hash(&bytes(index));

        let proof = inclusion(&log, index, size).unwrap();
        prop_assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()));
        for other in 0..size {
            prop_assert_eq!(verify_inclusion(leaf, other, size, &proof, root).is_ok(), other == index);
        }
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert_eq!(verify_inclusion(leaf, index, size, &longer, root), Err(ProofError::Length));
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(verify_inclusion(leaf, index, size, shorter, root).is_err());
            let mut changed = proof.clone();
            changed[hash % proof.len()].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(verify_inclusion(leaf, index, size, &changed, root), Err(ProofError::Root));
        }

        let proof = consistency(&log, old, size).unwrap();
        let old_root = root_at(old);
        prop_assert_eq!(verify_consistency(old, old_root, size, root, &proof), Ok(()));
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert_eq!(verify_consistency(old, old_root, size, root, &longer), Err(ProofError::Length));
        if !proof.is_empty() {
            prop_assert!(verify_consistency(old, old_root, size, root, &proof[1..]).is_err());
            let mut changed = proof.clone();
            changed[hash % proof.len()].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_consistency(old, old_root, size, root, &changed).is_err());
        }
    }

    #[test]
    fn no_arguments_make_a_check_panic(
        index in any::<u64>(), size in any::<u64>(), hashes in 0..70_usize,
    ) {
        let proof = vec![EMPTY_ROOT; hashes];
        let _ = verify_inclusion(EMPTY_ROOT, index, size, &proof, EMPTY_ROOT);
        let _ = verify_inclusion(EMPTY_ROOT, index >> 20, size >> 11, &proof, EMPTY_ROOT);
        let _ = verify_consistency(index >> 20, EMPTY_ROOT, size >> 11, EMPTY_ROOT, &proof);
    }
}
