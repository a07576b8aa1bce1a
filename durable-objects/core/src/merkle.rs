//! The RFC 6962 tree over the envelopes of a log, kept with the log.
//!
//! The row of event *n* stores the roots of the subtrees that leaf *n* completes, level 0 (the leaf) first. Appending needs only the
//! [`Frontier`] in memory: one hash per set bit of the size; waking reads as many rows.

use base64ct::{Base64UrlUnpadded, Encoding};
use tlog_tiles::tlog::{EMPTY_HASH, HASH_SIZE, Hash, HashReader, node_hash, record_hash, split_stored_hash_index};

/// The right edge of the tree: roots of its perfect subtrees, largest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

impl Frontier {
    /// Leaves so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns what its row stores: the completed subtree roots, level 0 first, 32 bytes each.
    pub fn push(&mut self, envelope: &[u8]) -> Vec<u8> {
        let mut hash = record_hash(envelope);
        let mut stored = hash.0.to_vec();
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.edge.pop() else { break };
            hash = node_hash(left, hash);
            stored.extend_from_slice(&hash.0);
        }
        self.edge.push(hash);
        self.size += 1;
        stored
    }

    /// The tree hash of all leaves (RFC 6962, 2.1); of none, the hash of the empty string.
    pub fn root(&self) -> Root {
        let mut edge = self.edge.iter().rev();
        let Some(mut hash) = edge.next().copied() else { return Root(EMPTY_HASH.0) };
        for left in edge {
            hash = node_hash(*left, hash);
        }
        Root(hash.0)
    }

    /// Which stored hashes make up the frontier of a tree of `size` leaves: (row's seq, level), largest subtree first.
    pub fn places(size: u64) -> Vec<(u64, u32)> {
        let mut end = 0u64;
        (0..64u32)
            .rev()
            .filter(|level| size >> level & 1 == 1)
            .map(|level| {
                end += 1 << level;
                (end, level)
            })
            .collect()
    }

    /// Rebuilds the frontier from the hashes found at [`Self::places`]. `None` when their number does not fit the size.
    pub fn restore(size: u64, hashes: &[[u8; HASH_SIZE]]) -> Option<Self> {
        let fits = u32::try_from(hashes.len()).is_ok_and(|count| count == size.count_ones());
        fits.then(|| Self { size, edge: hashes.iter().copied().map(Hash).collect() })
    }
}

/// A tree hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root(pub [u8; HASH_SIZE]);

impl Root {
    /// Base64url without padding, as on the wire.
    pub fn to_text(self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }
}

/// The leaf hash of an envelope.
pub fn leaf(envelope: &[u8]) -> Root {
    Root(record_hash(envelope).0)
}

/// The hash of a level inside a row's stored hashes.
pub fn at_level(stored: &[u8], level: u32) -> Option<[u8; HASH_SIZE]> {
    let start = usize::try_from(level).ok()?.checked_mul(HASH_SIZE)?;
    stored.get(start..start.checked_add(HASH_SIZE)?)?.try_into().ok()
}

/// Reads rows' stored hashes by seq, for proofs.
pub trait Rows {
    /// The stored hashes of a row, or `None` when there is none.
    fn tree(&self, seq: u64) -> Option<Vec<u8>>;
}

struct Reader<'a, R>(&'a R);

impl<R: Rows> HashReader for Reader<'_, R> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes
            .iter()
            .map(|index| {
                let (level, place) = split_stored_hash_index(*index);
                let seq = (place + 1) << level;
                self.0
                    .tree(seq)
                    .and_then(|stored| at_level(&stored, u32::from(level)))
                    .map(Hash)
                    .ok_or(tlog_tiles::Error::IndexesNotInTree)
            })
            .collect()
    }
}

/// The audit path of the event `seq` in the tree of `size` leaves, leaf to root. `None` when a row is missing or out of range.
pub fn prove(rows: &impl Rows, size: u64, seq: u64) -> Option<Vec<[u8; HASH_SIZE]>> {
    let index = seq.checked_sub(1).filter(|index| *index < size)?;
    let proof = tlog_tiles::tlog::prove_record(size, index, &Reader(rows)).ok()?;
    Some(proof.into_iter().map(|hash| hash.0).collect())
}

/// Folds leaf hashes (some of withheld events) into a root; what an offline verifier does.
pub fn root_of(leaves: impl IntoIterator<Item = [u8; HASH_SIZE]>) -> Root {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push_leaf(leaf);
    }
    frontier.root()
}

impl Frontier {
    /// Appends a leaf known only by its hash: of an event that is withheld.
    pub fn push_leaf(&mut self, leaf: [u8; HASH_SIZE]) {
        let mut hash = Hash(leaf);
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.edge.pop() else { break };
            hash = node_hash(left, hash);
        }
        self.edge.push(hash);
        self.size += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table(Vec<Vec<u8>>);

    impl Rows for Table {
        fn tree(&self, seq: u64) -> Option<Vec<u8>> {
            self.0.get(usize::try_from(seq).ok()?.checked_sub(1)?).cloned()
        }
    }

    fn grow(size: u64) -> (Frontier, Table) {
        let mut frontier = Frontier::default();
        let rows = (0..size).map(|index| frontier.push(format!("leaf {index}").as_bytes())).collect();
        (frontier, Table(rows))
    }

    #[test]
    fn the_root_is_the_one_of_the_library_for_every_small_size() {
        for size in 1..70 {
            let (frontier, rows) = grow(size);
            let theirs = tlog_tiles::tlog::tree_hash(size, &Reader(&rows)).unwrap();
            assert_eq!(frontier.root().0, theirs.0, "{size}");
            assert_eq!(root_of((0..size).map(|index| leaf(format!("leaf {index}").as_bytes()).0)), frontier.root());
        }
    }

    #[test]
    fn a_restored_frontier_is_the_kept_one() {
        for size in 0..70 {
            let (frontier, rows) = grow(size);
            let hashes: Vec<_> = Frontier::places(size)
                .into_iter()
                .map(|(seq, level)| at_level(&rows.tree(seq).unwrap(), level).unwrap())
                .collect();
            assert_eq!(Frontier::restore(size, &hashes), Some(frontier));
        }
        assert_eq!(Frontier::restore(3, &[]), None);
    }

    #[test]
    fn every_proof_verifies_with_the_library() {
        for size in [1, 2, 3, 7, 8, 33] {
            let (frontier, rows) = grow(size);
            for seq in 1..=size {
                let path = prove(&rows, size, seq).unwrap().into_iter().map(Hash).collect();
                let leaf = Hash(leaf(format!("leaf {}", seq - 1).as_bytes()).0);
                tlog_tiles::tlog::check_record(&path, size, Hash(frontier.root().0), seq - 1, leaf).unwrap();
            }
            assert_eq!(prove(&rows, size, 0), None);
            assert_eq!(prove(&rows, size, size + 1), None);
        }
    }

    #[test]
    fn the_empty_tree_and_one_leaf_are_those_of_rfc_6962() {
        // RFC 6962, 2.1: MTH({}) = SHA-256(), MTH({d}) = SHA-256(0x00 || d).
        assert_eq!(Frontier::default().root().to_text(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        let mut frontier = Frontier::default();
        frontier.push(b"");
        assert_eq!(frontier.root().to_text(), "bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0");
    }
}
