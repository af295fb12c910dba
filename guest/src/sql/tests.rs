//! Names and constants as text, against values that are known from elsewhere.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

#[test]
fn names_are_quoted_whatever_they_hold() {
    assert_eq!(identifier("measure_name"), r#""measure_name""#);
    assert_eq!(identifier(r#"a"b"#), r#""a""b""#);
    assert_eq!(identifier(r#"evil" OR 1=1 --"#), r#""evil"" OR 1=1 --""#);
    assert_eq!(identifier("weiß.Straße"), r#""weiß.Straße""#);
}

#[test]
fn text_doubles_the_quote_and_nothing_else() {
    assert_eq!(text("O'Brien").as_deref(), Some("'O''Brien'"));
    assert_eq!(text("").as_deref(), Some("''"));
    assert_eq!(text("''").as_deref(), Some("''''''"));
    assert_eq!(text("a\nb").as_deref(), Some("'a\nb'"));
    assert_eq!(text(r"a\b").as_deref(), Some(r"'a\b'"));
    assert_eq!(text("a\"b").as_deref(), Some("'a\"b'"));
    assert_eq!(text("😀").as_deref(), Some("'😀'"));
    assert_eq!(text("a\0b"), None);
}

#[test]
fn integers_are_digits_but_for_the_smallest() {
    assert_eq!(integer(0), "0");
    assert_eq!(integer(-1), "-1");
    assert_eq!(integer(9_007_199_254_740_993), "9007199254740993");
    assert_eq!(integer(i64::MAX), "9223372036854775807");
    assert_eq!(integer(i64::MIN + 1), "-9223372036854775807");
    assert_eq!(integer(i64::MIN), "(-9223372036854775807 - 1)");
}

#[test]
fn doubles_have_a_point_and_an_exponent() {
    for (value, expected) in [
        (1.5, "1.5E0"),
        (-0.002, "-2.0E-3"),
        (0.5, "5.0E-1"),
        (0.1, "1.0E-1"),
        (1e10, "1.0E10"),
        (1e-5, "1.0E-5"),
        (100.0, "1.0E2"),
        (0.0, "0.0E0"),
        (-0.0, "0.0E0"),
        (f64::MAX, "1.7976931348623157E308"),
        (f64::MIN, "-1.7976931348623157E308"),
        (5e-324, "5.0E-324"),
    ] {
        assert_eq!(double(value).as_deref(), Some(expected));
    }
}

#[test]
fn doubles_read_back_as_themselves() {
    for value in [
        0.1 + 0.2,
        1.0 / 3.0,
        123_456_789.123_456_78,
        f64::MIN_POSITIVE,
        -4.35,
        9_007_199_254_740_993.0,
    ] {
        assert_eq!(
            double(value).unwrap().parse::<f64>().unwrap().to_bits(),
            value.to_bits()
        );
    }
}

#[test]
fn what_is_no_number_is_not_printed() {
    assert_eq!(double(f64::NAN), None);
    assert_eq!(double(f64::INFINITY), None);
    assert_eq!(double(f64::NEG_INFINITY), None);
}

#[test]
fn timestamps_have_nine_digits_and_floor_before_1970() {
    for (nanos, expected) in [
        (0, "TIMESTAMP '1970-01-01 00:00:00.000000000'"),
        // 2024-04-05T09:31:12.142Z.
        (
            1_712_309_472_142_000_000,
            "TIMESTAMP '2024-04-05 09:31:12.142000000'",
        ),
        (
            951_782_400_000_000_001,
            "TIMESTAMP '2000-02-29 00:00:00.000000001'",
        ),
        (-1, "TIMESTAMP '1969-12-31 23:59:59.999999999'"),
        // The ends of 64 bits, as Timestream's documentation and Java's Instant write them.
        (i64::MAX, "TIMESTAMP '2262-04-11 23:47:16.854775807'"),
        (i64::MIN, "TIMESTAMP '1677-09-21 00:12:43.145224192'"),
    ] {
        assert_eq!(timestamp(nanos), expected);
    }
}

#[test]
fn dates_are_typed_literals() {
    for (days, expected) in [
        (0, Some("DATE '1970-01-01'")),
        (19_889, Some("DATE '2024-06-15'")),
        (11_016, Some("DATE '2000-02-29'")),
        (106_751, Some("DATE '2262-04-11'")),
        (-1, Some("DATE '1969-12-31'")),
        (2_932_896, Some("DATE '9999-12-31'")),
        (2_932_897, None),
        (-719_162, Some("DATE '0001-01-01'")),
        (-719_163, None),
        (i32::MIN, None),
        (i32::MAX, None),
    ] {
        assert_eq!(date(days).as_deref(), expected);
    }
}
