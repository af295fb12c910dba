//! Which rows of two sides are one row with other values.

use super::{Pair, Row};

/// Rows of each side that are looked at: each is compared with each. Beyond them rows are missing or extra.
const MOST: usize = 1_000;

/// Pairs rows that agree in at least half of their cells, those that agree best first; what is left of both sides.
pub(super) fn pair(missing: Vec<Row>, extra: Vec<Row>) -> (Vec<Pair>, Vec<Row>, Vec<Row>) {
    let mut likes = Vec::new();
    for (left, row) in missing.iter().enumerate().take(MOST) {
        for (right, other) in extra.iter().enumerate().take(MOST) {
            let equal = row.iter().zip(other).filter(|(a, b)| a == b).count();
            let is_cut = is_cut(row, other);
            if is_cut || (equal > 0 && equal * 2 >= row.len()) {
                likes.push((!is_cut, row.len() - equal, left, right));
            }
        }
    }
    likes.sort_unstable();
    let (mut lefts, mut rights): (Vec<_>, Vec<_>) = (
        missing.into_iter().map(Some).collect(),
        extra.into_iter().map(Some).collect(),
    );
    let mut pairs = Vec::new();
    for (is_other, _, left, right) in likes {
        if lefts[left].is_none() || rights[right].is_none() {
            continue;
        }
        if let (Some(left), Some(right)) = (lefts[left].take(), rights[right].take()) {
            let is_cut = !is_other;
            pairs.push(Pair {
                left,
                right,
                is_cut,
            });
        }
    }
    let rest = |rows: Vec<Option<Row>>| rows.into_iter().flatten().collect();
    (pairs, rest(lefts), rest(rights))
}

/// Whether rows differ in timestamps alone, of which one side has cut off what lies below a millisecond.
fn is_cut(left: &Row, right: &Row) -> bool {
    let mut cells = left.iter().zip(right).filter(|(left, right)| left != right);
    cells.all(|cells| match cells {
        (Some(left), Some(right)) => {
            cut(left).is_some_and(|cut| cut == *right) || cut(right).is_some_and(|cut| cut == *left)
        }
        _ => false,
    })
}

/// The text of a timestamp with nine digits of its second, cut to three; None of any other text.
fn cut(text: &str) -> Option<String> {
    let (instant, fraction) = text.split_once('.')?;
    let (fraction, zone) = match fraction.split_once(' ') {
        Some((fraction, zone)) => (fraction, format!(" {zone}")),
        None => (fraction, String::new()),
    };
    let is_timestamp = instant.len() == "2024-01-01 00:00:00".len()
        && fraction.len() == 9
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_timestamp.then(|| format!("{instant}.{}000000{zone}", &fraction[..3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn rows_are_paired_with_those_most_like_them() {
        let (pairs, missing, extra) = pair(
            vec![
                row(&["a", "1", "x"]),
                row(&["b", "2", "y"]),
                row(&["c", "3", "z"]),
            ],
            vec![
                row(&["b", "2", "Y"]),
                row(&["a", "1", "X"]),
                row(&["d", "4", "w"]),
            ],
        );
        assert_eq!(
            pairs
                .iter()
                .map(|pair| (&pair.left, &pair.right))
                .collect::<Vec<_>>(),
            [
                (&row(&["a", "1", "x"]), &row(&["a", "1", "X"])),
                (&row(&["b", "2", "y"]), &row(&["b", "2", "Y"])),
            ]
        );
        assert_eq!(
            (missing, extra),
            (vec![row(&["c", "3", "z"])], vec![row(&["d", "4", "w"])])
        );
    }

    #[test]
    fn a_timestamp_that_is_cut_is_told_from_one_that_is_wrong() {
        let whole = row(&["2024-01-01 00:00:00.123456789"]);
        let cut = row(&["2024-01-01 00:00:00.123000000"]);
        let wrong = row(&["2024-01-01 00:00:00.124000000"]);
        let (pairs, ..) = pair(vec![whole.clone()], vec![cut.clone()]);
        assert!(pairs[0].is_cut);
        let (pairs, ..) = pair(vec![cut], vec![whole.clone()]);
        assert!(pairs[0].is_cut);
        assert!(pair(vec![whole], vec![wrong]).0.is_empty());
    }
}
