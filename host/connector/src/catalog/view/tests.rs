//! A view's text, found in Glue's parameters and checked.

#![expect(clippy::unwrap_used, reason = "a test")]

use super::*;

#[test]
fn what_follows_the_query_is_cut_off() {
    for text in [
        "SELECT 1 AS a",
        "  SELECT 1 AS a  ",
        "SELECT 1 AS a;",
        "SELECT 1 AS a ; -- the end",
        "SELECT 1 AS a -- the end; truly\n;\n/* ; */ ",
        "\r\n\tSELECT 1 AS a;;",
    ] {
        assert_eq!(single_query(text), Ok("SELECT 1 AS a"), "{text}");
    }
    for text in [
        "-- first\nSELECT ';' AS \"a;b\" -- not last\nFROM t",
        "WITH t1 AS (SELECT 1 AS ä)\n\tSELECT 'ß;' AS x FROM t1",
        "(SELECT 1)",
        "VALUES 1",
        "select 'it''s', \"a\"\"b\" from x",
    ] {
        assert_eq!(single_query(text), Ok(text), "{text}");
        assert_eq!(single_query(&format!("{text}\n; -- ö")), Ok(text), "{text}");
    }
}

#[test]
fn what_is_no_query_is_refused() {
    for (text, why) in [
        ("", "does not begin with SELECT"),
        ("-- nothing", "does not begin with SELECT"),
        ("SELECT 1; SELECT 2", "semicolon"),
        ("UNLOAD (SELECT 1) TO 's3://b/p'", "begins with `UNLOAD`"),
        ("DROP TABLE t", "begins with `DROP`"),
        ("SELECT 'a", "not closed"),
        ("SELECT 1 /* a", "not closed"),
        ("SELECT 1) AS x, (SELECT 2", "closes a parenthesis"),
        ("SELECT 1) x CROSS JOIN (SELECT 2", "closes a parenthesis"),
        ("SELECT (1", "parenthesis"),
        ("SELECT 1 /* a /* b */ c */", "a comment within a comment"),
    ] {
        let error = single_query(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn the_template_wins_and_athenas_views_are_told_apart() {
    let presto = "/* Presto View: eyJvcmlnaW5hbFNxbCI6IlNFTEVDVCAxIn0= */";
    let (one, two) = (Some("SELECT 1"), Some("SELECT 2"));
    assert_eq!(text(one, two).unwrap(), one);
    assert_eq!(text(None, two).unwrap(), two);
    assert_eq!(text(one, Some(presto)).unwrap(), one);
    assert_eq!(text(None, Some(" \n")).unwrap(), None);
    assert_eq!(text(None, None).unwrap(), None);
    for athenas in [
        presto,
        " /*presto materialized view: x */",
        "/* Presto View */",
    ] {
        let error = text(None, Some(athenas)).unwrap_err();
        assert!(error.message().contains("view of Athena"), "{error}");
    }
    assert!(text(None, Some("/* prestige */ SELECT 1")).is_ok());
}
