//! What is let through, what is refused, and the window.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use guest::{Caller, Column, Field, Mapping, Scalar, Table, TimestreamType};

use super::*;

/// 2024-02-29 12:00:00.123456789.
const NOW: i64 = 1_709_208_000_123_456_789;
const HOUR: i64 = 3_600_000_000_000;

/// A query of a table with `host` and `time`, or of what the source is.
fn request(source: Source, options: &[(&str, &str)], terms: Vec<Term>) -> Request {
    let kinds = match source {
        Source::Table(_) => [ColumnKind::Dimension, ColumnKind::Time],
        _ => [ColumnKind::Computed, ColumnKind::Computed],
    };
    let column = |name: &str, type_, kind| Column {
        name: name.to_owned(),
        type_,
        kind,
        partition_key: false,
    };
    let field = |name: &str, index: u32| Field {
        name: name.to_owned(),
        type_: index,
        column: Some(index),
        comment: None,
    };
    let options = options.iter();
    Request {
        table: Table {
            source,
            types: [Scalar::Varchar, Scalar::Timestamp]
                .map(TimestreamType::Scalar)
                .to_vec(),
            columns: vec![column("host", 0, kinds[0]), column("time", 1, kinds[1])],
            options: options
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        },
        mapping: Mapping {
            types: vec![ArrowType::Utf8, ArrowType::DateMilli],
            fields: vec![field("host", 0), field("time", 1)],
        },
        projection: Vec::new(),
        terms,
        order: Vec::new(),
        limit: None,
        now: NOW,
        caller: Caller {
            account: String::new(),
            arn: String::new(),
            tags: Vec::new(),
            groups: Vec::new(),
        },
    }
}

fn table() -> Source {
    Source::Table(("d".to_owned(), "t".to_owned()))
}

fn domain(field: u32, values: ValueSet) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed: false,
    })
}

fn range(low: Bound, high: Bound) -> ValueSet {
    ValueSet::Ranges(vec![Range { low, high }])
}

fn at(nanos: i64) -> Bound {
    Bound::Inclusive(Literal::Timestamp(nanos))
}

#[test]
fn a_query_must_say_from_when_on_it_reads() {
    let review = |terms| Guard::review(&request(table(), &[], terms));
    for terms in [
        vec![domain(1, range(at(NOW), Bound::Unbounded))],
        vec![domain(1, range(at(NOW - HOUR), at(NOW)))],
        vec![domain(1, ValueSet::None)],
    ] {
        let ruling = review(terms).unwrap();
        assert_eq!(ruling.terms, []);
        assert_eq!(ruling.max_bytes_metered, None);
    }
    let text = Literal::Text("a".to_owned());
    for terms in [
        vec![],
        vec![domain(0, ValueSet::AnyOf(vec![text]))],
        vec![domain(1, range(Bound::Unbounded, at(NOW)))],
        vec![domain(1, ValueSet::All)],
    ] {
        let refusal = review(terms).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Forbidden);
        assert!(refusal.message.contains("condition on `time`"));
    }
}

#[test]
fn a_window_is_added_where_it_is_set_and_missing() {
    let options = [("guard_time", "24h"), ("guard_max_bytes", "1000")];
    let ruling = Guard::review(&request(table(), &options, Vec::new())).unwrap();
    // A whole millisecond.
    let since = (NOW - 24 * HOUR) / 1_000_000 * 1_000_000;
    assert_eq!(
        ruling.terms,
        [domain(1, range(at(since), Bound::Unbounded))]
    );
    assert_eq!(ruling.max_bytes_metered, Some(1_000));
    assert_eq!(
        ruling.notes,
        ["no condition on `time` is sent: the last 24h are read"]
    );
    let own = vec![domain(1, range(at(0), Bound::Unbounded))];
    let ruling = Guard::review(&request(table(), &options, own)).unwrap();
    assert_eq!((ruling.terms.len(), ruling.notes.len()), (0, 0));
    // With an end and no beginning it would be empty without a word.
    let until = vec![domain(1, range(Bound::Unbounded, at(0)))];
    let refusal = Guard::review(&request(table(), &options, until)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Forbidden);
    // So would one be that a window contradicts.
    let computed = Term::Expression(vec![
        Node::Field(1),
        Node::Constant(Literal::Timestamp(0)),
        Node::Call(guest::Call {
            function: guest::Function::LessThan,
            arguments: vec![0, 1],
        }),
    ]);
    assert!(Guard::review(&request(table(), &options, vec![computed])).is_err());
}

#[test]
fn views_and_statements_are_asked_where_they_show_a_time() {
    let view = Source::View(("d.v".to_owned(), "SELECT 1".to_owned()));
    let mut of_view = request(view, &[], Vec::new());
    assert!(Guard::review(&of_view).is_err());
    of_view.mapping.fields[1].name = "hour".to_owned();
    assert!(Guard::review(&of_view).is_ok());
    // Before its columns are known.
    let mut statement = request(Source::Passthrough("SELECT 1".to_owned()), &[], Vec::new());
    assert!(Guard::review(&statement).is_err());
    statement.mapping.fields.clear();
    assert!(Guard::review(&statement).is_ok());
}

#[test]
fn options_that_are_not_understood_let_nothing_through() {
    for (name, value) in [
        ("guard_time", ""),
        ("guard_time", "soon"),
        ("guard_time", "0h"),
        ("guard_time", "-1d"),
        ("guard_time", "99999999999999d"),
        ("guard_time", "1é"),
        ("guard_max_bytes", "0"),
        ("guard_max_bytes", "10GB"),
        ("guard_maxbytes", "1000"),
    ] {
        let own = vec![domain(1, range(at(0), Bound::Unbounded))];
        let refusal = Guard::review(&request(table(), &[(name, value)], own)).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Invalid);
        assert!(refusal.message.contains(name), "{}", refusal.message);
    }
}
