//! How much of a statement the conditions may take.

use crate::Verdict;
use crate::condition::Condition;

/// Bytes of a statement at most (quota "Length of query string" of Timestream).
const STATEMENT_BYTES: usize = 262_144;

/// Bytes for what the host adds to a plan's parts: the words between them, the slice twice over, the limit.
const HOST_BYTES: usize = 4096;

/// Bytes that joining one more condition takes: parentheses, AND, newline.
const JOINT_BYTES: usize = 16;

/// Comparisons and computations of a statement's conditions at most. Presto compiles a filter into one method of the
/// JVM, which holds 64 KiB, and fails on some dozens of pairs joined by OR ("Method too large": prestodb issues 9039,
/// 12983, 16626). Timestream's own limit is not documented.
pub(crate) const MAX_OPERATIONS: usize = 128;

/// Bytes that a statement has for its conditions when its other parts take `taken`.
pub(crate) fn room(taken: usize) -> usize {
    STATEMENT_BYTES.saturating_sub(HOST_BYTES + taken)
}

/// Decides what becomes of each term within `room` bytes and [`MAX_OPERATIONS`], and says what had to give way.
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
    let mut left = Left {
        bytes: room,
        operations: MAX_OPERATIONS,
    };
    let mut chosen: Vec<Choice> = vec![Choice::Whole; terms.len()];
    for place in order {
        if let Ok(condition) = &terms[place] {
            chosen[place] = match (left.take(condition), &condition.shorter) {
                (Ok(()), _) => Choice::Whole,
                (Err(why), Some(shorter)) if left.take(shorter).is_ok() => Choice::Shorter(why),
                (Err(why), _) => Choice::Nothing(why),
            };
        }
    }
    let mut notes = Vec::new();
    let verdicts = terms
        .into_iter()
        .zip(chosen)
        .zip(1..)
        .map(|((term, choice), number)| {
            let condition = match term {
                Ok(condition) => condition,
                Err(reason) => return Verdict::Skipped(reason),
            };
            match (choice, condition.shorter) {
                (Choice::Whole, _) if condition.exact => Verdict::Exact(condition.sql),
                (Choice::Whole, _) => Verdict::Wider(condition.sql),
                (Choice::Shorter(why), Some(shorter)) => {
                    notes.push(format!(
                        "term {number} is pushed as the range its values lie in: {why}"
                    ));
                    Verdict::Wider(shorter.sql)
                }
                (Choice::Shorter(why) | Choice::Nothing(why), _) => Verdict::Skipped(why),
            }
        });
    (verdicts.collect(), notes)
}

/// What a statement still has for conditions.
struct Left {
    bytes: usize,
    operations: usize,
}

impl Left {
    /// Takes what a condition needs.
    ///
    /// # Errors
    /// Says what there is too much of; then nothing is taken.
    fn take(&mut self, condition: &Condition) -> Result<(), String> {
        let bytes = condition.sql.len() + JOINT_BYTES;
        let (Some(bytes), Some(operations)) = (
            self.bytes.checked_sub(bytes),
            self.operations.checked_sub(condition.operations),
        ) else {
            return Err(if bytes > self.bytes {
                format!(
                    "its {} bytes are too many for one statement",
                    condition.sql.len()
                )
            } else {
                format!(
                    "its {} comparisons are too many for one statement",
                    condition.operations
                )
            });
        };
        *self = Self { bytes, operations };
        Ok(())
    }
}

#[derive(Clone)]
enum Choice {
    Whole,
    /// Why not whole.
    Shorter(String),
    /// Why not at all.
    Nothing(String),
}

#[cfg(test)]
mod tests;
