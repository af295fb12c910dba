//! Names, and what is no query.

use connector::wire::Request;

use super::fake::Fake;
use crate::athena::Profile;

#[tokio::test]
async fn names_are_lowered_quoted_or_not() {
    for table in [
        "Fleet.Readings",
        "\"Fleet\".\"Readings\"",
        "timestream.fleet.readings",
        "\"TimeStream\".FLEET.readings",
    ] {
        let (athena, requests) = Fake::default().athena(Profile::ValueSets);
        athena
            .query(&format!("select Name, \"BIG\" from {table}"))
            .await
            .unwrap();
        let requests = requests.lock().unwrap();
        let Some(Request::GetTableRequest(request)) = requests.first() else {
            panic!("{requests:?}")
        };
        let name = &request.table_name;
        assert_eq!(
            (name.schema_name.as_str(), name.table_name.as_str()),
            ("fleet", "readings"),
            "{table}"
        );
        assert_eq!(request.catalog_name, "timestream");
    }
}

#[tokio::test]
async fn only_one_query_is_run() {
    for (sql, why) in [
        ("select 1; select 2", "give one statement"),
        ("", "give one statement"),
        ("drop table x", "only queries can be run"),
        ("selec 1", "cannot read the query"),
        (
            "select name from fleet.readings where name ilike 'a'",
            "Athena has no ILIKE",
        ),
        ("select nope from fleet.readings", "nope"),
    ] {
        let (athena, _) = Fake::default().athena(Profile::ValueSets);
        let error = athena.query(sql).await.unwrap_err();
        assert!(format!("{error:#}").contains(why), "{sql}: {error:#}");
    }
}
