//! Tables and views that Glue defines: against moto's Glue and the stand-in's Timestream, and against scripts where
//! moto does not do what Glue does (pages, failures, catalogs of other accounts).

#![expect(clippy::unwrap_used, reason = "a test")]

mod scripts;
mod views;

use std::collections::HashMap;
use std::ops::Deref;

use arrow::datatypes::SchemaRef;
use aws_sdk_glue::types::{Column, DatabaseInput, StorageDescriptor, TableInput};
use aws_sdk_timestreamwrite::types::{Dimension, MeasureValue, MeasureValueType, Record, TimeUnit};
use connector::wire::{
    ArrowType, Constraints, Expression, FunctionName, ListTablesRequest, OrderByField,
    OrderDirection, Request, Response,
};
use connector::{Connector, Settings};
use local::s3::S3;
use local::timestream::{Options, Server};
use tests::athena::{ask, get_table, rows, select, table_name};
use tests::processes::Moto;
use tests::{plugin, sdk_config_with_glue};

pub(crate) const FLAG: &str = "timestream-metadata-flag";

/// Athena's sizes, as the SDK's validator sends them.
const USUAL: (u64, u64) = (16_000_000, 5_242_880);

/// Settings with a bucket and the others named.
pub(crate) fn settings(others: &[(&str, &str)]) -> Settings {
    let others: HashMap<&str, &str> = others.iter().copied().collect();
    Settings::from_lookup(|name| match name {
        "spill_bucket" => Some("spill".to_owned()),
        "slices_per_query" => Some("1".to_owned()),
        name => others.get(name).map(|value| (*value).to_owned()),
    })
    .unwrap()
}

/// A Glue table as a user makes it.
#[derive(Default)]
pub(crate) struct GlueTable<'a> {
    pub(crate) name: &'a str,
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    pub(crate) columns: &'a [(&'a str, &'a str)],
    pub(crate) partition_keys: &'a [(&'a str, &'a str)],
    pub(crate) original_text: Option<&'a str>,
}

/// Glue, Timestream and S3, and a connector in front of them.
struct World {
    _moto: Moto,
    _timestream: Server,
    s3: S3,
    connector: Connector,
    tables: Tables,
}

/// Tables on both sides.
pub(crate) struct Tables {
    pub(crate) glue: aws_sdk_glue::Client,
    pub(crate) write: aws_sdk_timestreamwrite::Client,
}

impl Deref for World {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl World {
    async fn start() -> Self {
        let moto = Moto::start().unwrap();
        let timestream = Server::start(Options::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config_with_glue(&timestream.url(), &s3.url(), &moto.url);
        Self {
            connector: Connector::with_plugin(
                settings(&[]),
                &config,
                plugin("timestream").unwrap(),
            ),
            tables: Tables {
                glue: aws_sdk_glue::Client::new(&config),
                write: aws_sdk_timestreamwrite::Client::new(&config),
            },
            _moto: moto,
            _timestream: timestream,
            s3,
        }
    }

    async fn schema(&self, database: &str, table: &str) -> connector::Result<SchemaRef> {
        get_table(&self.connector, &table_name(database, table)).await
    }

    /// What a person reads when GetTable fails.
    async fn failure(&self, database: &str, table: &str) -> String {
        self.schema(database, table).await.unwrap_err().to_string()
    }

    async fn rows(&self, database: &str, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
        let s3 = aws_sdk_s3::Client::new(&sdk_config_with_glue("", &self.s3.url(), ""));
        let name = table_name(database, table);
        let constraints = Constraints::default();
        let read = select(
            &self.connector,
            Some(&s3),
            &name,
            columns,
            &constraints,
            USUAL,
        )
        .await;
        let mut rows = rows(&read.unwrap().0).unwrap();
        rows.sort();
        rows
    }

    async fn tables(&self, database: &str) -> Vec<String> {
        list_tables(&self.connector, database).await.unwrap()
    }
}

impl Tables {
    /// A database in Glue, and in Timestream under its own spelling.
    pub(crate) async fn database(&self, name: &str) {
        let input = DatabaseInput::builder()
            .name(name.to_lowercase())
            .build()
            .unwrap();
        self.glue
            .create_database()
            .database_input(input)
            .send()
            .await
            .unwrap();
        self.write
            .create_database()
            .database_name(name)
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn glue_table(&self, database: &str, table: GlueTable<'_>) {
        let column = |(name, r#type): &(&str, &str)| {
            let column = Column::builder().name(*name).r#type(*r#type);
            column.comment(format!("about {name}")).build().unwrap()
        };
        let stored = StorageDescriptor::builder()
            .location("s3://fake-path/")
            .set_columns(Some(table.columns.iter().map(column).collect()));
        let input = TableInput::builder()
            .name(table.name)
            .storage_descriptor(stored.build())
            .set_partition_keys(Some(table.partition_keys.iter().map(column).collect()))
            .set_parameters(Some(owned(table.parameters)))
            .set_view_original_text(table.original_text.map(str::to_owned));
        let create = self.glue.create_table().database_name(database);
        create
            .table_input(input.build().unwrap())
            .send()
            .await
            .unwrap();
    }

    /// A table of Timestream's with records of one measure: dimensions, measure, value as double, nanoseconds.
    async fn timestream_table(&self, database: &str, table: &str, records: &[SingleMeasure<'_>]) {
        let create = self.write.create_table().database_name(database);
        create.table_name(table).send().await.unwrap();
        let records = records.iter().map(|(dimensions, measure, value, nanos)| {
            Record::builder()
                .set_dimensions(Some(dimensions.iter().map(dimension).collect()))
                .measure_name(*measure)
                .measure_value(*value)
                .measure_value_type(MeasureValueType::Double)
                .time(*nanos)
                .time_unit(TimeUnit::Nanoseconds)
                .build()
        });
        self.write_records(database, table, records.collect()).await;
    }

    async fn write_records(&self, database: &str, table: &str, records: Vec<Record>) {
        let write = self
            .write
            .write_records()
            .database_name(database)
            .table_name(table);
        write.set_records(Some(records)).send().await.unwrap();
    }
}

type SingleMeasure<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

fn dimension((name, value): &(&str, &str)) -> Dimension {
    Dimension::builder()
        .name(*name)
        .value(*value)
        .build()
        .unwrap()
}

fn owned(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

async fn list_tables(connector: &Connector, database: &str) -> connector::Result<Vec<String>> {
    let request = ListTablesRequest {
        identity: None,
        query_id: None,
        catalog_name: "c".into(),
        schema_name: database.into(),
        next_token: None,
        page_size: -1,
    };
    match ask(connector, Request::ListTablesRequest(request)).await? {
        Response::ListTablesResponse(listed) => Ok(listed
            .tables
            .into_iter()
            .map(|table| table.table_name)
            .collect()),
        _ => panic!("not a listing"),
    }
}

fn names(schema: &SchemaRef) -> Vec<String> {
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn types(schema: &SchemaRef) -> Vec<String> {
    schema
        .fields()
        .iter()
        .map(|field| field.data_type().to_string())
        .collect()
}

/// `Fleet`.`Readings` with a column `deviceId`, and a Glue table beside it.
async fn fleet() -> World {
    let world = World::start().await;
    world.database("Fleet").await;
    let dimensions: &[(&str, &str)] = &[("deviceId", "d-1")];
    let records = [
        (dimensions, "speed", "1.5", "1577836800000000000"),
        (dimensions, "speed", "2.5", "1577836801123456789"),
    ];
    world.timestream_table("Fleet", "Readings", &records).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flagged_table_has_glues_columns_and_timestreams_names() {
    let world = fleet().await;
    let table = GlueTable {
        name: "readings",
        parameters: &[
            (FLAG, ""),
            ("columnMapping", "speed=measure_value::double"),
            ("timestream_nanos_columns", "true"),
        ],
        columns: &[("speed", "float"), ("time", "timestamp(9)")],
        // The Java connector announces these as partitions, of which there are none, and reads no row (W-9).
        partition_keys: &[("deviceid", "varchar(64)")],
        ..GlueTable::default()
    };
    world.glue_table("fleet", table).await;
    let schema = world.schema("fleet", "readings").await.unwrap();
    assert_eq!(
        names(&schema),
        ["measure_value::double", "time", "deviceid", "time_nanos"]
    );
    assert_eq!(types(&schema), ["Float64", "Date64", "Utf8", "Int64"]);
    assert_eq!(schema.metadata()["deviceid"], "about deviceid");
    assert_eq!(schema.metadata()["measure_value::double"], "about speed");
    // The lower-case names are Timestream's own by then: the Java connector fails here (W-27).
    let columns = ["deviceid", "measure_value::double", "time_nanos"];
    assert_eq!(
        world.rows("fleet", "readings", &columns).await,
        [
            ["d-1", "1.5", "1577836800000000000"],
            ["d-1", "2.5", "1577836801123456789"]
        ]
    );
    // Glue's definition of a table is not a second table.
    assert_eq!(world.tables("fleet").await, ["Readings"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn timestream_is_asked_only_where_glue_has_nothing() {
    let world = fleet().await;
    let usual = ["deviceid", "measure_name", "time", "measure_value::double"];
    let listed = |schema: &SchemaRef| {
        let mut names = names(schema);
        names.sort();
        names
    };
    let mut usual = usual.map(str::to_owned);
    usual.sort();
    // No such Glue table.
    assert_eq!(
        listed(&world.schema("fleet", "readings").await.unwrap()),
        usual
    );

    // One without the flag, whatever else it says.
    let records = [(
        &[("deviceId", "d-1")][..],
        "speed",
        "1",
        "1577836800000000000",
    )];
    world.timestream_table("Fleet", "Unflagged", &records).await;
    let unflagged = GlueTable {
        name: "unflagged",
        parameters: &[("_view_template", "SELECT 1 AS one")],
        columns: &[("one", "decimal(1,0)")],
        ..GlueTable::default()
    };
    world.glue_table("fleet", unflagged).await;
    assert_eq!(
        listed(&world.schema("fleet", "unflagged").await.unwrap()),
        usual
    );

    // No such Glue database.
    world
        .write
        .create_database()
        .database_name("bare")
        .send()
        .await
        .unwrap();
    world.timestream_table("bare", "t", &records).await;
    assert_eq!(listed(&world.schema("bare", "t").await.unwrap()), usual);
    assert_eq!(world.tables("bare").await, ["t"]);

    // The flag, but no columns: Timestream's, with the table's options.
    let only_options = GlueTable {
        name: "optioned",
        parameters: &[
            (FLAG, "x"),
            ("sourceTable", "Readings"),
            ("timestream_plain_names", "true"),
        ],
        ..GlueTable::default()
    };
    world.glue_table("fleet", only_options).await;
    let schema = world.schema("fleet", "optioned").await.unwrap();
    assert_eq!(schema.fields().len(), usual.len() + 1);
    assert!(names(&schema).contains(&"measure_value_double".to_owned()));

    // Another name in Timestream.
    let renamed = GlueTable {
        name: "renamed",
        parameters: &[(FLAG, "x"), ("sourceTable", "Readings")],
        columns: &[("deviceid", "string")],
        ..GlueTable::default()
    };
    world.glue_table("fleet", renamed).await;
    let rows = world.rows("fleet", "renamed", &["deviceid"]).await;
    assert_eq!(rows, [["d-1"], ["d-1"]]);
    assert_eq!(
        world.tables("fleet").await,
        ["Readings", "Unflagged", "optioned", "renamed"]
    );
}

/// Here the Java connector logs a warning and shows the table of the same name (W-10), or fails at the first row (W-31).
#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_cannot_be_used_is_told_and_hides_the_table() {
    let world = fleet().await;
    let records = [(
        &[("deviceId", "d-1")][..],
        "speed",
        "1",
        "1577836800000000000",
    )];
    for (name, column, why) in [
        (
            "a",
            ("deviceid", "map<string,string>"),
            "column `deviceid` has type `map<string,string>`: Timestream has no maps",
        ),
        ("b", ("deviceid", "decimal(9,2)"), "no decimals"),
        ("c", ("deviceid", "timestamptz"), "no zone"),
        ("d", ("deviceid", "array<int"), "brackets"),
        ("e", ("speed", "double"), "Timestream has no column `speed`"),
        (
            "f",
            ("deviceid", "bigint"),
            "has type `bigint` in Glue and `varchar` in Timestream",
        ),
    ] {
        world.timestream_table("Fleet", name, &records).await;
        let table = GlueTable {
            name,
            parameters: &[(FLAG, "x")],
            columns: &[column],
            ..GlueTable::default()
        };
        world.glue_table("fleet", table).await;
        let failure = world.failure("fleet", name).await;
        let start = format!("cannot use Glue table `fleet`.`{name}`: ");
        assert!(
            failure.starts_with(&start) && failure.contains(why),
            "{failure}"
        );
    }
    // The Java connector shows such a table, and fails when it is read.
    let missing = GlueTable {
        name: "missing",
        parameters: &[(FLAG, "x")],
        columns: &[("a", "int")],
        ..GlueTable::default()
    };
    world.glue_table("fleet", missing).await;
    let failure = world.failure("fleet", "missing").await;
    assert!(failure.contains("cannot find table `missing`"), "{failure}");
}

/// Two bigints that are one apart are one double: Timestream would compare the bigints.
#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_that_glue_shows_as_doubles_are_compared_as_doubles() {
    let world = World::start().await;
    world.database("d").await;
    let create = world.tables.write.create_table().database_name("d");
    create.table_name("t").send().await.unwrap();
    let whole = |name: &str, value: &str| {
        let value = MeasureValue::builder().name(name).value(value);
        value.r#type(MeasureValueType::Bigint).build().unwrap()
    };
    let record = |host: &str, a: &str| {
        let record = Record::builder()
            .dimensions(dimension(&("host", host)))
            .measure_name("m")
            .measure_value_type(MeasureValueType::Multi)
            .measure_values(whole("a", a))
            .measure_values(whole("b", "9007199254740992"));
        record.time("1577836800000").build()
    };
    let records = vec![
        record("first", "9007199254740993"),
        record("second", "9007199254740992"),
        record("third", "9007199254740994"),
    ];
    world.write_records("d", "t", records).await;
    let table = GlueTable {
        name: "t",
        parameters: &[(FLAG, "")],
        columns: &[("host", "string"), ("a", "double"), ("b", "double")],
        ..GlueTable::default()
    };
    world.glue_table("d", table).await;

    let (name, mut asked) = (table_name("d", "t"), equal_doubles("a", "b"));
    let read = select(&world.connector, None, &name, &["host", "a"], &asked, USUAL);
    let mut equal = rows(&read.await.unwrap().0).unwrap();
    equal.sort();
    let double = "9007199254740992.0";
    assert_eq!(equal, [["first", double], ["second", double]]);

    asked.expression.clear();
    asked.order_by_clause = vec![by("a"), by("host")];
    asked.limit = 1;
    let read = select(&world.connector, None, &name, &["host"], &asked, USUAL);
    let (batches, _) = read.await.unwrap();
    assert_eq!(rows(&batches).unwrap(), [["first"]]);
}

/// A column as a key of the order.
fn by(column: &str) -> OrderByField {
    OrderByField {
        column_name: column.into(),
        direction: OrderDirection::AscNullsLast,
    }
}

/// `left = right`, both shown as doubles.
fn equal_doubles(left: &str, right: &str) -> Constraints {
    let column = |name: &str| Expression::VariableExpression {
        column_name: name.into(),
        r#type: ArrowType::from(&arrow::datatypes::DataType::Float64),
    };
    Constraints {
        expression: vec![Expression::FunctionCallExpression {
            r#type: ArrowType::Bool,
            function_name: FunctionName {
                function_name: "$equal".into(),
            },
            arguments: vec![column(left), column(right)],
        }],
        ..Constraints::default()
    }
}
