//! The partition key reaches the dialect.

#![expect(clippy::unwrap_used, reason = "a test")]

use aws_sdk_timestreamwrite::Client;
use aws_sdk_timestreamwrite::types::{
    Dimension, PartitionKey, PartitionKeyEnforcementLevel, PartitionKeyType, Record, Schema,
};
use connector::Connector;
use connector::catalog::Carried;
use local::timestream::{Options, Server};
use tests::athena::{get_table, table_name};
use tests::{plugin, sdk_config, settings};

async fn write(client: &Client, table: &str, schema: Option<Schema>) {
    let create = client.create_table().database_name("d").table_name(table);
    create.set_schema(schema).send().await.unwrap();
    let dimension = |name: &str| Dimension::builder().name(name).value("x").build().unwrap();
    let record = Record::builder()
        .dimensions(dimension("host"))
        .dimensions(dimension("region"))
        .measure_name("m")
        .measure_value("1.5")
        .time("1700000000000")
        .build();
    client
        .write_records()
        .database_name("d")
        .table_name(table)
        .records(record)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_table_s_own_key_or_else_the_measure_name_is_marked() {
    let timestream = Server::start(Options::default()).await.unwrap();
    let config = sdk_config(&timestream.url(), "http://127.0.0.1:1");
    let client = Client::new(&config);
    client
        .create_database()
        .database_name("d")
        .send()
        .await
        .unwrap();
    let key = PartitionKey::builder()
        .r#type(PartitionKeyType::Dimension)
        .name("host")
        .enforcement_in_record(PartitionKeyEnforcementLevel::Required)
        .build()
        .unwrap();
    write(
        &client,
        "own",
        Some(Schema::builder().composite_partition_key(key).build()),
    )
    .await;
    write(&client, "usual", None).await;

    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    for (table, expected) in [("own", ["host"]), ("usual", ["measure_name"])] {
        let schema = get_table(&connector, &table_name("d", table))
            .await
            .unwrap();
        let table = Carried::table(schema.metadata()).unwrap().unwrap();
        let keys: Vec<String> = table
            .columns
            .into_iter()
            .filter(|column| column.partition_key)
            .map(|column| column.name)
            .collect();
        assert_eq!(keys, expected);
    }
}
