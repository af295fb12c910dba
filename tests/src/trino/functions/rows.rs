//! The rows that calls are evaluated on: edges of each type beside ordinary values, and NULL.

use super::forms::Kind;

/// Rows of a table.
pub(super) const COUNT: usize = 40;

/// The columns, with their types and the kinds of arguments that they are.
const COLUMNS: [(&str, &str, Kind); 21] = [
    ("a", "bigint", Kind::Bigint),
    ("b", "bigint", Kind::Bigint),
    ("s", "integer", Kind::Small),
    ("r", "integer", Kind::Small),
    ("x", "double", Kind::Double),
    ("y", "double", Kind::Double),
    ("t", "varchar", Kind::Text),
    ("u", "varchar", Kind::Text),
    ("o", "boolean", Kind::Boolean),
    ("n", "boolean", Kind::Boolean),
    ("d", "date", Kind::Date),
    ("e", "date", Kind::Date),
    ("p", "timestamp(3)", Kind::Time),
    ("q", "timestamp(3)", Kind::Time),
    ("l", "array(bigint)", Kind::Bigints),
    ("m", "array(bigint)", Kind::Bigints),
    ("w", "array(varchar)", Kind::Texts),
    ("c", "decimal(12,3)", Kind::Decimal),
    ("k", "decimal(38,10)", Kind::Decimal),
    ("f", "map(varchar, bigint)", Kind::Map),
    ("j", "varchar", Kind::Json),
];

/// Constants of a kind, as SQL has them in both engines.
fn constants(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bigint => &[
            "bigint '0'",
            "bigint '1'",
            "bigint '-1'",
            "bigint '7'",
            "bigint '-10'",
            "bigint '255'",
            "bigint '9223372036854775807'",
            "bigint '-9223372036854775808'",
            "bigint '4611686018427387904'",
            "bigint '3000000000'",
            "bigint '86400000'",
        ],
        Kind::Small => &["0", "1", "2", "3", "-1", "-2", "10"],
        Kind::Double => &[
            "0e0",
            "-0e0",
            "1e0",
            "-1e0",
            "5e-1",
            "2.5e0",
            "-2.5e0",
            "3.7e0",
            "1e-3",
            "1.23456789e5",
            "1e10",
            "9.3e18",
            "1.7e308",
            "4.9e-324",
            "nan()",
            "infinity()",
            "-infinity()",
        ],
        Kind::Text => &[
            "''",
            "'a'",
            "'abc'",
            "' Ab c '",
            "'a-b--c'",
            "'it''s'",
            "'añ🚚b'",
            "'e\u{301}'",
            "'straße'",
            "'12'",
            "'-3.5'",
            "'a1b22c333'",
            "'aaaa'",
            "'2024-03-05'",
        ],
        Kind::Boolean => &["true", "false"],
        Kind::Date => &[
            "date '1970-01-01'",
            "date '1969-12-31'",
            "date '2024-02-29'",
            "date '2023-12-31'",
            "date '2021-01-03'",
            "date '1900-03-01'",
            "date '2262-04-11'",
        ],
        Kind::Time => &[
            "timestamp '1970-01-01 00:00:00.000'",
            "timestamp '1969-12-31 23:59:59.999'",
            "timestamp '2024-02-29 12:34:56.789'",
            "timestamp '2024-03-31 00:59:59.500'",
            "timestamp '2024-03-31 01:00:00.000'",
            "timestamp '2024-10-27 00:30:00.000'",
            "timestamp '1883-11-18 12:00:00.000'",
            "timestamp '2023-12-31 23:59:59.001'",
        ],
        Kind::Bigints => &[
            "array[bigint '1', bigint '2', bigint '3']",
            "array[bigint '3', null, bigint '1', bigint '3']",
            "cast(array[] as array(bigint))",
            "array[bigint '-5']",
            "array[cast(null as bigint), null]",
        ],
        Kind::Texts => &[
            "array['b', 'a', 'b']",
            "array['x', null, '']",
            "cast(array[] as array(varchar))",
            "array['añ', '🚚']",
        ],
        Kind::Decimal => &[
            "decimal '0.000'",
            "decimal '-0.5'",
            "decimal '0.001'",
            "decimal '1.55'",
            "decimal '-2.5'",
            "decimal '99.995'",
            "decimal '123456789.123'",
            "decimal '-999999999.999'",
            "decimal '7'",
        ],
        Kind::Map => &[
            "map(array['a', 'b'], array[bigint '1', bigint '2'])",
            "map(array['b', 'a'], array[bigint '2', bigint '1'])",
            "map(array['a'], array[cast(null as bigint)])",
            "map(array['añ', ''], array[bigint '-7', bigint '9223372036854775807'])",
            "cast(map() as map(varchar, bigint))",
        ],
        Kind::Json => &[
            r#"'{"a": 1, "b": [1, 2.50, "x"]}'"#,
            r#"'{"b": {"a": null}, "a": "it''s"}'"#,
            r#"'[1, -2, 1e3]'"#,
            r#"'{"a": 1, "a": 2}'"#,
            r#"'"12"'"#,
            "'12'",
            "'1.5'",
            "'true'",
            "'null'",
            "'[]'",
            "'{'",
            r#"'{"a": 12345678901234567890}'"#,
        ],
        Kind::Path => &["'$'", "'$.a'", "'$.b'", "'$[1]'", "'$.b[1]'", "'$.b.a'"],
        Kind::Pattern => &[
            "'[0-9]+'",
            "'a'",
            "'(a)(b)?'",
            "'^a'",
            "'b*'",
            "'[^a-z]'",
            "'(?i)A'",
            "'.'",
            "'\\s'",
            "'a|b'",
        ],
        Kind::Unit => &[
            "'millisecond'",
            "'second'",
            "'minute'",
            "'hour'",
            "'day'",
            "'week'",
            "'month'",
            "'quarter'",
            "'year'",
        ],
        Kind::Format => &[
            "'%Y-%m-%d %H:%i:%s'",
            "'%M %e %W %j'",
            "'%a %b %c %y %T %p'",
            "'%f %k %l %h %I %v %x'",
        ],
        Kind::Joda => &[
            "'yyyy-MM-dd HH:mm:ss.SSS'",
            "'EEE MMM d h:mm a'",
            "'xxxx ww e D'",
            "'yy/M/dd K k'",
        ],
    }
}

/// The columns of a kind.
pub(super) fn columns(kind: Kind) -> Vec<&'static str> {
    let columns = COLUMNS.iter().filter(|(.., of)| *of == kind);
    columns.map(|(name, ..)| *name).collect()
}

/// What an argument of a kind can be: a column, a constant or NULL.
pub(super) fn leaves(kind: Kind) -> Vec<&'static str> {
    // Columns have most of the edges already.
    let columns = columns(kind).into_iter();
    let columns = columns.flat_map(|name| std::iter::repeat_n(name, 6));
    columns.chain(constants(kind).iter().copied()).collect()
}

/// A relation of rows that a seed decides, with `id` from 0.
pub(super) fn table(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let mut rows = Vec::with_capacity(COUNT);
    for id in 0..COUNT {
        let cells = COLUMNS.iter().map(|(_, _, kind)| {
            let constants = constants(*kind);
            match random.u8(..8) {
                0 => "null".to_owned(),
                _ => constants[random.usize(..constants.len())].to_owned(),
            }
        });
        let cells: Vec<String> = cells.collect();
        rows.push(format!("({id}, {})", cells.join(", ")));
    }
    let casts = COLUMNS.iter();
    let casts = casts.map(|(name, data_type, _)| format!("cast({name} as {data_type}) {name}"));
    let casts: Vec<String> = casts.collect();
    let names = COLUMNS.iter().map(|(name, ..)| *name);
    let names: Vec<&str> = names.collect();
    format!(
        "(select id, {} from (values {}) v(id, {}))",
        casts.join(", "),
        rows.join(", "),
        names.join(", ")
    )
}
