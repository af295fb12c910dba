//! Tables as the proof sees them: plain values in rows, timestamps as the nanoseconds that Timestream stores.

/// A value; NULL is its absence.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `boolean`.
    Boolean(bool),
    /// `integer` or `bigint`.
    Integer(i64),
    /// `double`.
    Double(f64),
    /// `varchar`.
    Text(String),
    /// `date`: days since 1970-01-01.
    Date(i32),
    /// `timestamp` as stored: nanoseconds since 1970-01-01 00:00:00 UTC.
    Nanos(i64),
    /// `timestamp` as Athena sees it: milliseconds.
    Millis(i64),
}

/// The types of columns, by Timestream's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Timestream's own names")]
pub enum Kind {
    Boolean,
    Bigint,
    Integer,
    Double,
    Varchar,
    Timestamp,
    Date,
}

/// What is known of a column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As Timestream has it.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Values near zero alone, so that arithmetic on them does not overflow.
    pub small: bool,
}

/// A row: a value or NULL for each column.
pub type Row = Vec<Option<Value>>;

/// The instant as Athena sees it: cut down to its millisecond, before 1970 too.
pub fn seen(value: &Value) -> Value {
    match value {
        Value::Nanos(nanos) => Value::Millis(nanos.div_euclid(1_000_000)),
        other => other.clone(),
    }
}

/// Columns of a table: what Timestream stores, which is never NaN nor before 1970.
pub const STORED: [Column; 12] = [
    column("id", Kind::Bigint),
    column("host", Kind::Varchar),
    column("measure_name", Kind::Varchar),
    column("time", Kind::Timestamp),
    column("n", Kind::Bigint),
    small("few", Kind::Bigint),
    column("double", Kind::Double),
    column("x", Kind::Double),
    column("it's \"Text\"", Kind::Varchar),
    column("at", Kind::Timestamp),
    column("Flag", Kind::Boolean),
    column("on", Kind::Boolean),
];

/// Columns of a statement: whatever can be computed.
pub const COMPUTED: [Column; 15] = [
    column("id", Kind::Bigint),
    column("host", Kind::Varchar),
    column("name", Kind::Varchar),
    column("time", Kind::Timestamp),
    column("at", Kind::Timestamp),
    column("n", Kind::Bigint),
    small("few", Kind::Bigint),
    column("i", Kind::Integer),
    column("j", Kind::Integer),
    column("x", Kind::Double),
    column("y", Kind::Double),
    column("flag", Kind::Boolean),
    column("on", Kind::Boolean),
    column("day", Kind::Date),
    column("until", Kind::Date),
];

/// A column with values of every size.
pub const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        small: false,
    }
}

/// A column with values near zero.
pub const fn small(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        small: true,
    }
}
