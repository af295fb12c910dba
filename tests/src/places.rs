//! Where Timestream is: endpoints, region, role, and the cell that must be discovered.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use connector::catalog::{Listings, Names, Owner};
use connector::timestream::{Clients, Decoder, Pages, Place, prepared_columns, schema_of};
use connector::{Connector, Settings};
use tests::athena::{get_table, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config};

fn databases(call: &Call) -> Reply {
    match call.operation.as_str() {
        "ListDatabases" => Reply::Json(r#"{"Databases":[{"DatabaseName":"d"}]}"#.into()),
        "DescribeEndpoints" => {
            Reply::Json(r#"{"Endpoints":[{"Address":"cell1.example","CachePeriodInMinutes":10}]}"#.into())
        }
        // AssumeRole is no JSON.
        "POST" => Reply::Json(
            r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
               <AssumedRoleUser><AssumedRoleId>id:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
               <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
               <SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
               </AssumeRoleResult></AssumeRoleResponse>"#
                .into(),
        ),
        other => Reply::Error(400, "ValidationException", other.into()),
    }
}

async fn list(clients: &Clients) {
    let (listings, owner) = (Listings::default(), Owner::of(None));
    let names = Names::new(clients, &listings, owner);
    assert_eq!(*names.databases().await.unwrap(), ["d"]);
}

#[tokio::test]
async fn an_endpoint_by_setting_goes_before_the_environment_s_and_nothing_is_discovered() {
    let (environment, setting) = (
        Scripted::start(databases).await.unwrap(),
        Scripted::start(databases).await.unwrap(),
    );
    let place = Place {
        write_endpoint: Some(setting.url().into()),
        ..Place::default()
    };
    list(&Clients::new(&sdk_config(environment.url(), ""), place)).await;
    let operations: Vec<String> = setting
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .collect();
    assert_eq!(operations, ["ListDatabases"]);
    assert!(environment.calls().is_empty());
}

#[tokio::test]
async fn region_and_role_by_setting_sign_the_calls() {
    let timestream = Scripted::start(databases).await.unwrap();
    let place = Place {
        region: Some("eu-west-1".into()),
        role_arn: Some("arn:aws:iam::123456789012:role/reader".into()),
        role_external_id: Some("shared & known".into()),
        ..Place::default()
    };
    list(&Clients::new(&sdk_config(timestream.url(), ""), place)).await;
    let calls = timestream.calls();
    let listing = calls
        .iter()
        .find(|call| call.operation == "ListDatabases")
        .unwrap();
    assert!(
        listing.authorization.contains("Credential=ASIAROLE/"),
        "{}",
        listing.authorization
    );
    assert!(
        listing.authorization.contains("/eu-west-1/timestream/"),
        "{}",
        listing.authorization
    );

    let assumed = calls.iter().find(|call| call.operation == "POST").unwrap();
    let body = assumed.body.as_str().unwrap();
    assert!(body.contains("ExternalId=shared%20%26%20known"), "{body}");

    list(&Clients::new(
        &sdk_config(timestream.url(), ""),
        Place::default(),
    ))
    .await;
    let plain = timestream.calls().pop().unwrap();
    assert!(
        plain.authorization.contains("Credential=local/"),
        "{}",
        plain.authorization
    );
    assert!(
        plain.authorization.contains("/us-east-1/timestream/"),
        "{}",
        plain.authorization
    );
}

/// Sends every request to one server over plain HTTP, and keeps the host that was meant.
#[derive(Clone, Debug)]
struct Redirect {
    to: String,
    hosts: Arc<Mutex<Vec<String>>>,
    client: SharedHttpClient,
}

#[derive(Debug)]
struct RedirectConnector(Redirect, SharedHttpConnector);

impl HttpClient for Redirect {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.client.http_connector(settings, components);
        SharedHttpConnector::new(RedirectConnector(self.clone(), inner))
    }
}

impl HttpConnector for RedirectConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        self.0.hosts.lock().unwrap().push(request.uri().to_owned());
        request.set_uri(format!("{}/", self.0.to)).unwrap();
        self.1.call(request)
    }
}

/// A configuration as on Lambda, without endpoints; and the hosts that are meant.
fn discovering(timestream: &Scripted) -> (SdkConfig, Arc<Mutex<Vec<String>>>) {
    let with_endpoints = sdk_config(timestream.url(), "");
    let redirect = Redirect {
        to: timestream.url().into(),
        hosts: Arc::default(),
        client: with_endpoints.http_client().unwrap(),
    };
    let hosts = redirect.hosts.clone();
    let config = SdkConfig::builder()
        .behavior_version(with_endpoints.behavior_version().unwrap())
        .region(with_endpoints.region().cloned())
        .credentials_provider(with_endpoints.credentials_provider().unwrap())
        .http_client(redirect)
        .sleep_impl(with_endpoints.sleep_impl().unwrap())
        .build();
    (config, hosts)
}

const REGION: &str = "https://ingest.timestream.us-east-1.amazonaws.com/";
const QUERY_REGION: &str = "https://query.timestream.us-east-1.amazonaws.com/";
const CELL: &str = "https://cell1.example/";

#[tokio::test]
async fn without_an_endpoint_the_cell_is_discovered_once_and_used() {
    let timestream = Scripted::start(databases).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let clients = Clients::new(&config, Place::default());
    list(&clients).await;
    list(&clients).await;
    assert_eq!(*hosts.lock().unwrap(), [REGION, CELL, CELL]);
}

#[tokio::test]
async fn a_listing_whose_cell_has_moved_is_asked_at_the_new_one() {
    let has_moved = AtomicBool::new(true);
    let script = move |call: &Call| match call.operation.as_str() {
        "ListDatabases" if has_moved.swap(false, Ordering::Relaxed) => {
            Reply::Error(421, "InvalidEndpointException", "elsewhere".into())
        }
        _ => databases(call),
    };
    let timestream = Scripted::start(script).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let clients = Clients::new(&config, Place::default());
    list(&clients).await;
    list(&clients).await;
    assert_eq!(*hosts.lock().unwrap(), [REGION, CELL, REGION, CELL, CELL]);
}

#[tokio::test]
async fn a_cell_that_moves_on_and_on_is_told() {
    let script = |call: &Call| match call.operation.as_str() {
        "ListDatabases" => Reply::Error(421, "InvalidEndpointException", "elsewhere".into()),
        _ => databases(call),
    };
    let timestream = Scripted::start(script).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let clients = Clients::new(&config, Place::default());
    let (listings, owner) = (Listings::default(), Owner::of(None));
    let names = Names::new(&clients, &listings, owner);
    let error = names.databases().await.unwrap_err();
    assert!(error.message().contains("run the query again"), "{error}");
    assert_eq!(*hosts.lock().unwrap(), [REGION, CELL, REGION, CELL]);
}

/// A statement that is prepared, and a run that is ended.
#[tokio::test]
async fn every_call_about_a_statement_finds_the_new_cell() {
    let moves = AtomicUsize::new(0);
    let script = move |call: &Call| match call.operation.as_str() {
        "PrepareQuery" | "CancelQuery"
            if moves.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) =>
        {
            Reply::Error(421, "InvalidEndpointException", "elsewhere".into())
        }
        "PrepareQuery" => Reply::Json(r#"{"QueryString":"","Columns":[],"Parameters":[]}"#.into()),
        "CancelQuery" => Reply::Json("{}".into()),
        "Query" => Reply::page(&[("n", "BIGINT")], &[&[Some("1")]], Some("2")),
        _ => databases(call),
    };
    let timestream = Scripted::start(script).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let clients = Clients::new(&config, Place::default());
    let prepared = prepared_columns(&clients, "SELECT 1", "read the view");
    assert!(prepared.await.unwrap().unwrap().is_empty());
    let mut pages = Pages::start(&clients, "SELECT 1".into(), "timestream:Select", None);
    let mut decoder = Decoder::new(schema_of([]));
    pages.next(&mut decoder).await.unwrap();
    pages.cancel().await;
    let calls = timestream.calls();
    let asked = |operation: &str| {
        calls
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    };
    assert_eq!((asked("PrepareQuery"), asked("CancelQuery")), (2, 2));
    let hosts = hosts.lock().unwrap();
    let discovered = hosts.iter().filter(|host| *host == QUERY_REGION);
    assert_eq!(discovered.count(), 3, "{hosts:?}");
}

/// A cell that has moved has not looked at the call: it is made once more, at the new address.
#[tokio::test]
async fn a_query_whose_cell_has_moved_is_asked_at_the_new_one() {
    let moves = AtomicUsize::new(0);
    let script = move |call: &Call| match (call.operation.as_str(), call.token()) {
        // The first page, and the third.
        ("Query", token)
            if token != Some("2") && moves.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) =>
        {
            Reply::Error(421, "InvalidEndpointException", "elsewhere".into())
        }
        ("Query", None) => Reply::page(&[("n", "BIGINT")], &[&[Some("1")]], Some("2")),
        ("Query", Some("2")) => Reply::page(&[("n", "BIGINT")], &[&[Some("2")]], Some("3")),
        ("Query", _) => Reply::page(&[("n", "BIGINT")], &[&[Some("3")]], None),
        _ => databases(call),
    };
    let timestream = Scripted::start(script).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let clients = Clients::new(&config, Place::default());
    let mut pages = Pages::start(&clients, "SELECT 1".into(), "timestream:Select", None);
    let mut decoder = Decoder::new(schema_of([]));
    for _ in 0..3 {
        assert!(pages.next(&mut decoder).await.unwrap().is_some());
    }
    assert!(pages.next(&mut decoder).await.unwrap().is_none());
    let regional = QUERY_REGION;
    assert_eq!(
        *hosts.lock().unwrap(),
        [regional, CELL, regional, CELL, CELL, CELL, regional, CELL]
    );
}

#[tokio::test]
async fn a_table_whose_cell_has_moved_is_described_at_the_new_one() {
    let has_moved = AtomicBool::new(true);
    let script = move |call: &Call| match call.operation.as_str() {
        "Query" if has_moved.swap(false, Ordering::Relaxed) => {
            Reply::Error(421, "InvalidEndpointException", "elsewhere".into())
        }
        "Query" => Reply::description(&[("n", "bigint", "MULTI")]),
        _ => databases(call),
    };
    let timestream = Scripted::start(script).await.unwrap();
    let (config, hosts) = discovering(&timestream);
    let settings = Settings::from_lookup(|name| (name == "disable_glue").then(|| "true".into()));
    let plugin = plugin("timestream").unwrap();
    let connector = Connector::with_plugin(settings.unwrap(), &config, plugin);
    let schema = get_table(&connector, &table_name("d", "t")).await.unwrap();
    assert_eq!(schema.fields().len(), 1);
    let described: Vec<String> = (timestream.calls().into_iter())
        .filter(|call| call.operation == "Query")
        .map(|call| call.sql().to_owned())
        .collect();
    assert_eq!(described, [r#"DESCRIBE "d"."t""#; 2]);
    let queries = hosts.lock().unwrap();
    let discovered = queries.iter().filter(|host| *host == QUERY_REGION);
    assert_eq!(discovered.count(), 2, "{queries:?}");
}

/// As in a network with an endpoint for queries alone: calls of the Write API are never answered.
#[tokio::test]
async fn a_write_api_that_is_out_of_reach_is_tried_once_and_tables_are_described_all_the_same() {
    let timestream = Scripted::start(|_| Reply::description(&[("n", "bigint", "MULTI")]))
        .await
        .unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let accepted = connections.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((connection, _)) = silent.accept().await {
            accepted.fetch_add(1, Ordering::Relaxed);
            open.push(connection);
        }
    });
    let settings = Settings::from_lookup(|name| match name {
        "disable_glue" => Some("true".to_owned()),
        "timestream_write_endpoint" => Some(endpoint.clone()),
        _ => None,
    });
    let connector = Connector::with_plugin(
        settings.unwrap(),
        &sdk_config(timestream.url(), ""),
        plugin("timestream").unwrap(),
    );
    for table in ["a", "b", "c"] {
        let schema = get_table(&connector, &table_name("d", table))
            .await
            .unwrap();
        assert_eq!(schema.fields().len(), 1);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn settings_come_from_a_glue_connection_where_the_environment_has_none() {
    let glue = Scripted::start(|call| match (call.operation.as_str(), call.body["Name"].as_str()) {
        ("GetConnection", Some("known")) => Reply::Json(
            r#"{"Connection":{"Name":"known","ConnectionProperties":{"spill_prefix":"own"},
                "AthenaProperties":{"spill_bucket":"connection-s","spill_kms_key_id":"key","spill_prefix":"athena-s"}}}"#
                .into(),
        ),
        _ => Reply::Error(400, "EntityNotFoundException", "no such connection".into()),
    })
    .await
    .unwrap();
    let config = tests::sdk_config_with_glue("http://127.0.0.1:1", "", glue.url());
    let environment = |connection: &'static str| {
        move |name: &str| match name {
            "glue_connection" => Some(connection.to_owned()),
            "spill_bucket" => Some("environment-s".to_owned()),
            _ => None,
        }
    };
    let settings = Settings::load(environment("known"), &config).await.unwrap();
    assert_eq!(settings.spill_bucket.as_deref(), Some("environment-s"));
    assert_eq!(settings.spill_prefix, "athena-s");
    assert_eq!(settings.kms_key_id.as_deref(), Some("key"));

    let error = Settings::load(environment("unknown"), &config)
        .await
        .unwrap_err();
    assert!(
        error.message().contains("`unknown`") && error.message().contains("`glue_connection`"),
        "{error}"
    );
}
