//! Constants as SQL, such that rows stand on, just below and just above them.

use crate::proof::generate::Draw;

/// A text constant.
pub(super) fn text(draw: &mut Draw<'_>) -> String {
    quoted(draw.pick(&TEXTS))
}

/// A text as a constant.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A pattern of LIKE, with its ESCAPE or without.
pub(super) fn pattern(draw: &mut Draw<'_>) -> String {
    match draw.below(3) {
        2 => format!("{} ESCAPE '!'", quoted(draw.pick(&ESCAPED))),
        _ => quoted(draw.pick(&PATTERNS)),
    }
}

/// A bigint or integer constant.
pub(super) fn bigint(draw: &mut Draw<'_>) -> String {
    match draw.below(2) {
        0 => (draw.below(12) as i64 - 4).to_string(),
        _ => draw.pick(&BIGINTS).to_owned(),
    }
}

/// A constant for a column of nanoseconds.
pub(super) fn nanos(draw: &mut Draw<'_>) -> String {
    draw.pick(&NANOS).to_owned()
}

/// A double constant.
pub(super) fn double(draw: &mut Draw<'_>) -> String {
    draw.pick(&DOUBLES).to_owned()
}

/// A constant with a fraction that no double equals.
pub(super) fn decimal(draw: &mut Draw<'_>) -> String {
    draw.pick(&["3.0", "3.5", "-0.5", "1.0", "9223372036854775807.5"])
        .to_owned()
}

/// A timestamp constant, now and then with a zone, or a date.
pub(super) fn timestamp(draw: &mut Draw<'_>) -> String {
    let instant = draw.pick(&TIMESTAMPS);
    match draw.below(12) {
        9 => format!("timestamp '{instant} UTC'"),
        10 => {
            let zone = draw.pick(&[
                "Europe/Paris",
                "America/New_York",
                "+01:00",
                "Asia/Kathmandu",
            ]);
            format!("timestamp '{instant} {zone}'")
        }
        11 => date(draw),
        _ => format!("timestamp '{instant}'"),
    }
}

/// A timestamp constant without a zone.
pub(super) fn plain_timestamp(draw: &mut Draw<'_>) -> String {
    format!("timestamp '{}'", draw.pick(&TIMESTAMPS))
}

/// A date constant.
pub(super) fn date(draw: &mut Draw<'_>) -> String {
    format!("date '{}'", draw.pick(&DATES))
}

const TEXTS: [&str; 64] = [
    "a",
    "b",
    "A",
    "abc",
    "abd",
    "ab",
    "abc ",
    " abc",
    "it's",
    "''",
    "\"q\"",
    "100%",
    "%",
    "_",
    "a_b",
    "a%b",
    "aXb",
    "a\\b",
    "\\",
    "\\%",
    "ünïcödé",
    "Ünïcödé",
    "日本語",
    "😀",
    "\u{ffff}",
    "\u{f8ff}",
    "a😀b",
    "z",
    "zz",
    "NULL",
    "true",
    "1",
    "10",
    "-1",
    "1.5",
    "é",
    "e\u{301}",
    "ß",
    "SS",
    "line\nbreak",
    "tab\t",
    "\u{a0}",
    "?",
    "a*b",
    "2024-01-01",
    "#",
    "!",
    "a!b",
    "a!%b",
    "--",
    "/*",
    ";",
    "oslo",
    "Oslo",
    "  ",
    " ",
    "",
    "x",
    "X",
    "z%",
    "m",
    "absent",
    "a\0b",
    "y",
];

const PATTERNS: [&str; 38] = [
    "a%",
    "%b",
    "%b%",
    "_",
    "__",
    "a_b",
    "a%b",
    "%",
    "",
    "abc",
    "abc%",
    "abc %",
    "%\\%",
    "\\%",
    "%'%",
    "%\"%",
    "a_",
    "_b_",
    "%_%",
    "é%",
    "😀",
    "\u{ffff}%",
    "a_b%",
    "%%",
    "_%_",
    "日%",
    "% ",
    " %",
    "%\n%",
    "A%",
    "o%o",
    "%!%",
    "a\\%",
    "100\\%",
    "[a]%",
    "a.*",
    "%é",
    "e_",
];

const ESCAPED: [&str; 20] = [
    "a!_b", "a!%b", "!!", "%!%%", "a!%%", "a!_%", "!_", "!%", "%!_%", "100!%", "a!!b", "%!!%",
    "z!%", "z!_", "abc", "a%", "a!!%", "a_b", "!_!_", "%!%",
];

const BIGINTS: [&str; 21] = [
    "0",
    "1",
    "-1",
    "2",
    "5",
    "7",
    "10",
    "42",
    "255",
    "1000",
    "-1000",
    "2147483647",
    "-2147483648",
    "2147483648",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775807",
    "-9223372036854775807",
    "9223372036854775806",
    "1704103200000",
];

const NANOS: [&str; 8] = [
    "1704067200000000000",
    "1704067200000000001",
    "1704067200000999999",
    "1704067200001000000",
    "0",
    "-1",
    "1704067199999999999",
    "1704153600000000000",
];

const DOUBLES: [&str; 28] = [
    "0e0",
    "1e0",
    "-0e0",
    "1.5e0",
    "-1.5e0",
    "-1e0",
    "2e0",
    "0.1e0",
    "0.2e0",
    "0.30000000000000004e0",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "4.9e-324",
    "-4.9e-324",
    "1e-7",
    "1e16",
    "9007199254740993e0",
    "9.223372036854775807e18",
    "0.5e0",
    "2.5e0",
    "100e0",
    "1e21",
    "123456789.125e0",
    "2.2250738585072014e-308",
    "nan()",
    "infinity()",
    "-infinity()",
];

const TIMESTAMPS: [&str; 30] = [
    "2024-01-01 00:00:00",
    "2024-01-01 00:00:00.000",
    "2024-01-01 00:00:00.001",
    "2023-12-31 23:59:59.999",
    "2024-01-01 00:00:00.0005",
    "2024-01-01 00:00:00.000001",
    "2024-01-01 00:00:00.001001",
    "2024-01-01 00:00:00.000999999",
    "2024-01-01 00:00:00.002",
    "2024-01-02 00:00:00",
    "2024-01-01 23:59:59.999",
    "2024-01-01 23:59:59.999999999",
    "2024-02-01 00:00:00",
    "2024-01-01 00:00:01",
    "2024-01-01 00:00:00.999",
    "2024-01-01 12:00:00",
    "2024-03-01 00:00",
    "1970-01-01 00:00:00",
    "1970-01-01 00:00:00.001",
    "1969-12-31 23:59:59.999",
    "2000-02-28 00:00:00",
    "2100-01-01 00:00:00",
    "2024-02-29 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59.999",
    "2262-04-11 23:47:16.854",
    "2262-04-11 23:47:16.855",
    "1677-09-21 00:12:43.145",
    "1600-01-01 00:00:00",
    "2024-01-01",
];

const DATES: [&str; 7] = [
    "2024-01-01",
    "2024-01-02",
    "2023-12-31",
    "2024-02-01",
    "2024-02-29",
    "1970-01-01",
    "2100-01-01",
];
