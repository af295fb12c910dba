//! The server over HTTP, as a client without an SDK sees it.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Options, Server};

/// Sends one request on a connection of its own; gives the head and the body.
async fn send(server: &Server, request: String) -> (String, Value) {
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), serde_json::from_str(body).unwrap())
}

async fn call(server: &Server, operation: &str, body: Value) -> (String, Value) {
    let body = body.to_string();
    send(
        server,
        format!(
            "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nx-amz-target: Timestream_20181101.{operation}\r\n\
             content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await
}

#[tokio::test]
async fn one_port_answers_both_services() {
    let server = Server::start(Options::default()).await.unwrap();
    let (head, _) = call(
        &server,
        "CreateDatabase",
        json!({ "DatabaseName": "db", "Surplus": 1 }),
    )
    .await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-type: application/x-amz-json-1.0"),
        "{head}"
    );
    let (_, shown) = call(&server, "Query", json!({ "QueryString": "SHOW DATABASES" })).await;
    assert_eq!(
        shown["Rows"],
        json!([{ "Data": [{ "ScalarValue": "db" }] }])
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn endpoint_is_this_server_and_has_a_scheme_if_asked() {
    let address = async |server: &Server| {
        let (_, answer) = call(server, "DescribeEndpoints", json!({})).await;
        answer["Endpoints"][0]["Address"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let plain = Server::start(Options::default()).await.unwrap();
    assert_eq!(format!("http://{}", address(&plain).await), plain.url());
    let options = Options {
        scheme_in_endpoints: true,
        ..Options::default()
    };
    let with_scheme = Server::start(options).await.unwrap();
    assert_eq!(address(&with_scheme).await, with_scheme.url());
}

#[tokio::test]
async fn errors_have_the_shape_of_aws_json() {
    let server = Server::start(Options::default()).await.unwrap();
    let (head, body) = call(
        &server,
        "DescribeDatabase",
        json!({ "DatabaseName": "none" }),
    )
    .await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert!(
        head.contains("x-amzn-errortype: resourcenotfoundexception"),
        "{head}"
    );
    assert_eq!(
        body["__type"],
        "com.amazonaws.timestream.v20181101#ResourceNotFoundException"
    );
    assert_eq!(body["Message"], "the database `none` does not exist");

    let (head, body) = call(&server, "Fly", json!({})).await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert_eq!(
        body["__type"],
        "com.amazonaws.timestream.v20181101#UnknownOperationException"
    );

    let (head, _) = call(&server, "Query", json!({ "QueryString": 1 })).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
}

#[tokio::test]
async fn counters_are_seen_inside_and_outside() {
    let server = Server::start(Options::default()).await.unwrap();
    call(&server, "Query", json!({ "QueryString": "SELECT 1" })).await;
    call(&server, "Query", json!({ "QueryString": "SELEC" })).await;
    call(&server, "CreateDatabase", json!({ "DatabaseName": "d" })).await;
    call(&server, "Query", json!({ "QueryString": "SHOW DATABASES" })).await;
    let counters = server.counters();
    assert_eq!(counters.calls.get("Query"), Some(&3));
    assert_eq!(
        (
            counters.query.statements,
            counters.query.pages,
            counters.query.rows
        ),
        (2, 2, 1)
    );
    assert_eq!(
        counters.query.row_bytes,
        r#"{"Data":[{"ScalarValue":"1"}]}"#.len() as u64
    );
    assert_eq!(counters.query.sql, ["SELECT 1", "SELEC", "SHOW DATABASES"]);
    let get = "GET /counters HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".to_owned();
    let (_, shown) = send(&server, get).await;
    assert_eq!(shown, serde_json::to_value(&counters).unwrap());
    server.reset_counters();
    assert_eq!(server.counters(), super::Counters::default());
}

#[tokio::test]
async fn port_in_use_is_an_error_that_names_it() {
    let server = Server::start(Options::default()).await.unwrap();
    let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Server::start(Options {
        port,
        ..Options::default()
    })
    .await
    .unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

/// A chain of `OR`s over a table's column, as a long list of instants becomes.
fn chain(terms: usize) -> String {
    let mut sql = r#"SELECT count(*) FROM "db"."t" WHERE 1 = 0"#.to_owned();
    for second in 0..terms {
        let (minute, second) = (second / 60, second % 60);
        let (hour, minute) = (minute / 60, minute % 60);
        sql.push_str(&format!(
            " OR time = '2024-01-01 {hour:02}:{minute:02}:{second:02}'"
        ));
    }
    sql
}

/// Presto would have to compile them into one method.
#[tokio::test]
async fn hundreds_of_comparisons_run_and_more_are_refused() {
    let server = Server::start(Options::default()).await.unwrap();
    call(&server, "CreateDatabase", json!({ "DatabaseName": "db" })).await;
    call(
        &server,
        "CreateTable",
        json!({ "DatabaseName": "db", "TableName": "t" }),
    )
    .await;
    let record = json!({ "MeasureName": "m", "MeasureValue": "1", "Time": "1704067201", "TimeUnit": "SECONDS" });
    call(
        &server,
        "WriteRecords",
        json!({ "DatabaseName": "db", "TableName": "t", "Records": [record] }),
    )
    .await;
    let (head, body) = call(&server, "Query", json!({ "QueryString": chain(255) })).await;
    assert!(head.starts_with("http/1.1 200"), "{head} {body}");
    assert_eq!(body["Rows"][0]["Data"][0]["ScalarValue"], "1");
    let (head, body) = call(&server, "Query", json!({ "QueryString": chain(256) })).await;
    assert!(head.starts_with("http/1.1 400"), "{head} {body}");
    assert!(
        body.to_string().contains("more than 256 operators"),
        "{body}"
    );
    // A list is compared once, whatever its length.
    let list: Vec<String> = (0..6_000).map(|number| number.to_string()).collect();
    let list = format!(
        r#"SELECT count(*) FROM "db"."t" WHERE "measure_value::double" IN ({})"#,
        list.join(", ")
    );
    let (head, body) = call(&server, "Query", json!({ "QueryString": list })).await;
    assert!(head.starts_with("http/1.1 200"), "{head} {body}");
    assert_eq!(body["Rows"][0]["Data"][0]["ScalarValue"], "1");
}

/// What can make parser, planner or plan deep: `depth` times.
fn deep_statements(depth: usize) -> Vec<String> {
    let wrapped = |before: &str, inner: &str, after: &str| {
        format!(
            "SELECT {}{inner}{}",
            before.repeat(depth),
            after.repeat(depth)
        )
    };
    let relations: String = (1..depth)
        .map(|n| format!(", (VALUES ({n})) AS t{n}(x{n})"))
        .collect();
    let items: String = (1..depth)
        .map(|n| format!(", a{n} AS (SELECT x FROM a{})", n - 1))
        .collect();
    vec![
        wrapped("(", "1", ")"),
        wrapped("NOT ", "true", ""),
        wrapped("abs(", "1", ")"),
        wrapped("CASE WHEN true THEN ", "1", " END"),
        wrapped("", "1", " IS NULL"),
        wrapped("", "true", " AND true"),
        wrapped("", "x", " + x") + " FROM (VALUES (1)) AS t(x)",
        wrapped("ARRAY[", "1", "]"),
        wrapped("", "ARRAY[1]", "[1]"),
        format!(
            "SELECT CAST(NULL AS {}BIGINT{})",
            "ARRAY<".repeat(depth),
            ">".repeat(depth)
        ),
        format!(
            "{}SELECT 1{}",
            "SELECT * FROM (".repeat(depth),
            ")".repeat(depth)
        ),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(depth)),
        format!("WITH a0 AS (SELECT 1 AS x){items} SELECT x FROM a0"),
        format!("SELECT 1 FROM (VALUES (0)) AS t0(x0){relations}"),
    ]
}

/// The stack of the server's threads is what makes the first part possible.
#[tokio::test]
async fn deep_statements_run_and_deeper_ones_are_refused() {
    let server = Server::start(Options::default()).await.unwrap();
    for sql in deep_statements(60) {
        let (_, body) = call(&server, "Query", json!({ "QueryString": sql })).await;
        // What cannot be computed is no matter here.
        assert!(!body.to_string().contains("too large"), "{sql}: {body}");
    }
    for sql in deep_statements(5_000) {
        let (head, body) = call(&server, "Query", json!({ "QueryString": sql })).await;
        assert!(head.starts_with("http/1.1 400"), "{}: {body}", &sql[..100]);
    }
}

/// A page in a browser may make its own name resolve to this machine.
#[tokio::test]
async fn another_host_is_not_served() {
    let server = Server::start(Options::default()).await.unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    for (host, status) in [
        (address.as_str(), "200"),
        ("localhost", "200"),
        ("[::1]:80", "200"),
        ("evil.example", "403"),
        ("127.0.0.1.evil.example:80", "403"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request =
            format!("GET /counters HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {answer}"
        );
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn body_that_is_too_large_is_the_services_error() {
    let server = Server::start(Options::default()).await.unwrap();
    let body = vec![b' '; 70_000_000];
    let head = format!(
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         x-amz-target: Timestream_20181101.Query\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut answer = vec![0; 4096];
    // It answers before it has read all.
    let (_, read) = tokio::join!(writing.write_all(&body), reading.read(&mut answer));
    let answer = String::from_utf8_lossy(&answer[..read.unwrap()]).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(
        body["__type"]
            .as_str()
            .unwrap()
            .ends_with("ValidationException"),
        "{body}"
    );
    server.stop().await.unwrap();
}
