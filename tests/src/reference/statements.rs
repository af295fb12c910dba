//! The reference's builders: what of a request's value sets reaches Timestream.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date64Array, Int32Array, StringArray};
use connector::wire::{ArrowType, Constraints, Marker, MarkerBound, Range, ValueSet};
use tests::athena::{get_table, splits, table_name};
use tests::scripted::Reply;

use super::{USUAL, World, any_of, block, constraints};

const EVIL: &str = r#"evil" OR 1=1 --"#;

/// `myDatabase`.`myTable`, which has no rows.
async fn world() -> World {
    World::start(|call| {
        if !call.sql().starts_with("DESCRIBE") {
            return Reply::page(&[], &[], None);
        }
        assert_eq!(call.sql(), r#"DESCRIBE "myDatabase"."myTable""#);
        Reply::description(&[
            ("col1", "int", "MULTI"),
            ("col2", "int", "MULTI"),
            ("col3", "int", "MULTI"),
            ("col4", "varchar", "MULTI"),
            ("val", "varchar", "MULTI"),
            ("time0", "timestamp", "MULTI"),
            ("time1", "timestamp", "MULTI"),
            (EVIL, "varchar", "MULTI"),
        ])
    })
    .await
}

/// What stands before `WHERE`, and the conjuncts in the order of their text: that of the reference is a hash map's.
async fn conjuncts(columns: &[&str], constraints: &Constraints) -> (String, Vec<String>) {
    let world = world().await;
    let name = table_name("myDatabase", "myTable");
    let (_, _, sql) = world.read(&name, columns, constraints, USUAL).await;
    let Some((select, conditions)) = sql.split_once("\nWHERE ") else {
        return (sql, Vec::new());
    };
    let mut conditions: Vec<String> = conditions.split("\nAND ").map(str::to_owned).collect();
    conditions.sort();
    (select.to_owned(), conditions)
}

/// Above a value, or below it.
fn beyond(value: ArrayRef, is_above: bool) -> ValueSet {
    let marker = |value: ArrayRef, bound| Marker {
        null_value: value.is_empty(),
        value_block: block(value),
        bound,
    };
    let nothing = value.slice(0, 0);
    let r#type = ArrowType::from(value.data_type());
    let (low, high) = if is_above {
        (value, nothing)
    } else {
        (nothing, value)
    };
    ValueSet::SortedRangeSet {
        r#type,
        ranges: vec![Range {
            low: marker(low, MarkerBound::Above),
            high: marker(high, MarkerBound::Below),
        }],
        null_allowed: false,
    }
}

fn integer(value: i32) -> ArrayRef {
    Arc::new(Int32Array::from(vec![value]))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[tokio::test]
async fn conjuncts_are_the_reference_s() {
    let columns = ["col1", "col2", "col3", "col4"];
    let listed: ArrayRef = Arc::new(Int32Array::from(vec![20_000, 10_000]));
    let asked = constraints([
        ("col1", beyond(integer(1), true)),
        ("col2", beyond(integer(1), false)),
        ("col3", any_of(listed)),
        ("col4", any_of(texts(&["val1", "val2"]))),
    ]);
    let select = "SELECT \"col1\", \"col2\", \"col3\", \"col4\"\nFROM \"myDatabase\".\"myTable\"";
    let (sql, conditions) = conjuncts(&columns, &asked).await;
    assert_eq!(sql, select);
    assert_eq!(
        conditions,
        [
            r#"("col1" > 1)"#,
            r#"("col2" < 1)"#,
            r#"("col3" IN (20000, 10000))"#,
            r#"("col4" IN ('val1', 'val2'))"#
        ]
    );
    // No constraint, no WHERE.
    let unconstrained = conjuncts(&columns, &Constraints::default()).await;
    assert_eq!(unconstrained, (select.to_owned(), Vec::new()));

    let evil = EVIL.to_lowercase();
    let asked = constraints([(&*evil, any_of(texts(&["x"])))]);
    let (_, conditions) = conjuncts(&["val"], &asked).await;
    assert_eq!(conditions, [r#"("evil"" OR 1=1 --" = 'x')"#]);
}

/// Above 12.142 s in milliseconds begins with 12.143 s: the reference keeps the rest of the millisecond too.
#[tokio::test]
async fn conditions_on_times_are_those_of_milliseconds() {
    /// 2024-04-05 09:31:12 UTC in milliseconds.
    const SECOND: i64 = 1_712_309_472_000;
    let above = |millis| beyond(Arc::new(Date64Array::from(vec![millis])), true);
    let asked = constraints([("time0", above(SECOND + 142)), ("time1", above(SECOND))]);
    let (sql, conditions) = conjuncts(&["val"], &asked).await;
    assert_eq!(sql, "SELECT \"val\"\nFROM \"myDatabase\".\"myTable\"");
    assert_eq!(
        conditions,
        [
            r#"("time0" >= TIMESTAMP '2024-04-05 09:31:12.143000000')"#,
            r#"("time1" >= TIMESTAMP '2024-04-05 09:31:12.001000000')"#
        ]
    );
}

/// The reference fails over the one and sends `IN ()` for the other, which fails at Timestream.
#[tokio::test]
async fn sets_without_a_value_read_nothing() {
    let none = ValueSet::SortedRangeSet {
        r#type: ArrowType::from(integer(1).data_type()),
        ranges: Vec::new(),
        null_allowed: false,
    };
    for (column, set) in [("col1", none), ("col4", any_of(texts(&[])))] {
        let world = world().await;
        let name = table_name("myDatabase", "myTable");
        let schema = get_table(&world.connector, &name).await.unwrap();
        let asked = constraints([(column, set)]);
        let splits = splits(&world.connector, &name, &schema, &asked).await;
        assert_eq!(splits.unwrap(), []);
    }
}
