//! Well-formed messages are read; what was done to them afterwards is refused with a reason, or makes another message.

#![expect(clippy::unwrap_used, reason = "a test")]

mod bytes;
mod json;

use proptest::prelude::*;

use crate::{reading, samples};

type Read = fn(&[u8]) -> Result<(), String>;

/// Every kind of message: its name, well-formed ones, and their reader.
fn kinds() -> [(&'static str, Vec<Vec<u8>>, Read); 5] {
    [
        ("request", samples::requests(), reading::request),
        ("block", samples::blocks(), reading::block),
        ("object", samples::objects(), reading::spilled),
        ("page", samples::pages(), reading::page),
        ("part", samples::parts(), |bytes| {
            reading::part(&String::from_utf8_lossy(bytes))
        }),
    ]
}

/// A reader's outcome: panics are the reader's own, a refusal has a reason.
fn check(kind: &str, read: Read, bytes: &[u8]) {
    if let Err(why) = read(bytes) {
        assert!(!why.trim().is_empty(), "{kind}: no reason");
        assert!(why.len() < 2_000, "{kind}: {why}");
    }
}

#[test]
fn the_samples_are_well_formed() {
    for (kind, samples, read) in kinds() {
        for sample in samples {
            let outcome = read(&sample);
            assert_eq!(outcome, Ok(()), "{kind}: {}", sample.escape_ascii());
        }
    }
}

#[test]
fn keys_of_other_lengths_are_refused() {
    use connector::wire::EncryptionKey;
    for key in [0, 8, 15, 16, 24, 31, 32, 33] {
        for nonce in [0, 11, 12, 13, 16] {
            let outcome = reading::key(EncryptionKey {
                key: vec![1; key],
                nonce: vec![2; nonce],
            });
            assert_eq!(
                outcome.is_ok(),
                matches!((key, nonce), (16 | 32, 12)),
                "{key}, {nonce}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_of_no_message_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for (kind, _, read) in kinds() {
            check(kind, read, &bytes);
        }
    }

    #[test]
    fn value_sets_mean_what_athena_means(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = crate::value_set::value_set(&bytes);
    }

    #[test]
    fn flipped_bits_and_moved_bytes_are_survived(
        kind in 0..5_usize,
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let (kind, samples, read) = &kinds()[kind];
        let mut bytes = sample.get(samples).clone();
        for (at, value, change) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = value,
                1 => bytes[at] ^= 1 << (value % 8),
                2 => bytes.insert(at, value),
                _ => bytes.truncate((at + 1).max(bytes.len() / 2)),
            }
        }
        check(kind, *read, &bytes);
    }
}
