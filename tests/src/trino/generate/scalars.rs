//! Expressions with values, as SQL: columns and what is computed from them.

use super::constants::{bigint, double, nanos, pattern, plain_timestamp, text, timestamp};
use crate::proof::generate::Draw;
use crate::proof::model::Kind;
use crate::trino::sources::Source;

/// A source's columns, under a name of its own or without one.
pub(super) struct Scope<'a> {
    pub(super) source: &'a Source,
    /// `a.`, or nothing.
    pub(super) prefix: &'static str,
}

impl Scope<'_> {
    /// A type that the source has columns of.
    pub(super) fn kind(&self, draw: &mut Draw<'_>) -> Kind {
        let kinds: Vec<Kind> = [
            Kind::Bigint,
            Kind::Varchar,
            Kind::Double,
            Kind::Timestamp,
            Kind::Boolean,
            Kind::Integer,
            Kind::Date,
        ]
        .into_iter()
        .filter(|kind| !self.source.of(*kind).is_empty())
        .collect();
        // The first four three times: most rules are about them.
        let weighted: Vec<Kind> = kinds
            .iter()
            .flat_map(|kind| {
                let times = if *kind == Kind::Boolean { 1 } else { 3 };
                std::iter::repeat_n(*kind, times)
            })
            .collect();
        draw.pick(&weighted)
    }

    pub(super) fn column(&self, draw: &mut Draw<'_>, kind: Kind) -> String {
        self.named(draw.pick(&self.source.of(kind)))
    }

    /// A column by its name, as SQL.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{}", self.prefix, identifier(name))
    }

    /// Values near zero, so that arithmetic on them does not overflow.
    fn small(&self) -> String {
        let small = self.source.columns.iter().find(|column| column.small);
        self.named(small.map_or("id", |column| column.name))
    }

    /// A constant of a type.
    pub(super) fn constant(&self, draw: &mut Draw<'_>, kind: Kind) -> String {
        match kind {
            Kind::Boolean => draw.pick(&["true", "false"]).to_owned(),
            Kind::Bigint if self.source.name == "fine" && draw.below(2) == 1 => nanos(draw),
            Kind::Bigint | Kind::Integer => bigint(draw),
            Kind::Double => double(draw),
            Kind::Varchar => text(draw),
            Kind::Timestamp => timestamp(draw),
            Kind::Date => super::constants::date(draw),
        }
    }

    /// A column, or something of its type that is computed.
    pub(super) fn scalar(&self, draw: &mut Draw<'_>, kind: Kind, depth: usize) -> String {
        let column = self.column(draw, kind);
        if depth == 0 || draw.below(2) == 0 {
            return column;
        }
        match kind {
            Kind::Bigint | Kind::Integer => self.integer(draw, kind, column, depth),
            Kind::Double => self.double(draw, column, depth),
            Kind::Varchar => self.text(draw, column),
            Kind::Timestamp => self.instant(draw, column),
            Kind::Boolean | Kind::Date => {
                format!("nullif({column}, {})", self.constant(draw, kind))
            }
        }
    }

    fn integer(&self, draw: &mut Draw<'_>, kind: Kind, column: String, depth: usize) -> String {
        let small = self.small();
        match draw.below(9) {
            0 => format!(
                "({} + {})",
                self.scalar(draw, kind, depth - 1),
                bigint(draw)
            ),
            1 => {
                let left = self.scalar(draw, kind, depth - 1);
                format!("({left} - {})", self.scalar(draw, kind, depth - 1))
            }
            2 => {
                let factor = draw.below(7) as i64 - 3;
                format!("({} * {factor})", self.scalar(draw, kind, depth - 1))
            }
            3 => {
                let divisor = draw.pick(&["2", "3", "-2", "7", &small]).to_owned();
                format!("({} % {divisor})", self.scalar(draw, kind, depth - 1))
            }
            4 => {
                let divisor = draw.pick(&["2", "3", "-2", "7", &small]).to_owned();
                format!("({} / {divisor})", self.scalar(draw, kind, depth - 1))
            }
            5 => format!("(-{small})"),
            6 => {
                let other = match draw.below(2) {
                    0 => bigint(draw),
                    _ => self.column(draw, kind),
                };
                format!("nullif({column}, {other})")
            }
            7 => format!("coalesce({column}, {})", bigint(draw)),
            _ => format!("abs({small})"),
        }
    }

    fn double(&self, draw: &mut Draw<'_>, column: String, depth: usize) -> String {
        let inner = |draw: &mut Draw<'_>| self.scalar(draw, Kind::Double, depth - 1);
        match draw.below(9) {
            0 => format!("({} + {})", inner(draw), double(draw)),
            1 => format!("({} - {})", inner(draw), double(draw)),
            2 => {
                let factor = draw.pick(&["2e0", "-1e0", "0e0", "0.1e0", "1e300"]);
                format!("({} * {factor})", inner(draw))
            }
            3 => {
                let divisor = draw.pick(&["2e0", "1e0", "-1.5e0", "0e0", "0.3e0"]);
                format!("({} % {divisor})", inner(draw))
            }
            4 => {
                let divisor = match draw.below(5) {
                    4 => self.column(draw, Kind::Double),
                    which => ["2e0", "-3e0", "0e0", "-0e0"][which].to_owned(),
                };
                format!("({} / {divisor})", inner(draw))
            }
            5 => format!("(-{column})"),
            6 => {
                let other = match draw.below(2) {
                    0 => double(draw),
                    _ => self.column(draw, Kind::Double),
                };
                format!("nullif({column}, {other})")
            }
            7 => format!("({} * 0.5e0)", self.small()),
            _ => format!("abs({column})"),
        }
    }

    fn text(&self, draw: &mut Draw<'_>, column: String) -> String {
        match draw.below(7) {
            0 => format!("nullif({column}, {})", text(draw)),
            1 => format!("coalesce({column}, {})", text(draw)),
            2 => format!("lower({column})"),
            3 => format!("substr({column}, 1, 1)"),
            4 => format!("trim({column})"),
            5 => format!("({column} || {})", self.column(draw, Kind::Varchar)),
            _ => format!("cast({column} AS varchar(2))"),
        }
    }

    fn instant(&self, draw: &mut Draw<'_>, column: String) -> String {
        match draw.below(6) {
            0 => format!("nullif({column}, {})", plain_timestamp(draw)),
            1 => format!("nullif({column}, {})", self.column(draw, Kind::Timestamp)),
            2 => {
                let unit = draw.pick(&["day", "hour", "month", "minute", "second"]);
                format!("date_trunc('{unit}', {column})")
            }
            3 => format!("({column} + interval '1' day)"),
            4 => format!("cast({column} AS timestamp(0))"),
            _ => format!("cast({column} AS timestamp(6))"),
        }
    }

    /// LIKE of a column.
    pub(super) fn like(&self, draw: &mut Draw<'_>, column: &str) -> String {
        match draw.below(8) {
            7 => format!("{column} LIKE {}", self.column(draw, Kind::Varchar)),
            6 => format!("{column} NOT LIKE {}", pattern(draw)),
            _ => format!("{column} LIKE {}", pattern(draw)),
        }
    }
}

/// A name as SQL.
pub(super) fn identifier(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|character| character.is_ascii_lowercase() || character == '_');
    match is_plain {
        true => name.to_owned(),
        false => format!("\"{name}\""),
    }
}
