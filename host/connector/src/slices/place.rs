//! Where a scan is cut.

use super::Slice;
use super::way::width;

/// Bins that what was too full is divided into.
const FINER_BINS: i64 = 1_000;

/// A second count costs what the first one did: it must be this much finer.
const MUCH_FINER: i64 = 4;

/// Cuts of an interval into slices of equal length, at multiples of the step.
pub fn evenly(low: i64, high: i64, step: i64, slices: usize) -> Vec<i64> {
    let length = i128::from(high) - i128::from(low);
    // No more than there are steps.
    let steps = length / i128::from(step) + 1;
    let slices = i128::try_from(slices).unwrap_or(i128::MAX).min(steps);
    let cut = |part: i128| {
        let nanos = i64::try_from(i128::from(low) + length * part / slices).ok()?;
        nanos.div_euclid(step).checked_mul(step)
    };
    let mut cuts: Vec<i64> = (1..slices).filter_map(cut).collect();
    cuts.dedup();
    cuts.retain(|cut| low < *cut && *cut < high);
    cuts
}

/// Cuts at bins, so that slices have about as many rows each. `bins`: where each begins, ascending, and its rows.
pub fn by_rows(bins: &[(i64, u64)], slices: usize) -> Vec<i64> {
    let total: u128 = bins.iter().map(|(_, rows)| u128::from(*rows)).sum();
    // No more than there are bins.
    let slices = slices.min(bins.len()) as u128;
    // Rows before each bin but the first, where a cut can be.
    let mut before = 0;
    let boundaries: Vec<(i64, u128)> = bins
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, rows), (next, _)] => {
                before += u128::from(*rows);
                Some((*next, before))
            }
            _ => None,
        })
        .collect();
    let mut cuts: Vec<i64> = Vec::new();
    for part in 1..slices {
        let wanted = total * part / slices;
        let behind = boundaries.partition_point(|(_, before)| *before < wanted);
        let nearest = boundaries[behind.saturating_sub(1)..]
            .iter()
            .take(2)
            .min_by_key(|(_, before)| before.abs_diff(wanted));
        if let Some((cut, _)) = nearest
            && cuts.last().is_none_or(|last| last < cut)
        {
            cuts.push(*cut);
        }
    }
    cuts
}

/// Places that are counted again each by itself, at most: each costs a query.
const MOST_PLACES: usize = 4;

/// What to count again and by which widths, if some bins hold so many rows that slices could not be about equal: all that
/// lies between the first and the last of them or, where that is too long to be counted much more finely, each place by
/// itself.
pub fn too_coarse(
    bins: &[(i64, u64)],
    width_before: i64,
    step: i64,
    slices: usize,
) -> Vec<(Slice, i64)> {
    let total: u128 = bins.iter().map(|(_, rows)| u128::from(*rows)).sum();
    // A quarter of a slice.
    let is_full = |rows: u64| u128::from(rows) * 4 * slices as u128 > total;
    // Adjacent bins are counted by one query.
    let mut places: Vec<(i64, i64)> = Vec::new();
    for (begin, _) in bins.iter().filter(|(_, rows)| is_full(*rows)) {
        let end = begin.saturating_add(width_before);
        match places.last_mut() {
            Some((_, last)) if last == begin => *last = end,
            _ => places.push((*begin, end)),
        }
    }
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Vec::new();
    };
    let finer = |begin: i64, end: i64| {
        let finer = width(end.checked_sub(begin)? / FINER_BINS, step);
        let slice = Slice {
            low: Some(begin),
            high: Some(end),
        };
        (finer <= width_before / MUCH_FINER).then_some((slice, finer))
    };
    if let Some(all) = finer(first.0, last.1) {
        return vec![all];
    }
    if places.len() > MOST_PLACES {
        return Vec::new();
    }
    let finer = places.iter().map(|(begin, end)| finer(*begin, *end));
    finer.flatten().collect()
}

/// The rows of each of the slices that cuts make.
pub fn rows_of(bins: &[(i64, u64)], cuts: &[i64]) -> Vec<u64> {
    let mut rows = vec![0_u64; cuts.len() + 1];
    for (begin, count) in bins {
        let rows = &mut rows[cuts.partition_point(|cut| cut <= begin)];
        *rows = rows.saturating_add(*count);
    }
    rows
}
