//! What parts may hold, and how they are joined.

#![expect(clippy::unwrap_used, reason = "a test")]

use arrow::datatypes::DataType;

use super::*;
use crate::plugin::{Slicing, check_part};
use crate::query::{Domain, Field, Source, ValueSet};
use crate::slices::Slice;

#[test]
fn parts_that_stay_in_their_place_pass() {
    for part in [
        r#""a" = 1"#,
        r#""select" = 'from; -- /*'"#,
        r#""c" IN ('it''s', 'b')"#,
        r#"("a" = 1 OR EXISTS (SELECT 1 FROM "d"."t" ORDER BY 1))"#,
        r#"ARRAY["x", "y"][1]"#,
        r#""c" LIKE 'a\\%' ESCAPE '\'"#,
        "x between ago(1h) and now()",
        "filter(_a, b -> b % 2 <> 1 AND measure_value::double >= -1.5e3)",
        "(a /* the user's */ || x'0aF0' -- too\r\n)",
        r#""view" AS (SELECT 1 -- the user's own
)"#,
    ] {
        assert_eq!(check_part(part, false), Ok(()), "{part}");
    }
    assert_eq!(check_part(r#""d"."t" AS a, "d"."u" AS b"#, true), Ok(()));
}

#[test]
fn parts_that_leave_their_place_are_refused() {
    for (part, why) in [
        ("", "is empty"),
        ("  ", "is empty"),
        ("(a", "does not close"),
        ("a)", "did not open"),
        ("(a]", "did not open"),
        ("a) OR (1 = 1", "did not open"),
        ("a; DELETE", "semicolon"),
        ("a -- ", "comment"),
        ("a /* */", "comment"),
        ("'a", "is not closed"),
        ("\"a", "is not closed"),
        ("a, b", "more than one expression"),
        ("1 = 1 ORDER BY 1", "`ORDER`"),
        ("1 = 1 limit 5", "`LIMIT`"),
        ("1 = 1 UNION SELECT 1", "`UNION`"),
        ("$$a$$", "does not know"),
    ] {
        let error = check_part(part, false).unwrap_err();
        assert!(error.contains(why), "{part}: {error}");
    }
}

#[test]
fn parts_that_tokenizers_cut_at_other_places_are_refused() {
    for (part, why) in [
        // A tokenizer may take the character after it for part of a name: what follows, a quote, a semicolon.
        ("a #", "does not know at line 1, column 3"),
        ("a #;", "does not know at line 1, column 3"),
        ("(#' OR ')", "does not know at line 1, column 2"),
        ("a @; b", "does not know at line 1, column 3"),
        // The second part of an operator of others begins a comment.
        ("'a' ||/*(*/ 'b') OR (1 = 1 ||/*)*/ ''", "does not know"),
        // Comments that are text to others, or end elsewhere.
        ("1 = 1 /*!(*/ ) OR (2 = 2 /*!)*/", "comment"),
        ("(1 /* /* */ ) OR (1 = 1 -- */ */\n)", "comment within"),
        ("(1 -- \r) OR (1 = 1\n)", "carriage return"),
        // A backslash may be a character or hide the quote behind it.
        (r"x'\''", "does not know"),
    ] {
        let Err(error) = check_part(part, false) else {
            panic!("{part} passes");
        };
        assert!(error.contains(why), "{part}: {error}");
    }
}

fn mapping() -> Mapping {
    let field = |name: &str| Field {
        name: name.into(),
        data_type: DataType::Utf8,
        column: None,
        comment: None,
    };
    Mapping {
        fields: vec![field("a"), field("b"), field("c")],
    }
}

fn table() -> Table {
    Table {
        source: Source::Passthrough(String::new()),
        columns: Vec::new(),
        options: Vec::new(),
    }
}

fn plan(verdicts: Vec<Verdict>, order: Option<Vec<String>>) -> (Plan, Vec<Verdict>) {
    let plan = Plan {
        common_tables: Vec::new(),
        from_item: r#""d"."t""#.into(),
        outputs: vec![
            (0, r#""a""#.into()),
            (1, r#""B""#.into()),
            (2, r#""c""#.into()),
        ],
        verdicts: verdicts.clone(),
        order,
        slicing: Slicing::Never(String::new()),
        notes: Vec::new(),
    };
    (plan, verdicts)
}

fn on(field: usize) -> Term {
    Term::Domain(Domain {
        field,
        values: ValueSet::All,
        null_allowed: false,
    })
}

fn key(field: usize) -> SortKey {
    SortKey {
        field,
        descending: true,
        nulls_first: false,
    }
}

#[test]
fn everything_exact_pushes_order_and_limit() {
    let (table, mapping) = (table(), mapping());
    let query = Query {
        demands: Vec::new(),
        table: &table,
        mapping: &mapping,
        projection: vec![1, 0],
        terms: vec![on(2)],
        order: vec![key(2)],
        limit: Some(10),
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    let (plan, verdicts) = plan(
        vec![Verdict::Exact(r#""c" = 'x' OR "c" = 'y'"#.into())],
        Some(vec![r#""c""#.into()]),
    );
    let statement = assemble(&query, plan, verdicts).unwrap();
    assert_eq!(
        statement.sql,
        "SELECT \"B\" AS \"b\", \"a\"\nFROM \"d\".\"t\"\nWHERE (\"c\" = 'x' OR \"c\" = 'y')\nORDER BY \"c\" DESC NULLS LAST\nLIMIT 10"
    );
    assert_eq!(
        (statement.rest, statement.limit_pushed),
        (Rest::Nothing, true)
    );
    assert!(statement.residual.is_empty());
}

#[test]
fn whatever_is_not_exact_keeps_order_limit_and_its_fields_with_the_host() {
    let (table, mapping) = (table(), mapping());
    for verdict in [
        Verdict::Wider("1 = 1".into()),
        Verdict::Skipped("no".into()),
    ] {
        let mut query = Query {
            demands: Vec::new(),
            table: &table,
            mapping: &mapping,
            projection: vec![0],
            terms: vec![on(2)],
            order: vec![key(1)],
            limit: Some(10),
            now: 0,
            caller: Caller::default(),
            slice: Slice::WHOLE,
        };
        let (given, verdicts) = plan(vec![verdict.clone()], Some(vec![r#""B""#.into()]));
        let statement = assemble(&query, given, verdicts).unwrap();
        assert!(
            !statement.sql.contains("LIMIT") && !statement.sql.contains("ORDER"),
            "{}",
            statement.sql
        );
        assert_eq!(statement.rest, Rest::TopN(vec![key(1)], 10));
        assert_eq!(statement.selected, [0, 2, 1]);
        assert_eq!(statement.residual, [on(2)]);

        query.order.clear();
        let (given, verdicts) = plan(vec![verdict], Some(vec![]));
        let statement = assemble(&query, given, verdicts).unwrap();
        assert_eq!(
            (statement.rest, statement.limit_pushed),
            (Rest::Limit(10), false)
        );
    }
}

#[test]
fn an_order_that_an_alias_would_change_is_not_pushed() {
    // The output "b" shows the column "B"; a plan that sorts by the column "b" would sort by the wrong one.
    let (table, mapping) = (table(), mapping());
    let query = Query {
        demands: Vec::new(),
        table: &table,
        mapping: &mapping,
        projection: vec![1],
        terms: vec![],
        order: vec![key(2)],
        limit: Some(1),
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    let (mut plan, verdicts) = plan(vec![], Some(vec![r#""b""#.into()]));
    plan.outputs[2].1 = r#""b""#.into();
    let statement = assemble(&query, plan, verdicts).unwrap();
    assert_eq!(statement.rest, Rest::TopN(vec![key(2)], 1));
}

#[test]
fn rows_are_counted_without_a_field() {
    let (table, mapping) = (table(), mapping());
    let query = Query {
        demands: Vec::new(),
        table: &table,
        mapping: &mapping,
        projection: vec![],
        terms: vec![],
        order: vec![],
        limit: None,
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    let (plan, verdicts) = plan(vec![], Some(vec![]));
    assert_eq!(
        assemble(&query, plan, verdicts).unwrap().sql,
        "SELECT 1 AS \"row\"\nFROM \"d\".\"t\""
    );
}

#[test]
fn a_column_that_tells_more_apart_than_athena_is_pushed_as_the_last_key_alone() {
    // Two instants of one millisecond, or two zeros: Athena's next key decides, the column by itself would.
    let table = table();
    let pushed = |data_type: DataType, keys: [(usize, &str); 2]| {
        let mut mapping = mapping();
        mapping.fields[2].data_type = data_type;
        let query = Query {
            demands: Vec::new(),
            table: &table,
            mapping: &mapping,
            projection: vec![0],
            terms: vec![],
            order: keys.map(|(field, _)| key(field)).into(),
            limit: Some(1),
            now: 0,
            caller: Caller::default(),
            slice: Slice::WHOLE,
        };
        let (plan, verdicts) = plan(vec![], Some(keys.map(|(_, sql)| sql.to_owned()).into()));
        assemble(&query, plan, verdicts).unwrap().limit_pushed
    };
    let a = (0, r#""a""#);
    let itself = (2, r#""c""#);
    for (data_type, other) in [
        (DataType::Date64, r#"to_milliseconds("c")"#),
        (DataType::Float64, r#""c" + 0.0E0"#),
    ] {
        assert!(pushed(data_type.clone(), [a, itself]));
        assert!(!pushed(data_type.clone(), [itself, a]));
        assert!(pushed(data_type, [(2, other), a]));
    }
    assert!(pushed(DataType::Utf8, [itself, a]));
}

#[test]
fn an_order_by_an_expression_that_an_alias_would_change_is_not_pushed() {
    let (table, mapping) = (table(), mapping());
    let query = Query {
        demands: Vec::new(),
        table: &table,
        mapping: &mapping,
        projection: vec![1],
        terms: vec![],
        order: vec![key(2)],
        limit: Some(1),
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    let (plan, verdicts) = plan(vec![], Some(vec![r#"lower("b")"#.into()]));
    let statement = assemble(&query, plan, verdicts).unwrap();
    assert_eq!(statement.rest, Rest::TopN(vec![key(2)], 1));
}
