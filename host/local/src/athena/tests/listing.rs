//! SHOW SCHEMAS and SHOW TABLES.

use arrow::array::AsArray;
use connector::wire::Request;

use super::fake::Fake;
use crate::athena::{Profile, QueryResult};

fn names(result: &QueryResult) -> Vec<String> {
    let [batch] = result.batches.as_slice() else {
        panic!("{result:?}")
    };
    let names = batch.column(0).as_string::<i32>();
    names.iter().map(|name| name.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn tables_are_listed_by_pages_of_fifty() {
    let tables: Vec<String> = (0..120).map(|number| format!("t{number:03}")).collect();
    for sql in [
        "show tables from Fleet",
        "SHOW TABLES IN timestream.\"Fleet\"",
    ] {
        let fake = Fake {
            tables: tables.clone(),
            ..Fake::default()
        };
        let (athena, requests) = fake.athena(Profile::ValueSets);
        let result = athena.query(sql).await.unwrap();
        assert_eq!(names(&result), tables, "{sql}");
        assert_eq!(result.schema.field(0).name(), "tab_name");
        let requests = requests.lock().unwrap();
        let asked: Vec<_> = requests
            .iter()
            .map(|request| match request {
                Request::ListTablesRequest(request) => (
                    request.schema_name.as_str(),
                    request.page_size,
                    request.next_token.as_deref(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            asked,
            [
                ("fleet", 50, None),
                ("fleet", 50, Some("50")),
                ("fleet", 50, Some("100"))
            ]
        );
    }
}

#[tokio::test]
async fn schemas_are_listed_in_order() {
    for sql in [
        "show schemas",
        "show databases",
        "show schemas from Timestream",
    ] {
        let (athena, _) = Fake::default().athena(Profile::ValueSets);
        let result = athena.query(sql).await.unwrap();
        assert_eq!(names(&result), ["db", "fleet"], "{sql}");
        assert_eq!(result.schema.field(0).name(), "database_name");
    }
}

#[tokio::test]
async fn other_listings_are_refused() {
    for sql in [
        "show tables",
        "show tables from fleet like 'a%'",
        "show tables from other.fleet",
        "show schemas from other",
        "show full tables from fleet",
    ] {
        let (athena, requests) = Fake::default().athena(Profile::ValueSets);
        let error = athena.query(sql).await.unwrap_err();
        assert!(
            error.to_string().contains("only SHOW SCHEMAS"),
            "{sql}: {error}"
        );
        assert!(requests.lock().unwrap().is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn columns_are_listed_with_athenas_names_of_their_types() {
    let (athena, _) = Fake::default().athena(Profile::ValueSets);
    let listed = athena
        .query("show columns in Fleet.readings")
        .await
        .unwrap();
    assert_eq!(listed.schema.field(0).name(), "field");
    let described = athena.query("describe timestream.fleet.readings").await;
    let described = described.unwrap();
    assert_eq!(names(&described), names(&listed));
    let [batch] = described.batches.as_slice() else {
        panic!("{described:?}")
    };
    let types = batch.column(1).as_string::<i32>();
    assert!(types.iter().flatten().any(|name| name == "timestamp(3)"));
}

#[tokio::test]
async fn information_schema_has_what_tools_ask_first() {
    let fake = || Fake {
        tables: vec!["readings".to_owned()],
        ..Fake::default()
    };
    let (athena, _) = fake().athena(Profile::ValueSets);
    let of = |sql: &'static str| {
        let athena = &athena;
        async move { names(&athena.query(sql).await.unwrap()) }
    };
    assert_eq!(
        of("select schema_name from information_schema.schemata order by 1").await,
        ["db", "fleet"]
    );
    assert_eq!(
        of("select table_schema from information_schema.tables where table_name = 'readings' order by 1").await,
        ["db", "fleet"]
    );
    let columns = of("select column_name from information_schema.columns \
         where table_schema = 'fleet' and table_name = 'readings' order by ordinal_position")
    .await;
    let described = names(&athena.query("describe fleet.readings").await.unwrap());
    assert_eq!(columns, described);
    assert!(
        athena
            .query("select 1 from information_schema.views")
            .await
            .is_err()
    );
}
