//! A blocked Bloom filter: says "not there" for almost everything that is not there, without a look at the disk.
//!
//! Almost every decision is new, and each is looked up before it is recorded; so this answers nearly all of them. One
//! block of 64 bytes is looked at for each, six bits of it.

const WORDS: usize = 8;
const BITS_PER_KEY: u64 = 12;
const PROBES: u32 = 6;

/// The filter; without words it says "perhaps" to everything.
#[derive(Debug)]
pub(super) struct Filter {
    blocks: Vec<[u64; WORDS]>,
}

impl Filter {
    /// One for this many keys; too many get none, so that the memory has a bound: 8 MiB each.
    pub(super) fn for_keys(keys: u64, limit: u64) -> Self {
        let blocks = if keys > limit { 0 } else { (keys * BITS_PER_KEY).div_ceil(512) };
        Self { blocks: vec![[0; WORDS]; super::size(blocks)] }
    }

    pub(super) fn from_words(words: &[u64]) -> Self {
        Self { blocks: words.as_chunks().0.to_vec() }
    }

    pub(super) fn words(&self) -> &[u64] {
        self.blocks.as_flattened()
    }

    fn place(&self, key: u64) -> (usize, u64) {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let block = (u128::from(mixed) * u128::try_from(self.blocks.len()).unwrap_or(0)) >> 64;
        // The six times nine bits come from elsewhere than the block's number.
        (usize::try_from(block).unwrap_or(0), (key ^ (key >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    /// The words and bits of a key in its block.
    fn bits(from: u64) -> impl Iterator<Item = (usize, u64)> {
        (0..PROBES).map(move |probe| {
            let nine = (from >> (9 * probe)) & 511;
            (usize::try_from(nine >> 6).unwrap_or(0), 1 << (nine & 63))
        })
    }

    pub(super) fn insert(&mut self, key: u64) {
        let (block, bits) = self.place(key);
        let Some(block) = self.blocks.get_mut(block) else { return };
        for (word, bit) in Self::bits(bits) {
            if let Some(word) = block.get_mut(word) {
                *word |= bit;
            }
        }
    }

    pub(super) fn may_have(&self, key: u64) -> bool {
        let (block, bits) = self.place(key);
        let Some(block) = self.blocks.get(block) else { return true };
        Self::bits(bits).all(|(word, bit)| block.get(word).is_some_and(|word| word & bit != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> u64 {
        let digest = consent_core::digest::Digest::of(&number.to_be_bytes());
        u64::from_be_bytes(*digest.0.first_chunk().unwrap())
    }

    #[test]
    fn has_what_was_inserted_and_little_else() {
        let mut filter = Filter::for_keys(20_000, u64::MAX);
        (0..20_000).for_each(|number| filter.insert(key(number)));
        assert!((0..20_000).all(|number| filter.may_have(key(number))));
        let wrong = (20_000..120_000).filter(|number| filter.may_have(key(*number))).count();
        assert!(wrong < 1_500, "{wrong} of 100000");
    }

    #[test]
    fn one_without_words_says_perhaps() {
        let mut filter = Filter::for_keys(10, 9);
        filter.insert(1);
        assert!(filter.words().is_empty() && filter.may_have(1) && filter.may_have(2));
    }
}
