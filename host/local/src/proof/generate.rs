//! Random rows and terms, made of bytes: the same bytes give the same case, and smaller bytes a simpler one, which is all
//! that shrinking needs. Every choice has its simplest alternative first.

use arbitrary::Unstructured;

use super::model::{Column, Kind, Row, Value};
use super::oracle::{Bound, Expr, Op, Set, Term, order};

/// How deep expressions nest.
const DEPTH: usize = 3;

/// Decisions, drawn from bytes; when they have run out, always the first alternative.
pub struct Draw<'a>(Unstructured<'a>);

impl<'a> Draw<'a> {
    /// Decides by these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// One of the numbers below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0.choose_index(count).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// Rows of some columns. `stored`: values that Timestream takes, under ids that are their places.
pub fn rows(draw: &mut Draw<'_>, columns: &[Column], stored: bool, count: usize) -> Vec<Row> {
    let row = |id: usize, draw: &mut Draw<'_>| {
        columns
            .iter()
            .map(|column| match column.name {
                "id" => Some(Value::Integer(id as i64)),
                "measure_name" => Some(Value::Text(draw.pick(&["m", "it's", "M"]).to_owned())),
                "time" if stored => Some(value(draw, *column, stored)),
                _ if draw.one_in(5) => None,
                _ => Some(value(draw, *column, stored)),
            })
            .collect()
    };
    (0..count).map(|id| row(id, draw)).collect()
}

/// A value that a row can have.
pub fn value(draw: &mut Draw<'_>, column: Column, stored: bool) -> Value {
    match column.kind {
        Kind::Timestamp => {
            let within = draw.pick(&[0, 1, 500_000, 999_999, 999_999]);
            let millis = draw.pick(if stored { &MILLIS[..8] } else { &MILLIS[..11] });
            let nanos = millis * 1_000_000;
            Value::Nanos(nanos.saturating_add(within))
        }
        Kind::Double if stored => Value::Double(draw.pick(&DOUBLES[..14])),
        // The API takes no empty value, and whether it keeps U+0000 is unknown: those stand last.
        Kind::Varchar if stored => Value::Text(draw.pick(&TEXTS[..TEXTS.len() - 2]).to_owned()),
        _ => constant(draw, column),
    }
}

/// A constant that a column of Athena's is compared with.
pub fn constant(draw: &mut Draw<'_>, column: Column) -> Value {
    match column.kind {
        Kind::Boolean => Value::Boolean(draw.below(2) == 1),
        Kind::Bigint if column.small => Value::Integer(draw.pick(&[0, 1, 2, 3, -1, -2, 7])),
        Kind::Bigint => Value::Integer(draw.pick(&BIGINTS)),
        Kind::Integer => Value::Integer(draw.pick(&INTEGERS).into()),
        Kind::Double => Value::Double(draw.pick(&DOUBLES)),
        Kind::Varchar => Value::Text(draw.pick(&TEXTS).to_owned()),
        Kind::Timestamp => Value::Millis(draw.pick(&MILLIS)),
        Kind::Date => Value::Date(draw.pick(&DAYS)),
    }
}

const BIGINTS: [i64; 11] = [
    0,
    1,
    -1,
    2,
    42,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    1 << 53,
    (1 << 53) + 1,
    1 << 31,
];

const INTEGERS: [i32; 7] = [0, 1, -1, 2, 42, i32::MAX, i32::MIN];

/// The first fourteen can be stored, the last ones can only be computed.
const DOUBLES: [f64; 17] = [
    0.0,
    1.0,
    -0.0,
    -1.5,
    0.1,
    0.3,
    0.1 + 0.2,
    1e16,
    1e-7,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    f64::MIN,
    9_007_199_254_740_993.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

/// Whole seconds and their neighbours. The first eight can be stored, the three after them can be computed, and the last
/// ones are constants alone: they lie at the end of what 64 bits of nanoseconds hold, and beyond.
const MILLIS: [i64; 15] = [
    1_704_067_200_000,
    1_704_067_200_001,
    1_704_067_199_999,
    1_704_067_200_123,
    0,
    1,
    1_000,
    9_223_372_036_853,
    -1,
    -1_000,
    -9_223_372_036_854,
    9_223_372_036_854,
    9_223_372_036_855,
    253_402_300_799_999,
    -62_135_596_800_000,
];

const DAYS: [i32; 9] = [
    19_723, 19_724, 0, 1, -1, 106_751, 106_752, 2_932_896, -719_162,
];

/// Quotes, wildcards, escapes, comments, line ends; characters beyond U+FFFF and those that UTF-16 sorts above them;
/// one letter composed and decomposed; what upper case makes longer.
const TEXTS: [&str; 30] = [
    "a",
    "b",
    "A",
    "a ",
    " ",
    "ab",
    "abc",
    "abd",
    "a'b",
    "''",
    "'",
    "\\",
    "a\\b",
    "a\\%b",
    "%",
    "_",
    "a%",
    "a_c",
    "\u{e9}",
    "e\u{301}",
    "\u{ffff}",
    "\u{e000}",
    "\u{1f600}",
    "a\nb",
    "\u{df}",
    "--x",
    "\";",
    "NULL",
    "",
    "a\0b",
];

/// A term over fields whose columns these are.
pub fn term(draw: &mut Draw<'_>, fields: &[Column]) -> Term {
    if draw.below(2) == 0 {
        let column = draw.below(fields.len());
        return Term::Domain {
            column,
            set: set(draw, fields[column]),
            null: draw.below(3) == 1,
        };
    }
    Term::Expression(Expressions { fields }.boolean(draw, DEPTH))
}

fn set(draw: &mut Draw<'_>, column: Column) -> Set {
    let some = |draw: &mut Draw<'_>| {
        let count = 1 + draw.below(4);
        (0..count).map(|_| constant(draw, column)).collect()
    };
    match draw.below(8) {
        0 | 1 => Set::AnyOf(some(draw)),
        2 | 3 => Set::NoneOf(some(draw)),
        7 => Set::All,
        _ => {
            let count = draw.below(5);
            Set::Ranges((0..count).map(|_| range(draw, column)).collect())
        }
    }
}

fn range(draw: &mut Draw<'_>, column: Column) -> (Bound, Bound) {
    let (mut low, mut high) = (constant(draw, column), constant(draw, column));
    let Some(order) = order(&low, &high) else {
        // No range begins or ends at NaN.
        return (Bound::Unbounded, Bound::Unbounded);
    };
    if order.is_gt() {
        std::mem::swap(&mut low, &mut high);
    }
    if order.is_eq() && draw.below(2) == 0 {
        return (Bound::With(low), Bound::With(high));
    }
    let bound = |draw: &mut Draw<'_>, value| match draw.below(3) {
        0 => Bound::With(value),
        1 => Bound::Without(value),
        _ => Bound::Unbounded,
    };
    match (bound(draw, low), bound(draw, high)) {
        // Nothing lies between a value and itself: Athena sends no such range.
        (low, high) if order.is_eq() && low != Bound::Unbounded && high != Bound::Unbounded => {
            (low, Bound::Unbounded)
        }
        range => range,
    }
}

struct Expressions<'a> {
    fields: &'a [Column],
}

impl Expressions<'_> {
    fn boolean(&self, draw: &mut Draw<'_>, depth: usize) -> Expr {
        let column = draw.below(self.fields.len());
        let kind = self.fields[column].kind;
        let choices = if depth == 0 { 8 } else { 13 };
        match draw.below(choices) {
            3 => {
                let operand = self.operand(draw, column, depth);
                Expr::Call(Op::IsNull, vec![operand])
            }
            4 => {
                let count = 1 + draw.below(4);
                let mut arguments = vec![self.operand(draw, column, depth)];
                arguments.extend((0..count).map(|_| self.constant(draw, column)));
                Expr::Call(Op::In, arguments)
            }
            5 if kind == Kind::Varchar => {
                let escape = draw
                    .one_in(4)
                    .then(|| draw.pick(&['!', '\\', 'a', '_', '%']));
                let pattern = self.pattern(draw, escape);
                let texts = [Some(pattern), escape.map(String::from)]
                    .into_iter()
                    .flatten();
                let mut arguments = vec![self.operand(draw, column, 0)];
                arguments.extend(texts.map(|text| Expr::Constant(Value::Text(text))));
                Expr::Call(Op::Like, arguments)
            }
            6 if kind == Kind::Boolean => Expr::Column(column),
            7 if draw.one_in(4) => match draw.below(3) {
                0 => Expr::Null,
                truth => Expr::Constant(Value::Boolean(truth == 1)),
            },
            8 | 9 => Expr::Call(Op::Not, vec![self.boolean(draw, depth - 1)]),
            10 => self.joined(Op::And, draw, depth),
            11 => self.joined(Op::Or, draw, depth),
            _ => self.comparison(draw, column, depth),
        }
    }

    fn joined(&self, op: Op, draw: &mut Draw<'_>, depth: usize) -> Expr {
        let count = 1 + draw.below(3);
        Expr::Call(
            op,
            (0..count).map(|_| self.boolean(draw, depth - 1)).collect(),
        )
    }

    fn comparison(&self, draw: &mut Draw<'_>, column: usize, depth: usize) -> Expr {
        let op = draw.pick(&[
            Op::Equal,
            Op::Less,
            Op::LessOrEqual,
            Op::Greater,
            Op::GreaterOrEqual,
            Op::NotEqual,
            Op::Distinct,
        ]);
        let left = self.operand(draw, column, depth);
        let right = match draw.below(4) {
            3 => {
                let other = self.like(draw, column);
                self.operand(draw, other, depth)
            }
            _ => self.constant(draw, column),
        };
        let sides = if draw.one_in(4) {
            vec![right, left]
        } else {
            vec![left, right]
        };
        Expr::Call(op, sides)
    }

    /// Another column of the same type, or the same.
    fn like(&self, draw: &mut Draw<'_>, column: usize) -> usize {
        let alike: Vec<usize> = (0..self.fields.len())
            .filter(|other| self.fields[*other].kind == self.fields[column].kind)
            .collect();
        draw.pick(&alike)
    }

    fn constant(&self, draw: &mut Draw<'_>, column: usize) -> Expr {
        if draw.one_in(12) {
            return Expr::Null;
        }
        Expr::Constant(match self.fields[column].kind {
            Kind::Double if draw.one_in(6) => Value::Integer(draw.pick(&BIGINTS)),
            Kind::Bigint if draw.one_in(8) => Value::Double(draw.pick(&DOUBLES)),
            _ => constant(draw, self.fields[column]),
        })
    }

    /// The column, or something of its type.
    fn operand(&self, draw: &mut Draw<'_>, column: usize, depth: usize) -> Expr {
        let described = self.fields[column];
        let counts = described.kind == Kind::Double || described.small;
        let plain = Expr::Column(column);
        if depth == 0 {
            return plain;
        }
        match draw.below(8) {
            5 => {
                let other = self.like(draw, column);
                let other = match draw.below(2) {
                    0 => self.constant(draw, column),
                    _ => self.operand(draw, other, depth - 1),
                };
                Expr::Call(
                    Op::NullIf,
                    vec![self.operand(draw, column, depth - 1), other],
                )
            }
            6 if counts => {
                let op = draw.pick(&[Op::Add, Op::Subtract, Op::Multiply, Op::Divide, Op::Modulus]);
                let (left, right) = (
                    self.operand(draw, column, depth - 1),
                    self.constant(draw, column),
                );
                let sides = if draw.one_in(4) {
                    vec![right, left]
                } else {
                    vec![left, right]
                };
                Expr::Call(op, sides)
            }
            7 if counts => Expr::Call(Op::Negate, vec![self.operand(draw, column, depth - 1)]),
            _ => plain,
        }
    }

    /// A pattern of one to three pieces, wildcards among them. What may be escaped is or is not; the escape always is.
    fn pattern(&self, draw: &mut Draw<'_>, escape: Option<char>) -> String {
        let mut pattern = String::new();
        for _ in 0..1 + draw.below(3) {
            let piece = match draw.below(3) {
                0 => "%",
                1 => "_",
                _ => draw.pick(&TEXTS),
            };
            let is_plain = draw.below(2) == 1;
            for character in piece.chars() {
                let is_special = is_plain && matches!(character, '%' | '_');
                if is_special || Some(character) == escape {
                    pattern.extend(escape);
                }
                pattern.push(character);
            }
        }
        pattern
    }
}
