//! How much of a statement the conditions may take.

use crate::Verdict;
use crate::condition::Condition;

/// Bytes of a statement at most (quota "Length of query string" of Timestream).
const STATEMENT_BYTES: usize = 262_144;

/// Bytes for what the host adds to a plan's parts: the words between them, the slice twice over, the limit.
const HOST_BYTES: usize = 4096;

/// Bytes that joining one more condition takes: parentheses, AND, newline.
const JOINT_BYTES: usize = 16;

/// Bytes that a statement has for its conditions when its other parts take `taken`.
pub(crate) fn room(taken: usize) -> usize {
    STATEMENT_BYTES.saturating_sub(HOST_BYTES + taken)
}

/// Decides what becomes of each term within `room` bytes, and says what had to give way.
///
/// Conditions that spare Timestream partitions come first, then the short ones: one endless list does not push out
/// the rest. What does not fit becomes the range it lies in, and if that does not fit either, nothing.
pub(crate) fn spend(
    terms: Vec<Result<Condition, String>>,
    room: usize,
) -> (Vec<Verdict>, Vec<String>) {
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_unstable_by_key(|place| {
        terms[*place]
            .as_ref()
            .map_or((true, 0, *place), |condition| {
                (!condition.prunes, condition.sql.len(), *place)
            })
    });
    let mut left = room;
    let mut fits = |sql: &str| {
        let bytes = sql.len() + JOINT_BYTES;
        let fits = bytes <= left;
        left -= if fits { bytes } else { 0 };
        fits
    };
    let mut chosen: Vec<Choice> = vec![Choice::Nothing; terms.len()];
    for place in order {
        if let Ok(condition) = &terms[place] {
            chosen[place] = match &condition.shorter {
                _ if fits(&condition.sql) => Choice::Whole,
                Some(shorter) if fits(&shorter.sql) => Choice::Shorter,
                _ => Choice::Nothing,
            };
        }
    }
    let mut notes = Vec::new();
    let verdicts = terms.into_iter().zip(chosen).zip(1..).map(|((term, choice), number)| {
        let condition = match term {
            Ok(condition) => condition,
            Err(reason) => return Verdict::Skipped(reason),
        };
        match (choice, condition.shorter) {
            (Choice::Whole, _) if condition.exact => Verdict::Exact(condition.sql),
            (Choice::Whole, _) => Verdict::Wider(condition.sql),
            (Choice::Shorter, Some(shorter)) => {
                notes.push(format!(
                    "term {number} is pushed as the range its values lie in: its {} bytes are too many for one statement",
                    condition.sql.len()
                ));
                Verdict::Wider(shorter.sql)
            }
            _ => Verdict::Skipped(format!("its {} bytes are too many for one statement", condition.sql.len())),
        }
    });
    (verdicts.collect(), notes)
}

#[derive(Clone, Copy)]
enum Choice {
    Whole,
    Shorter,
    Nothing,
}

#[cfg(test)]
mod tests;
