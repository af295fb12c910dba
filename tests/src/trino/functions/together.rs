//! Calls over many rows: aggregates of groups, and of frames of a window.

use super::forms::Kind;
use super::rows;

use Kind::{Bigint, Boolean, Date, Decimal, Double, Small, Text, Time};

/// Calls of a kind, with places for columns. In a frame that moves Trino subtracts what leaves it if less leaves than
/// stays, so that an infinity stays in its sums: no double is that large here.
const AGGREGATES: &[(&str, &[Kind])] = &[
    ("count({})", &[Text]),
    ("count(distinct {})", &[Double]),
    ("count_if({})", &[Boolean]),
    ("sum({})", &[Small]),
    ("sum(greatest(least({}, 1e6), -1e6))", &[Double]),
    ("sum({})", &[Decimal]),
    ("sum({} % 1000)", &[Bigint]),
    ("avg({} % 1000)", &[Bigint]),
    ("avg(greatest(least({}, 1e6), -1e6))", &[Double]),
    ("avg({})", &[Decimal]),
    ("min({})", &[Bigint]),
    ("max({})", &[Double]),
    ("min({})", &[Double]),
    ("max({})", &[Text]),
    ("min({})", &[Decimal]),
    ("cast(max({}) as varchar)", &[Time]),
    ("cast(min({}) as varchar)", &[Date]),
    ("max({}, 3)", &[Double]),
    ("min({}, 2)", &[Bigint]),
    ("max_by({}, {})", &[Small, Double]),
    ("min_by({}, {})", &[Text, Bigint]),
    ("stddev({})", &[Small]),
    ("var_pop({})", &[Small]),
    ("corr({} * 1e0, {} * 1e0)", &[Small, Small]),
    ("covar_samp({} * 1e0, {} * 1e0)", &[Small, Small]),
    ("regr_slope({} * 1e0, {} * 1e0)", &[Small, Small]),
    ("skewness({})", &[Small]),
    ("kurtosis({})", &[Small]),
    ("bool_and({})", &[Boolean]),
    ("bool_or({})", &[Boolean]),
    ("bitwise_and_agg({})", &[Bigint]),
    ("bitwise_or_agg({})", &[Bigint]),
    ("approx_distinct({})", &[Text]),
    ("geometric_mean(abs({}) + 1)", &[Small]),
];

/// Calls that have no frame.
const GROUPED: &[(&str, &[Kind])] = &[
    ("sum({})", &[Double]),
    ("avg({})", &[Double]),
    ("array_agg({} order by id)", &[Text]),
    ("array_agg({} order by {}, id)", &[Small, Double]),
    ("array_agg({} order by {} desc, id)", &[Small, Text]),
    ("array_sort(array_agg(distinct {}))", &[Bigint]),
    ("sum(distinct {})", &[Small]),
    ("approx_percentile({}, 0.5e0)", &[Small]),
    ("cast(map_agg(coalesce({}, '?'), 1) as json)", &[Text]),
    ("cast(histogram({}) as json)", &[Text]),
    ("sum({}) filter (where {})", &[Small, Boolean]),
    ("count(*) filter (where {} > 0)", &[Bigint]),
];

/// Functions of windows alone.
const WINDOWS: &[(&str, &[Kind])] = &[
    ("row_number() over (order by {}, id)", &[Double]),
    ("rank() over (order by {})", &[Text]),
    (
        "dense_rank() over (partition by {} order by {})",
        &[Boolean, Small],
    ),
    ("percent_rank() over (order by {} desc)", &[Decimal]),
    ("cume_dist() over (order by {})", &[Double]),
    ("ntile(3) over (order by id)", &[]),
    ("lag({}) over (order by id)", &[Text]),
    ("lead({}, 2) over (order by id)", &[Bigint]),
    (
        "first_value({}) over (partition by {} order by id)",
        &[Double, Boolean],
    ),
    ("last_value({}) ignore nulls over (order by id)", &[Text]),
    ("nth_value({}, 2) over (order by id)", &[Bigint]),
];

/// Calls of a statement.
pub(super) const COUNT: usize = 10;

/// The aggregates of a statement, and how it goes on after them; and the same of windows.
pub(super) fn statements(seed: u64) -> [(Vec<String>, String); 2] {
    let mut random = fastrand::Rng::with_seed(seed ^ 0xa66e);
    let table = rows::table(seed);
    let groups = (0..COUNT).map(|_| match random.u8(..4) {
        0 => filled(&mut random, GROUPED),
        _ => filled(&mut random, AGGREGATES),
    });
    let groups = groups.collect();
    let windows = (0..COUNT).map(|_| match random.u8(..3) {
        0 => filled(&mut random, WINDOWS),
        _ => {
            let call = filled(&mut random, AGGREGATES);
            // Only what is distinct has no frame.
            let call = call.replace("distinct ", "");
            match call
                .rsplit_once(") as varchar)")
                .zip(call.strip_prefix("cast("))
            {
                Some((_, inner)) => {
                    let inner = inner.trim_end_matches(" as varchar)");
                    format!("cast({inner} {} as varchar)", over(&mut random))
                }
                None => format!("{call} {}", over(&mut random)),
            }
        }
    });
    let windows = windows.collect();
    [
        (groups, format!("from {table} group by o order by o")),
        (windows, format!("from {table} order by id")),
    ]
}

fn filled(random: &mut fastrand::Rng, calls: &[(&str, &[Kind])]) -> String {
    let (call, takes) = calls[random.usize(..calls.len())];
    takes.iter().fold(call.to_owned(), |call, kind| {
        let columns = rows::columns(*kind);
        call.replacen("{}", columns[random.usize(..columns.len())], 1)
    })
}

fn over(random: &mut fastrand::Rng) -> String {
    let partition = ["", "partition by o ", "partition by n "][random.usize(..3)];
    let begin = [
        "unbounded preceding",
        "3 preceding",
        "1 preceding",
        "current row",
    ];
    let begin = begin[random.usize(..4)];
    let end = ["current row", "1 following", "2 following"][random.usize(..3)];
    let kind = ["rows", "range", "groups"][random.usize(..3)];
    format!("over ({partition}order by id {kind} between {begin} and {end})")
}
