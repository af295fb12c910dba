//! Arrow messages with every number in them exchanged for others, and cut at every place.

use super::*;

/// Numbers that lengths, offsets, counts and units are exchanged for.
const NUMBERS: [i64; 8] = [
    0,
    1,
    -1,
    255,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];

fn exchanged<const N: usize>(kind: &str, read: Read, sample: &[u8], number: [u8; N]) {
    // The first byte chooses the schema; what stands behind it is aligned.
    for at in (1..sample.len()).step_by(N.min(4)) {
        if let Some(place) = sample.get(at..at + N)
            && place != number
        {
            let mut bytes = sample.to_vec();
            bytes[at..at + N].copy_from_slice(&number);
            check(kind, read, &bytes);
        }
    }
}

#[test]
fn every_number_of_a_message_may_be_any_other() {
    for (kind, samples, read) in kinds() {
        if kind != "block" && kind != "object" {
            continue;
        }
        for sample in &samples {
            for number in NUMBERS {
                exchanged(kind, read, sample, number.to_le_bytes());
                exchanged(kind, read, sample, (number as i32).to_le_bytes());
                exchanged(kind, read, sample, (number as i16).to_le_bytes());
            }
        }
    }
}

#[test]
fn messages_cut_anywhere_are_refused_or_end_in_padding() {
    for (kind, samples, read) in kinds() {
        for sample in &samples {
            for end in 0..sample.len() {
                check(kind, read, &sample[..end]);
            }
        }
    }
}

#[test]
fn lengths_far_beyond_a_message_take_no_memory() {
    // Behind the choice of the schema: the prefix, and the length of the metadata.
    for (prefix, length) in [
        (&[0xff; 4][..], u32::MAX - 1),
        (&[], u32::MAX - 1),
        (&[], 1 << 30),
    ] {
        let bytes = [&[0], prefix, &length.to_le_bytes()[..], &[0; 64]].concat();
        let why = reading::block(&bytes).unwrap_err();
        assert!(why.contains("cut short"), "{why}");
    }
}
