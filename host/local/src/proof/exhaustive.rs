//! Every domain over a small line of values: all unions of up to [`RANGES`] ranges, all lists of up to three values,
//! taken or left out, with NULL and without. No sampling: all of them, some 20,000 a type.

use super::conditions::{Bench, Found};
use super::model::{COMPUTED, Column, Kind, Row, STORED, Value};
use super::oracle::{Bound, Set, Term};
use super::subject::Subject;

/// Ranges of a domain at most: of three, one has another on either side. Two make a fifth of the domains.
pub const RANGES: usize = 3;

/// Bounds lie at seven points of a type, and rows there and beside them.
pub struct Line {
    /// For a person.
    pub name: &'static str,
    stored: bool,
    column: &'static str,
    /// Ascending.
    points: Vec<Value>,
    /// In lists too, where ranges have no place for them.
    listed: Vec<Value>,
    /// In rows, beside the points and NULL.
    between: Vec<Value>,
}

/// The lines, one for each type, and one for the record's own time.
pub fn lines() -> Vec<Line> {
    let line = |name, column, points: Vec<Value>, between: Vec<Value>| Line {
        name,
        stored: false,
        column,
        points,
        listed: Vec::new(),
        between,
    };
    let integers = |values: &[i64]| values.iter().copied().map(Value::Integer).collect();
    let doubles = |values: &[f64]| values.iter().copied().map(Value::Double).collect();
    let texts = |values: &[&str]| {
        values
            .iter()
            .map(|text| Value::Text((*text).into()))
            .collect()
    };
    let days = |values: &[i32]| values.iter().copied().map(Value::Date).collect();
    let millis = |values: &[i64]| values.iter().copied().map(Value::Millis).collect();
    let nanos = |values: &[i64]| values.iter().copied().map(Value::Nanos).collect();
    let (exact, max_int) = (1 << 53, i64::from(i32::MAX));
    vec![
        line(
            "boolean",
            "flag",
            [false, true].map(Value::Boolean).into(),
            Vec::new(),
        ),
        line(
            "bigint",
            "n",
            integers(&[i64::MIN, i64::MIN + 1, -1, 0, 1, exact + 1, i64::MAX]),
            integers(&[-2, 2, exact, exact + 2, i64::MAX - 1]),
        ),
        line(
            "integer",
            "i",
            integers(&[-max_int - 1, -1, 0, 1, 42, max_int - 1, max_int]),
            integers(&[-2, 2, 43]),
        ),
        Line {
            listed: doubles(&[f64::NAN]),
            ..line(
                "double",
                "x",
                doubles(&[
                    f64::NEG_INFINITY,
                    f64::MIN,
                    -0.0,
                    5e-324,
                    1.5,
                    f64::MAX,
                    f64::INFINITY,
                ]),
                doubles(&[
                    0.0,
                    f64::NAN,
                    -5e-324,
                    1e-323,
                    1.0,
                    1.5_f64.next_up(),
                    1e300,
                ]),
            )
        },
        // By code point the last one is above U+FFFF; by UTF-16's units it would be below. One letter is there composed
        // and decomposed, and SQL has no form for U+0000.
        line(
            "varchar",
            "name",
            texts(&[
                "",
                "\0",
                "a'b",
                "e\u{301}",
                "\u{e9}",
                "\u{ffff}",
                "\u{1f600}",
            ]),
            texts(&[
                "a",
                "a'",
                "a''b",
                "a'b ",
                "e",
                "f",
                "\u{e000}",
                "\u{d7ff}",
                "\u{10ffff}",
            ]),
        ),
        line(
            "date",
            "day",
            days(&[-719_162, -1, 0, 19_723, 106_751, 106_752, 2_932_896]),
            days(&[-719_163, -2, 1, 19_722, 19_724, 106_750, 106_753, 2_932_897]),
        ),
        line(
            "timestamp",
            "at",
            millis(&[
                -9_223_372_036_855,
                -1,
                0,
                1_704_067_200_000,
                1_704_067_200_001,
                9_223_372_036_854,
                9_223_372_036_855,
            ]),
            nanos(&[
                i64::MIN,
                -9_223_372_036_854_000_000,
                -1_000_001,
                -1_000_000,
                -1,
                0,
                999_999,
                1_000_000,
                1_704_067_199_999_999_999,
                1_704_067_200_000_000_000,
                1_704_067_200_000_999_999,
                1_704_067_200_001_000_000,
                1_704_067_200_001_999_999,
                1_704_067_200_002_000_000,
                9_223_372_036_853_999_999,
                9_223_372_036_854_000_000,
                i64::MAX,
            ]),
        ),
        Line {
            stored: true,
            ..line(
                "time",
                "time",
                millis(&[
                    -1,
                    0,
                    1,
                    1_704_067_200_000,
                    1_704_067_200_001,
                    9_223_372_036_854,
                    9_223_372_036_855,
                ]),
                nanos(&[
                    0,
                    1,
                    999_999,
                    1_000_000,
                    1_999_999,
                    2_000_000,
                    1_704_067_199_999_999_999,
                    1_704_067_200_000_000_000,
                    1_704_067_200_000_999_999,
                    1_704_067_200_001_000_000,
                    1_704_067_200_001_999_999,
                    1_704_067_200_002_000_000,
                    9_223_372_036_853_999_999,
                    9_223_372_036_854_000_000,
                    i64::MAX,
                ]),
            )
        },
    ]
}

/// What became of a line's domains.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// How many there are.
    pub domains: usize,
    /// How many were pushed exactly, and not left to the host.
    pub exact: usize,
}

impl Line {
    /// Checks every domain of the line that has at most `ranges` ranges.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that is.
    pub fn check(&self, subject: &Subject, ranges: usize) -> anyhow::Result<Checked> {
        let columns: &[Column] = if self.stored { &STORED } else { &COMPUTED };
        let place = columns.iter().position(|column| column.name == self.column);
        let place = place.ok_or_else(|| anyhow::anyhow!("no column `{}`", self.column))?;
        // Milliseconds are Athena's: rows of timestamps stand among those between.
        let is_timestamp = columns[place].kind == Kind::Timestamp;
        let points = self.points.iter().filter(|_| !is_timestamp);
        let values = points.chain(&self.between).cloned().map(Some);
        let null = (!self.stored).then_some(None);
        let row = |value| {
            let mut row: Row = vec![None; columns.len()];
            row[place] = value;
            row
        };
        let rows: Vec<Row> = values.chain(null).map(row).collect();
        let terms: Vec<Term> = self
            .sets(ranges)
            .into_iter()
            .flat_map(|set| {
                [false, true].map(|null| Term::Domain {
                    column: place,
                    set: set.clone(),
                    null,
                })
            })
            .collect();
        let bench = match Bench::new(subject, self.stored, rows) {
            Err(error) if subject.is_allowed(&error) => {
                return Ok(Checked {
                    domains: terms.len(),
                    exact: 0,
                });
            }
            bench => bench?,
        };
        match bench.check(&terms)? {
            Found::Exact(exact) => Ok(Checked {
                domains: terms.len(),
                exact,
            }),
            Found::Wrong(_, wrong) => Err(anyhow::anyhow!("{}: {wrong}", self.name)),
        }
    }

    /// All sets of the line.
    fn sets(&self, ranges: usize) -> Vec<Set> {
        let mut sets = Vec::new();
        let cuts = 2 * self.points.len() + 2;
        for chosen in up_to(ranges, |count| choices(cuts, 2 * count)) {
            let range = |pair: &[usize]| (self.low(pair[0]), self.high(pair[1]));
            sets.push(Set::Ranges(chosen.chunks(2).map(range).collect()));
        }
        let listed: Vec<&Value> = self.points.iter().chain(&self.listed).collect();
        for chosen in up_to(3, |count| choices(listed.len(), count)) {
            let values: Vec<Value> = chosen.iter().map(|place| listed[*place].clone()).collect();
            sets.extend([Set::AnyOf(values.clone()), Set::NoneOf(values)]);
        }
        sets
    }

    /// A range's low end at a cut. Cuts lie before all points, before and after each one, and after all.
    fn low(&self, cut: usize) -> Bound {
        match (cut, cut % 2) {
            (0, _) => Bound::Unbounded,
            (_, 1) => Bound::With(self.points[cut / 2].clone()),
            _ => Bound::Without(self.points[cut / 2 - 1].clone()),
        }
    }

    fn high(&self, cut: usize) -> Bound {
        match (cut, cut % 2) {
            _ if cut == 2 * self.points.len() + 1 => Bound::Unbounded,
            (_, 1) => Bound::Without(self.points[cut / 2].clone()),
            _ => Bound::With(self.points[cut / 2 - 1].clone()),
        }
    }
}

/// What `choose` gives for no, one, two … up to `most`.
fn up_to(most: usize, choose: impl Fn(usize) -> Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    (0..=most).flat_map(choose).collect()
}

/// All ways to choose `count` of the numbers below `all`, each ascending.
fn choices(all: usize, count: usize) -> Vec<Vec<usize>> {
    let mut chosen = vec![Vec::new()];
    for _ in 0..count {
        chosen = chosen
            .into_iter()
            .flat_map(|some: Vec<usize>| {
                let first = some.last().map_or(0, |last| last + 1);
                (first..all).map(move |next| [some.clone(), vec![next]].concat())
            })
            .collect();
    }
    chosen
}
