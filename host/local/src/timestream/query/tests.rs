//! Pages, tokens, `MaxRows`, cancelling.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::timestream::fixture::numbers;

mod series;

const SQL: &str = r#"SELECT "n" FROM "db"."t" ORDER BY "n""#;

fn service(rows: usize, page_bytes: usize) -> QueryService {
    QueryService::new(numbers(rows), Arc::default(), page_bytes)
}

async fn ask(service: &QueryService, request: Value) -> Result<Value, ApiError> {
    let body = service.query(request.to_string().as_bytes()).await?;
    Ok(serde_json::from_slice(&body).unwrap())
}

async fn first(service: &QueryService) -> Value {
    ask(service, json!({ "QueryString": SQL })).await.unwrap()
}

async fn next(service: &QueryService, token: &Value) -> Result<Value, ApiError> {
    ask(service, json!({ "QueryString": SQL, "NextToken": token })).await
}

fn values(page: &Value) -> Vec<i64> {
    let value = |row: &Value| {
        row["Data"][0]["ScalarValue"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    page["Rows"].as_array().unwrap().iter().map(value).collect()
}

fn is_invalid_token(answer: Result<Value, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Validation(message)) if message == "Invalid pagination token")
}

#[tokio::test]
async fn pages_are_filled_and_lose_no_row() {
    // 20,000 rows are more than two batches; a page's end falls within one.
    let service = service(20_000, 100_000);
    let mut page = first(&service).await;
    let mut all = values(&page);
    let mut pages = 1;
    loop {
        assert_eq!(
            page["ColumnInfo"],
            json!([{ "Name": "n", "Type": { "ScalarType": "BIGINT" } }])
        );
        let Some(token) = page.get("NextToken") else {
            break;
        };
        let bytes: usize = page["Rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.to_string().len())
            .sum();
        // One more row, of 35 bytes at most, would be too much.
        assert!((100_000 - 35..=100_000).contains(&bytes), "{bytes}");
        let progress = page["QueryStatus"]["ProgressPercentage"].as_f64().unwrap();
        page = next(&service, token).await.unwrap();
        assert!(page["QueryStatus"]["ProgressPercentage"].as_f64().unwrap() > progress);
        all.extend(values(&page));
        pages += 1;
    }
    assert_eq!(all, (0..20_000).collect::<Vec<i64>>());
    assert_eq!(page["QueryStatus"]["ProgressPercentage"], 100.0);
    let counters = service.counters.snapshot().query;
    assert_eq!(
        (counters.statements, counters.pages, counters.rows),
        (1, pages, 20_000)
    );
}

#[tokio::test]
async fn result_of_one_page_has_no_token() {
    let page = first(&service(3, 1_000_000)).await;
    assert_eq!(values(&page), [0, 1, 2]);
    assert_eq!(page.get("NextToken"), None);
    assert_eq!(page["QueryStatus"]["ProgressPercentage"], 100.0);
}

#[tokio::test]
async fn empty_result_is_one_page_with_columns() {
    let sql = r#"SELECT "time" FROM "db"."t""#;
    let page = ask(&service(0, 1_000_000), json!({ "QueryString": sql }))
        .await
        .unwrap();
    assert_eq!((&page["Rows"], page.get("NextToken")), (&json!([]), None));
    assert_eq!(
        page["ColumnInfo"],
        json!([{ "Name": "time", "Type": { "ScalarType": "TIMESTAMP" } }])
    );
}

#[tokio::test]
async fn row_that_is_larger_than_a_page_comes_alone() {
    let service = service(3, 1);
    let page = first(&service).await;
    assert_eq!(values(&page), [0]);
    assert_eq!(
        values(&next(&service, &page["NextToken"]).await.unwrap()),
        [1]
    );
}

#[tokio::test]
async fn row_beyond_a_megabyte_fails_the_query() {
    let answer = ask(
        &service(0, 1_000_000),
        json!({ "QueryString": "SELECT lpad('x', 1000000, 'x')" }),
    )
    .await;
    assert!(
        matches!(answer, Err(ApiError::QueryExecution(message)) if message.contains("max page response size"))
    );
}

#[tokio::test]
async fn max_rows_gives_rows_at_once_only_if_they_are_all() {
    let service = service(3, 1_000_000);
    let ask_limited =
        |max_rows: i64| ask(&service, json!({ "QueryString": SQL, "MaxRows": max_rows }));
    let whole = ask_limited(4).await.unwrap();
    assert_eq!(
        (values(&whole), whole.get("NextToken")),
        (vec![0, 1, 2], None)
    );
    // As many rows as allowed are not fewer.
    for max_rows in [1, 2, 3] {
        let page = ask_limited(max_rows).await.unwrap();
        assert_eq!(
            (values(&page), &page["QueryStatus"]["ProgressPercentage"]),
            (vec![], &json!(0.0))
        );
        assert_ne!(page["ColumnInfo"], json!([]));
        let rest = next(&service, &page["NextToken"]).await.unwrap();
        assert_eq!(
            (values(&rest), rest.get("NextToken")),
            (vec![0, 1, 2], None)
        );
    }
    for wrong in [0, 1_001] {
        assert!(matches!(
            ask_limited(wrong).await,
            Err(ApiError::Validation(_))
        ));
    }
}

#[tokio::test]
async fn max_rows_gives_nothing_at_once_if_a_page_is_too_small() {
    let service = service(9, 100);
    let page = ask(&service, json!({ "QueryString": SQL, "MaxRows": 1000 }))
        .await
        .unwrap();
    assert_eq!(values(&page), Vec::<i64>::new());
    // 100 bytes hold three rows of 30.
    assert_eq!(
        values(&next(&service, &page["NextToken"]).await.unwrap()),
        [0, 1, 2]
    );
}

#[tokio::test]
async fn max_rows_may_change_from_page_to_page() {
    let service = service(10, 1_000_000);
    let mut page = ask(&service, json!({ "QueryString": SQL, "MaxRows": 1 }))
        .await
        .unwrap();
    let mut sizes = Vec::new();
    for max_rows in [2, 5, 1, 9] {
        let request =
            json!({ "QueryString": SQL, "NextToken": page["NextToken"], "MaxRows": max_rows });
        page = ask(&service, request).await.unwrap();
        sizes.push(values(&page).len());
    }
    assert_eq!((sizes, page.get("NextToken")), (vec![2, 5, 1, 2], None));
}

#[tokio::test]
async fn token_works_five_times_and_always_gives_the_same_page() {
    let service = service(100, 300);
    let page = first(&service).await;
    let second = next(&service, &page["NextToken"]).await.unwrap();
    for _ in 0..4 {
        assert_eq!(next(&service, &page["NextToken"]).await.unwrap(), second);
    }
    assert!(is_invalid_token(next(&service, &page["NextToken"]).await));
    // The run goes on: the first page had ten rows of 30 bytes, the second nine of 31.
    assert_eq!(
        values(&next(&service, &second["NextToken"]).await.unwrap())[0],
        19
    );
}

#[tokio::test]
async fn older_token_is_dead_once_a_newer_one_was_used() {
    let service = service(100, 300);
    let one = first(&service).await;
    let two = next(&service, &one["NextToken"]).await.unwrap();
    next(&service, &two["NextToken"]).await.unwrap();
    assert!(is_invalid_token(next(&service, &one["NextToken"]).await));
}

#[tokio::test]
async fn last_page_can_be_asked_again() {
    let service = service(15, 300);
    let one = first(&service).await;
    let two = next(&service, &one["NextToken"]).await.unwrap();
    assert_eq!(two.get("NextToken"), None);
    assert_eq!(next(&service, &one["NextToken"]).await.unwrap(), two);
}

#[tokio::test]
async fn token_belongs_to_one_text() {
    let service = service(100, 300);
    let page = first(&service).await;
    let other = json!({ "QueryString": format!("{SQL} "), "NextToken": page["NextToken"] });
    assert!(is_invalid_token(ask(&service, other).await));
    for token in ["", "x", "AEBQ.x"] {
        assert!(is_invalid_token(next(&service, &token.into()).await));
    }
    assert_eq!(
        values(&next(&service, &page["NextToken"]).await.unwrap())[0],
        10
    );
}

#[tokio::test]
async fn run_that_failed_does_not_go_on() {
    // The division fails in the second batch, after some pages.
    let service = service(9_000, 100_000);
    let sql = r#"SELECT "n", 1 / (8500 - "n") FROM "db"."t""#;
    let mut token =
        ask(&service, json!({ "QueryString": sql })).await.unwrap()["NextToken"].clone();
    let again = async |token: &Value| {
        ask(&service, json!({ "QueryString": sql, "NextToken": token })).await
    };
    let error = loop {
        match again(&token).await {
            Ok(page) => token = page["NextToken"].clone(),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ApiError::QueryExecution(_)), "{error}");
    assert!(is_invalid_token(again(&token).await));
}

#[tokio::test]
async fn cancelled_run_gives_no_further_page() {
    let service = service(100, 300);
    let page = first(&service).await;
    let cancel = |id: &Value| service.cancel(json!({ "QueryId": id }).to_string().as_bytes());
    cancel(&page["QueryId"]).unwrap();
    assert!(matches!(
        next(&service, &page["NextToken"]).await,
        Err(ApiError::Conflict(_))
    ));
    // It may be cancelled twice and counts once.
    cancel(&page["QueryId"]).unwrap();
    assert_eq!(service.counters.snapshot().query.cancelled, 1);
}

#[tokio::test]
async fn unknown_and_finished_runs_cannot_be_cancelled() {
    let service = service(15, 300);
    let page = first(&service).await;
    next(&service, &page["NextToken"]).await.unwrap();
    let whole = ask(&service, json!({ "QueryString": "SELECT 1" }))
        .await
        .unwrap();
    for id in [&page["QueryId"], &whole["QueryId"], &"NONE".into()] {
        let answer = service.cancel(json!({ "QueryId": id }).to_string().as_bytes());
        assert!(matches!(answer, Err(ApiError::Validation(_))));
    }
}

#[tokio::test]
async fn writes_do_not_change_a_run_that_has_begun() {
    let store = numbers(20);
    let service = QueryService::new(Arc::clone(&store), Arc::default(), 300);
    let sql = r#"SELECT "n" FROM "db"."t""#;
    let one = ask(&service, json!({ "QueryString": sql })).await.unwrap();
    let common = json!({ "Dimensions": [{ "Name": "host", "Value": "a" }], "TimeUnit": "SECONDS" });
    let value = json!([{ "Name": "n", "Value": "-1", "Type": "BIGINT" }]);
    let record = json!([{ "MeasureName": "metrics", "MeasureValueType": "MULTI", "MeasureValues": value,
        "Time": "1015", "Version": 2 }]);
    crate::timestream::fixture::write_records(&store, &common, &record).unwrap();
    let two = ask(
        &service,
        json!({ "QueryString": sql, "NextToken": one["NextToken"] }),
    )
    .await
    .unwrap();
    assert_eq!(
        values(&two)[..],
        (10..20).collect::<Vec<i64>>()[..values(&two).len()]
    );
}

#[tokio::test]
async fn selects_are_metered_and_metadata_is_not() {
    let service = service(10, 1_000_000);
    let metered = async |sql: &str| {
        let page = ask(&service, json!({ "QueryString": sql })).await.unwrap();
        page["QueryStatus"]["CumulativeBytesMetered"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(metered("SELECT 1").await, 10_000_000);
    assert_eq!(metered(SQL).await, 10_000_000);
    assert_eq!(metered("SHOW DATABASES").await, 0);
    assert_eq!(metered(r#"DESCRIBE "db"."t""#).await, 0);
}

#[tokio::test]
async fn prepare_gives_types_and_origins() {
    let service = service(10, 1_000_000);
    let sql = r#"SELECT "n", "n" + 1 AS "more", max("time") FROM "db"."t" GROUP BY 1"#;
    let request = json!({ "QueryString": sql, "ValidateOnly": true }).to_string();
    let answer = service.prepare(request.as_bytes()).await.unwrap();
    let expected = json!([
        { "Name": "n", "Type": { "ScalarType": "BIGINT" }, "Aliased": false, "DatabaseName": "db", "TableName": "t" },
        { "Name": "more", "Type": { "ScalarType": "BIGINT" }, "Aliased": true },
        { "Name": "_col2", "Type": { "ScalarType": "TIMESTAMP" }, "Aliased": false },
    ]);
    assert_eq!(answer["Columns"], expected);
    assert_eq!(
        (&answer["QueryString"], &answer["Parameters"]),
        (&json!(sql), &json!([]))
    );
    let unsupported = service
        .prepare(json!({ "QueryString": sql }).to_string().as_bytes())
        .await;
    assert!(matches!(unsupported, Err(ApiError::Validation(_))));
}
