//! Patterns and the conditions that they become.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{call, request, table, text};
use crate::{Function, Node, Scalar, Term, Verdict, plan};

fn of_nodes(scalar: Scalar, partition_key: bool, nodes: Vec<Node>) -> Verdict {
    let mut table = table(&[("c", scalar)]);
    table.columns[0].partition_key = partition_key;
    let request = request(table, vec![Term::Expression(nodes)]);
    plan::plan(&request).unwrap().verdicts.remove(0)
}

fn verdict(scalar: Scalar, partition_key: bool, pattern: Literal) -> Verdict {
    let like = call(Function::Like, &[0, 1]);
    let nodes = vec![Node::Field(0), Node::Constant(pattern), like];
    of_nodes(scalar, partition_key, nodes)
}

#[track_caller]
fn exact(pattern: &str, expected: &str) {
    assert_eq!(
        verdict(Scalar::Varchar, false, text(pattern)),
        Verdict::Exact(expected.into())
    );
}

#[test]
fn patterns_pass_as_they_are() {
    exact("abc%", r#""c" LIKE 'abc%'"#);
    exact("%b_c", r#""c" LIKE '%b_c'"#);
    exact("_", r#""c" LIKE '_'"#);
    exact("it's%", r#""c" LIKE 'it''s%'"#);
}

#[test]
fn a_backslash_is_doubled_and_the_escape_stated() {
    exact(r"a\b%", r#""c" LIKE 'a\\b%' ESCAPE '\'"#);
    exact(r"\%", r#""c" LIKE '\\%' ESCAPE '\'"#);
    exact(r"\_x", r#""c" LIKE '\\_x' ESCAPE '\'"#);
    exact(r"%\", r#""c" LIKE '%\\' ESCAPE '\'"#);
}

#[test]
fn an_escape_character_becomes_the_backslash() {
    let verdict = |pattern, escape: Node| {
        let like = call(Function::Like, &[0, 1, 2]);
        let nodes = vec![Node::Field(0), Node::Constant(text(pattern)), escape, like];
        of_nodes(Scalar::Varchar, false, nodes)
    };
    let by = |escape| Node::Constant(text(escape));
    let exact = |pattern, escape, expected: &str| {
        let expected = Verdict::Exact(expected.to_owned());
        assert_eq!(verdict(pattern, by(escape)), expected);
    };
    exact("50!%%", "!", r#""c" LIKE '50\%%' ESCAPE '\'"#);
    exact("!__!!", "!", r#""c" LIKE '\__!' ESCAPE '\'"#);
    exact(r"a\!_%", "!", r#""c" LIKE 'a\\\_%' ESCAPE '\'"#);
    exact("a%", "!", r#""c" LIKE 'a%'"#);
    exact("50!%", "!", r#""c" = '50%'"#);
    exact("!!", "!", r#""c" = '!'"#);
    let never = Verdict::Exact("1 = 0".into());
    assert_eq!(verdict("%", Node::Null), never);
    for (pattern, escape) in [("a!b", "!"), ("a!", "!"), ("a", "!!"), ("a", "")] {
        let verdict = verdict(pattern, by(escape));
        assert!(matches!(verdict, Verdict::Skipped(_)), "{pattern} {escape}");
    }
}

#[test]
fn a_pattern_without_wildcards_is_an_equality() {
    exact("abc", r#""c" = 'abc'"#);
    exact(r"a\b", r#""c" = 'a\b'"#);
    exact("", r#""c" = ''"#);
}

#[test]
fn a_pattern_of_anything_is_not_null() {
    exact("%", r#""c" IS NOT NULL"#);
    exact("%%", r#""c" IS NOT NULL"#);
}

#[test]
fn the_partition_key_gets_a_range_too() {
    for (pattern, expected) in [
        (
            "abc%",
            r#""c" LIKE 'abc%' AND "c" >= 'abc' AND "c" < 'abd'"#,
        ),
        ("a_", r#""c" LIKE 'a_' AND "c" >= 'a' AND "c" < 'b'"#),
        ("%a", r#""c" LIKE '%a'"#),
        // Surrogates are no characters: after U+D7FF comes U+E000.
        (
            "\u{d7ff}%",
            "\"c\" LIKE '\u{d7ff}%' AND \"c\" >= '\u{d7ff}' AND \"c\" < '\u{e000}'",
        ),
        // Nothing comes after the last character, so the one before it is raised.
        (
            "a\u{10ffff}%",
            "\"c\" LIKE 'a\u{10ffff}%' AND \"c\" >= 'a\u{10ffff}' AND \"c\" < 'b'",
        ),
        (
            "\u{10ffff}%",
            "\"c\" LIKE '\u{10ffff}%' AND \"c\" >= '\u{10ffff}'",
        ),
    ] {
        assert_eq!(
            verdict(Scalar::Varchar, true, text(pattern)),
            Verdict::Exact(expected.into())
        );
    }
}

/// Where NOT LIKE is true: not where the column is NULL, and never for a pattern that everything matches.
#[test]
fn patterns_that_do_not_match() {
    for (pattern, expected) in [
        ("a%", r#"NOT ("c" LIKE 'a%')"#),
        (r"\_", r#"NOT ("c" LIKE '\\_' ESCAPE '\')"#),
        ("abc", r#""c" <> 'abc'"#),
        ("%", "1 = 0"),
    ] {
        let like = call(Function::Like, &[0, 1]);
        let not = call(Function::Not, &[2]);
        let nodes = vec![Node::Field(0), Node::Constant(text(pattern)), like, not];
        assert_eq!(
            of_nodes(Scalar::Varchar, true, nodes),
            Verdict::Exact(expected.into())
        );
    }
}

#[test]
fn only_varchar_columns_and_texts_are_matched() {
    let skipped = |reason: &str| Verdict::Skipped(reason.into());
    assert_eq!(
        verdict(Scalar::Bigint, false, text("1%")),
        skipped("LIKE is translated for varchar columns only")
    );
    assert_eq!(
        verdict(Scalar::Time, false, text("1%")),
        skipped("`c` is a time of day shown as text, and texts compare differently")
    );
    assert_eq!(
        verdict(Scalar::Varchar, false, Literal::Integer(1)),
        skipped("the pattern is no text")
    );
    assert_eq!(
        verdict(Scalar::Varchar, false, text("a\0%")),
        skipped("the pattern holds a character that SQL has no form for")
    );
}
