//! What is cut, how, and where: a table of cases; and that slices are disjoint and complete.

use super::*;
use crate::plugin::Slicing;

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const STEP: i64 = 1_000_000;
/// 2024-03-01 12:00:00.
const NOW: i64 = 1_709_294_400 * SECOND;

fn by_time() -> Slicing {
    Slicing::ByTime {
        expression: "\"time\"".to_owned(),
        step: STEP,
    }
}

#[test]
fn what_is_cut_and_how() {
    let whole = |why: &str| Way::Whole(why.to_owned());
    let never = Slicing::Never("a view".to_owned());
    let by_time = by_time();
    for (slicing, has_limit_or_order, slices, low, expected) in [
        // A view or a statement, whatever is asked.
        (&never, false, Some(16), None, whole("a view")),
        (&never, false, None, Some(NOW - DAY), whole("a view")),
        // A limit or an order, whatever is set.
        (
            &by_time,
            true,
            Some(16),
            None,
            whole("there is a limit or an order"),
        ),
        // Switched off.
        (
            &by_time,
            false,
            Some(1),
            None,
            whole("slices are switched off"),
        ),
        // A dashboard's panel.
        (
            &by_time,
            false,
            None,
            Some(NOW - HOUR),
            whole("an hour or less is read at once"),
        ),
        (
            &by_time,
            false,
            None,
            Some(NOW),
            whole("an hour or less is read at once"),
        ),
        // The same where parallel reads are wanted.
        (
            &by_time,
            false,
            Some(4),
            Some(NOW - HOUR),
            Way::Evenly {
                slices: 4,
                step: STEP,
            },
        ),
        // Longer: rows decide. A day in bins of 87 s, an hour and a second in bins of 4 s.
        (
            &by_time,
            false,
            None,
            Some(NOW - DAY),
            Way::ByRows {
                width: 87 * SECOND,
                step: STEP,
            },
        ),
        (
            &by_time,
            false,
            Some(16),
            Some(NOW - DAY),
            Way::ByRows {
                width: 87 * SECOND,
                step: STEP,
            },
        ),
        (
            &by_time,
            false,
            None,
            Some(NOW - HOUR - SECOND),
            Way::ByRows {
                width: 4 * SECOND,
                step: STEP,
            },
        ),
        // From the beginning.
        (
            &by_time,
            false,
            None,
            None,
            Way::ByRows {
                width: HOUR,
                step: STEP,
            },
        ),
        (
            &by_time,
            false,
            Some(16),
            None,
            Way::ByRows {
                width: HOUR,
                step: STEP,
            },
        ),
    ] {
        let asked = Asked {
            has_limit_or_order,
            slicing,
            slices,
            low,
            high: NOW,
        };
        assert_eq!(way(&asked), expected, "{asked:?}");
    }
}

#[test]
fn a_scan_within_one_of_few_rows_needs_no_count() {
    let day = Few {
        low: Some(NOW - DAY),
        high: NOW,
        rows: 7,
    };
    let all = Few { low: None, ..day };
    for (few, low, high, expected) in [
        (day, Some(NOW - DAY), NOW, true),
        // A dashboard's next look.
        (day, Some(NOW - DAY + SECOND), NOW + SECOND, true),
        (day, Some(NOW - HOUR), NOW + HOUR, true),
        (day, Some(NOW - HOUR), NOW + HOUR + 1, false),
        (day, Some(NOW - DAY - 1), NOW, false),
        (day, None, NOW, false),
        (all, None, NOW, true),
        (all, Some(NOW - DAY), NOW, true),
        (all, None, NOW + DAY, false),
    ] {
        assert_eq!(few.covers(low, high), expected, "{few:?} {low:?} {high}");
    }
}

#[test]
fn how_many_slices_so_many_rows_have() {
    for (rows, set, default, expected) in [
        (0, None, 8, 1),
        (49_999, None, 8, 1),
        (99_999, None, 8, 1),
        (100_000, None, 8, 2),
        (400_000, None, 8, 8),
        (400_000, None, 3, 3),
        (1_000_000, None, 3, 4),
        // More than eight, since each would take too long.
        (25_000_000, None, 8, 100),
        // What was set is kept to.
        (25_000_000, Some(16), 8, 16),
        (25_000_000, Some(2), 8, 2),
        (200_000, Some(16), 8, 16),
        (8_000, Some(16), 8, 4),
        (10, Some(16), 8, 1),
    ] {
        assert_eq!(
            number(rows, set, default),
            expected,
            "{rows} {set:?} {default}"
        );
    }
    for (tcu, expected) in [
        (None, 3),
        (Some(4), 3),
        (Some(8), 7),
        (Some(200), 8),
        (Some(-1), 3),
    ] {
        assert_eq!(default_slices(tcu), expected, "{tcu:?}");
    }
}

#[test]
fn even_cuts_are_multiples_of_the_step() {
    assert_eq!(evenly(0, 4 * HOUR, STEP, 4), [HOUR, 2 * HOUR, 3 * HOUR]);
    assert_eq!(evenly(1, 7_000_001, STEP, 2), [3_000_000]);
    // Too short for as many.
    assert_eq!(evenly(0, 2 * STEP, STEP, 8), [STEP]);
    assert_eq!(evenly(5, 6, STEP, 8), [0; 0]);
    assert_eq!(evenly(i64::MIN, i64::MAX, STEP, 2), [-1_000_000]);
    assert_eq!(evenly(0, 2 * STEP, STEP, usize::MAX), [STEP]);
}

#[test]
fn cuts_by_rows_give_each_slice_its_share() {
    let even: Vec<(i64, u64)> = (0..1_000).map(|bin| (bin * HOUR, 100)).collect();
    let cuts = by_rows(&even, 4);
    assert_eq!(cuts, [250 * HOUR, 500 * HOUR, 750 * HOUR]);
    assert_eq!(rows_of(&even, &cuts), [25_000; 4]);

    // Nine tenths of the rows in the last tenth of the time.
    let skewed: Vec<(i64, u64)> = (0..1_000)
        .map(|bin| (bin * HOUR, if bin < 900 { 1 } else { 81 }))
        .collect();
    let rows = rows_of(&skewed, &by_rows(&skewed, 16));
    assert_eq!(rows.iter().sum::<u64>(), 9_000);
    assert_eq!(rows.len(), 16);
    assert!(
        rows.iter().all(|rows| (480..=650).contains(rows)),
        "{rows:?}"
    );

    // Nothing to cut, and one bin that nothing cuts.
    assert_eq!(by_rows(&[], 4), [0; 0]);
    assert_eq!(by_rows(&[(7, 1_000)], 4), [0; 0]);
    assert_eq!(by_rows(&[(0, 1), (7, 1_000), (9, 1)], 4), [7, 9]);
    assert_eq!(by_rows(&[(0, u64::MAX), (7, u64::MAX)], usize::MAX), [7]);
}

#[test]
fn bins_that_hold_too_much_are_counted_again() {
    let even: Vec<(i64, u64)> = (0..1_000).map(|bin| (bin * HOUR, 100)).collect();
    assert_eq!(too_coarse(&even, HOUR, STEP, 16), []);
    // All in one hour of three years.
    let mut years: Vec<(i64, u64)> = (0..26_280).map(|bin| (bin * HOUR, 10)).collect();
    years[9_000].1 = 3_000_000;
    let hour = Slice {
        low: Some(9_000 * HOUR),
        high: Some(9_001 * HOUR),
    };
    assert_eq!(too_coarse(&years, HOUR, STEP, 12), [(hour, 4 * SECOND)]);
    // Of two, all between them is counted again.
    years[9_010].1 = 3_000_000;
    let both = Slice {
        low: Some(9_000 * HOUR),
        high: Some(9_011 * HOUR),
    };
    assert_eq!(too_coarse(&years, HOUR, STEP, 12), [(both, 40 * SECOND)]);
    // Two that lie years apart are counted each by itself.
    years[9_010].1 = 10;
    years[25_000].1 = 4_000_000;
    years[25_001].1 = 4_000_000;
    let two_hours = Slice {
        low: Some(25_000 * HOUR),
        high: Some(25_002 * HOUR),
    };
    assert_eq!(
        too_coarse(&years, HOUR, STEP, 12),
        [(hour, 4 * SECOND), (two_hours, 8 * SECOND)]
    );
    // Of many it is not worth it.
    for hour in [100, 1_100, 2_100] {
        years[hour].1 = 3_000_000;
    }
    assert_eq!(too_coarse(&years, HOUR, STEP, 12), []);
    // No finer than the step, and not for a trifle.
    assert_eq!(too_coarse(&[(0, 1_000)], STEP, STEP, 4), []);
    assert_eq!(too_coarse(&[(0, 1_000)], 3 * STEP, STEP, 4), []);
    assert_eq!(too_coarse(&[], HOUR, STEP, 4), []);
}

#[test]
fn slices_are_disjoint_and_complete() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..2_000 {
        let near = NOW - random.i64(0..10 * DAY);
        let slices = random.usize(1..20);
        let cuts = match random.bool() {
            true => evenly(near, near + random.i64(0..DAY), STEP, slices),
            false => {
                let bins: Vec<(i64, u64)> = (0..random.i64(0..40))
                    .map(|bin| (near + bin * random.i64(1..9) * STEP, random.u64(0..50)))
                    .collect();
                let mut bins = bins;
                bins.sort_unstable();
                bins.dedup_by_key(|bin| bin.0);
                by_rows(&bins, slices)
            }
        };
        assert!(cuts.is_sorted_by(|left, right| left < right), "{cuts:?}");
        let made = Slice::between(&cuts);
        assert!(made.len() <= slices, "{cuts:?}");
        // Every instant on and beside a cut, and the ends of all time.
        let beside = cuts.iter().flat_map(|cut| [cut - 1, *cut, cut + 1]);
        for instant in beside.chain([i64::MIN, 0, i64::MAX]) {
            let inside = made.iter().filter(|slice| {
                slice.low.is_none_or(|low| low <= instant)
                    && slice.high.is_none_or(|high| instant < high)
            });
            assert_eq!(inside.count(), 1, "{instant} in {made:?}");
        }
        for slice in made {
            assert_eq!(slice.to_string().parse(), Ok(slice));
        }
    }
}

#[test]
fn a_slice_is_a_half_open_range() {
    let condition = |low, high| Slice { low, high }.condition("\"time\"");
    assert_eq!(condition(None, None), None);
    assert_eq!(
        condition(Some(NOW), Some(NOW + 1)).as_deref(),
        Some(
            "(\"time\") >= TIMESTAMP '2024-03-01 12:00:00.000000000' AND (\"time\") < TIMESTAMP '2024-03-01 12:00:00.000000001'"
        )
    );
    assert_eq!(
        condition(Some(-1), None).as_deref(),
        Some("(\"time\") >= TIMESTAMP '1969-12-31 23:59:59.999999999'")
    );
    assert_eq!(
        condition(None, Some(i64::MAX)).as_deref(),
        Some("(\"time\") < TIMESTAMP '2262-04-11 23:47:16.854775807'")
    );
}

#[test]
fn what_is_not_a_slice_is_not_read_as_one() {
    for text in [
        "",
        ".",
        "1",
        "a..",
        "2..1",
        "1..1",
        "1...2",
        "1..2..3",
        "99999999999999999999..",
    ] {
        assert_eq!(text.parse::<Slice>(), Err(()), "{text}");
    }
    assert_eq!("..".parse(), Ok(Slice::WHOLE));
}
