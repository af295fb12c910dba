//! Conditions of every shape and depth.

use super::constants::{bigint, date, decimal, double, plain_timestamp, text};
use super::scalars::Scope;
use crate::proof::generate::Draw;
use crate::proof::model::Kind;

const COMPARISONS: [&str; 6] = ["=", "<", "<=", ">", ">=", "<>"];

impl Scope<'_> {
    /// A condition, nested at most so deep.
    pub(super) fn predicate(&self, draw: &mut Draw<'_>, depth: usize) -> String {
        if depth == 0 {
            return self.atom(draw);
        }
        match draw.below(8) {
            0 | 1 => self.atom(draw),
            2 => format!("NOT ({})", self.predicate(draw, depth - 1)),
            connected => {
                let word = if connected < 5 { "AND" } else { "OR" };
                let left = self.predicate(draw, depth - 1);
                format!("({left} {word} {})", self.predicate(draw, depth - 1))
            }
        }
    }

    fn atom(&self, draw: &mut Draw<'_>) -> String {
        let kind = self.kind(draw);
        let column = self.column(draw, kind);
        match draw.below(19) {
            0..=3 => self.comparison(draw, &column, kind),
            4 => format!("{column} IS NULL"),
            5 => format!("{column} IS NOT NULL"),
            6 => format!("{column} IN ({})", self.list(draw, kind)),
            7 => format!("{column} NOT IN ({})", self.list(draw, kind)),
            8 => {
                let low = self.constant(draw, kind);
                let not = draw.pick(&["", " NOT"]);
                format!(
                    "{column}{not} BETWEEN {low} AND {}",
                    self.constant(draw, kind)
                )
            }
            9 => {
                let not = draw.pick(&["", " NOT"]);
                format!("{column} IS{not} DISTINCT FROM {}", self.other(draw, kind))
            }
            10 | 11 if kind == Kind::Varchar => self.like(draw, &column),
            12 => self.truth(draw),
            13..=15 => {
                let compared = self.scalar(draw, kind, 2);
                self.comparison(draw, &compared, kind)
            }
            16 => {
                let compared = self.comparison(draw, &column, kind);
                format!("({compared} OR {column} IS NULL)")
            }
            17 => self.mixed(draw),
            18 => self.function(draw, &column, kind),
            _ => {
                let comparison = draw.pick(&COMPARISONS);
                format!("{column} {comparison} {}", self.column(draw, kind))
            }
        }
    }

    fn comparison(&self, draw: &mut Draw<'_>, compared: &str, kind: Kind) -> String {
        let comparison = draw.pick(&COMPARISONS);
        let constant = self.constant(draw, kind);
        match draw.one_in(5) {
            false => format!("{compared} {comparison} {constant}"),
            true => format!("{constant} {comparison} {compared}"),
        }
    }

    fn other(&self, draw: &mut Draw<'_>, kind: Kind) -> String {
        match draw.below(3) {
            2 => self.column(draw, kind),
            _ => self.constant(draw, kind),
        }
    }

    /// Some constants, now and then a NULL, a column or dozens among them.
    fn list(&self, draw: &mut Draw<'_>, kind: Kind) -> String {
        let count = if draw.one_in(16) {
            40
        } else {
            1 + draw.below(4)
        };
        // In a list, what has no zone and what has one do not mix.
        let constant = |draw: &mut Draw<'_>| match kind {
            Kind::Timestamp => plain_timestamp(draw),
            kind => self.constant(draw, kind),
        };
        let mut listed: Vec<String> = (0..count).map(|_| constant(draw)).collect();
        match draw.below(10) {
            8 => listed.push("NULL".to_owned()),
            9 => listed.push(self.column(draw, kind)),
            _ => {}
        }
        listed.join(", ")
    }

    /// Conditions inside conditions.
    fn truth(&self, draw: &mut Draw<'_>) -> String {
        let kind = self.kind(draw);
        let column = self.column(draw, kind);
        let first = self.comparison(draw, &column, kind);
        let second = match self.source.of(Kind::Boolean).is_empty() {
            true => self.comparison(draw, &column, kind),
            false => self.column(draw, Kind::Boolean),
        };
        match draw.below(10) {
            0 => format!("({first}) = ({second})"),
            1 => format!("({second}) IS NULL"),
            2 => format!("({first}) IS NULL"),
            3 => format!("({second}) IN ({first}, true)"),
            4 => format!("({first}) IS DISTINCT FROM ({second})"),
            5 => format!("nullif({second}, {first})"),
            6 => format!("({first}) <> ({second})"),
            7 => format!("({second}) > ({first})"),
            8 => format!("CASE WHEN {first} THEN true ELSE {second} END"),
            _ => format!("({first}) NOT IN ({second}, NULL)"),
        }
    }

    /// Numbers of several types.
    fn mixed(&self, draw: &mut Draw<'_>) -> String {
        let comparison = draw.pick(&COMPARISONS);
        if self.source.of(Kind::Bigint).is_empty() || self.source.of(Kind::Double).is_empty() {
            return self.truth(draw);
        }
        let (integer, float) = (
            self.column(draw, Kind::Bigint),
            self.column(draw, Kind::Double),
        );
        match draw.below(11) {
            0 => format!("{integer} {comparison} {}", double(draw)),
            1 => format!("{integer} {comparison} {}", decimal(draw)),
            2 => format!("{float} {comparison} {}", bigint(draw)),
            3 => format!("{float} {comparison} {}", decimal(draw)),
            4 => format!("{integer} {comparison} {float}"),
            5 => format!("cast({integer} AS double) {comparison} {}", double(draw)),
            6 => {
                let id = self.named("id");
                format!("if({integer} > 3, {integer}, {id}) > {}", bigint(draw))
            }
            7 => format!("{integer} IN ({}, {float})", bigint(draw)),
            8 => format!("try({integer} / {integer}) {comparison} 1"),
            9 => format!("cast({float} AS real) {comparison} real '0.1'"),
            _ => format!(
                "greatest({integer}, {}) {comparison} 3",
                self.column(draw, Kind::Bigint)
            ),
        }
    }

    /// Functions that are for the engine, and some of which domains are made.
    fn function(&self, draw: &mut Draw<'_>, column: &str, kind: Kind) -> String {
        let comparison = draw.pick(&COMPARISONS);
        match kind {
            Kind::Varchar => match draw.below(9) {
                0 => format!("starts_with({column}, {})", text(draw)),
                1 => format!("length({column}) {comparison} {}", draw.below(5)),
                2 => format!("upper({column}) LIKE {}", super::constants::pattern(draw)),
                3 => format!("{column} {comparison} cast({} AS varchar(2))", text(draw)),
                4 => format!("{column} = cast('abc' AS char(5))"),
                5 => format!("try_cast({column} AS bigint) {comparison} 1"),
                6 => format!("regexp_like({column}, '^a')"),
                7 => format!("concat({column}, 'x') {comparison} 'ax'"),
                _ => format!("reverse({column}) LIKE 'b%'"),
            },
            Kind::Timestamp => match draw.below(9) {
                0 => format!("date({column}) {comparison} {}", date(draw)),
                1 => {
                    let low = date(draw);
                    format!("cast({column} AS date) BETWEEN {low} AND {}", date(draw))
                }
                2 => format!("year({column}) {comparison} 2024"),
                3 => format!("{column} {comparison} now()"),
                4 => format!(
                    "cast({column} AS timestamp with time zone) {comparison} timestamp '2024-01-01 00:00:00 UTC'"
                ),
                5 => format!("to_unixtime({column}) {comparison} 1704067200"),
                6 => format!("extract(month FROM {column}) = {}", 1 + draw.below(3)),
                7 => {
                    format!("{column} {comparison} from_iso8601_timestamp('2024-01-01T00:00:00Z')")
                }
                _ => format!("{column} {comparison} current_date"),
            },
            Kind::Double => match draw.below(4) {
                0 => format!("is_nan({column})"),
                1 => format!("round({column}) {comparison} 2e0"),
                2 => format!("floor({column}) {comparison} 0e0"),
                _ => format!("abs({column}) {comparison} 1e0"),
            },
            Kind::Bigint | Kind::Integer => match draw.below(4) {
                0 => format!("mod({column}, 2) {comparison} 1"),
                1 => format!("cast({column} AS varchar) {comparison} '1'"),
                2 => format!("try_cast({column} AS integer) {comparison} 1"),
                _ => format!("cast({column} AS real) {comparison} real '1.5'"),
            },
            Kind::Boolean => match draw.below(4) {
                0 => column.to_owned(),
                1 => format!("NOT {column}"),
                2 => format!("{column} {comparison} true"),
                _ => format!("if({column}, {column}, false)"),
            },
            Kind::Date => format!("{column} {comparison} current_date"),
        }
    }
}
