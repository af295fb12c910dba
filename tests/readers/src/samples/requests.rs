//! Requests of every kind, with constraints of every form.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date64Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use connector::wire::{
    ArrowType, Block, Constraints, Expression, FunctionName, GetDataSourceCapabilitiesRequest,
    GetSplitsRequest, GetTableLayoutRequest, GetTableRequest, Identity, ListSchemasRequest,
    ListTablesRequest, Marker, MarkerBound, OrderByField, OrderDirection, PingRequest, QueryPlan,
    Range, ReadRecordsRequest, Request, SpillLocation, Split, TableName, ValueSet, write_request,
};

use super::data;

/// Constants as Athena sends them: one column `col1`, a row a value.
pub fn block_of(values: ArrayRef) -> Block {
    match RecordBatch::try_new(data::one("col1", values.data_type().clone()), vec![values]) {
        Ok(batch) => Block(batch),
        Err(error) => panic!("a sample is no block: {error}"),
    }
}

/// A request of every kind, as bytes.
pub fn requests() -> Vec<Vec<u8>> {
    let identity = || {
        Some(Identity {
            account: Some("123".into()),
            arn: Some("arn".into()),
            tags: BTreeMap::from([("team".into(), "a".into())]),
            groups: vec!["g".into()],
            ..Identity::default()
        })
    };
    let table_name = || TableName {
        schema_name: "s".into(),
        table_name: "t".into(),
    };
    let (query_id, catalog_name) = (|| Some("q".to_owned()), || "c".to_owned());
    let schema: SchemaRef = data::rows().schema();
    let requests = [
        Request::PingRequest(PingRequest {
            identity: identity(),
            catalog_name: catalog_name(),
            query_id: "q".into(),
        }),
        Request::ListSchemasRequest(ListSchemasRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
        }),
        Request::ListTablesRequest(ListTablesRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
            schema_name: "s".into(),
            next_token: Some("t".into()),
            page_size: 50,
        }),
        Request::GetTableRequest(GetTableRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
            table_name: table_name(),
            query_passthrough_arguments: BTreeMap::from([("QUERY".into(), "SELECT 1".into())]),
        }),
        Request::GetDataSourceCapabilitiesRequest(GetDataSourceCapabilitiesRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
        }),
        Request::GetTableLayoutRequest(GetTableLayoutRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
            table_name: table_name(),
            constraints: Constraints::default(),
            schema: schema.clone(),
            partition_columns: vec!["day".into()],
        }),
        Request::GetSplitsRequest(GetSplitsRequest {
            identity: identity(),
            query_id: query_id(),
            catalog_name: catalog_name(),
            table_name: table_name(),
            partitions: block_of(Arc::new(Int64Array::from(vec![1]))),
            partition_columns: Vec::new(),
            constraints: Constraints::default(),
            continuation_token: Some("1".into()),
        }),
        Request::ReadRecordsRequest(ReadRecordsRequest {
            identity: identity(),
            query_id: "q".into(),
            catalog_name: catalog_name(),
            table_name: table_name(),
            schema,
            split: Split {
                spill_location: Some(SpillLocation::S3SpillLocation {
                    bucket: "b".into(),
                    key: "k".into(),
                    directory: true,
                }),
                encryption_key: Some(data::key()),
                properties: BTreeMap::from([
                    ("athena-timestream.dialect".into(), "0".repeat(64)),
                    ("athena-timestream.now".into(), "1".into()),
                ]),
            },
            constraints: constraints(),
            max_block_size: 16_000_000,
            max_inline_block_size: 5_242_880,
        }),
    ];
    let written = requests.iter().map(|request| match write_request(request) {
        Ok(bytes) => bytes,
        Err(error) => panic!("{} cannot be written: {error}", request.name()),
    });
    written.collect()
}

/// A value set of each form, expressions, order, limit and plan.
pub fn constraints() -> Constraints {
    let millis = |millis| block_of(Arc::new(Date64Array::from(vec![millis])));
    let texts = |texts: Vec<&str>| block_of(Arc::new(StringArray::from(texts)));
    let marker = |value_block, bound, null_value| Marker {
        value_block,
        bound,
        null_value,
    };
    let none = || Block(RecordBatch::new_empty(data::one("col1", DataType::Date64)));
    let ranges = vec![
        Range {
            low: marker(none(), MarkerBound::Above, true),
            high: marker(millis(-5), MarkerBound::Below, false),
        },
        Range {
            low: marker(millis(7), MarkerBound::Exactly, false),
            high: marker(millis(7), MarkerBound::Exactly, false),
        },
    ];
    let doubles = block_of(Arc::new(Float64Array::from(vec![Some(1.5), None])));
    let summary = [
        (
            "at",
            ValueSet::SortedRangeSet {
                r#type: ArrowType::from(&DataType::Date64),
                ranges,
                null_allowed: false,
            },
        ),
        (
            "text",
            ValueSet::EquatableValueSet {
                value_block: texts(vec!["a", "o'b"]),
                white_list: false,
                null_allowed: true,
            },
        ),
        (
            "d",
            ValueSet::EquatableValueSet {
                value_block: doubles,
                white_list: true,
                null_allowed: false,
            },
        ),
        (
            "n",
            ValueSet::AllOrNoneValueSet {
                r#type: ArrowType::from(&DataType::Int64),
                all: true,
                null_allowed: false,
            },
        ),
    ];
    Constraints {
        summary: summary.map(|(name, set)| (name.to_owned(), set)).into(),
        expression: vec![call(
            "$and",
            vec![
                call("$less_than", vec![variable("at"), constant(millis(9))]),
                call(
                    "$like_pattern",
                    vec![variable("text"), constant(texts(vec!["a%_"]))],
                ),
                call("$not", vec![call("$is_null", vec![variable("list")])]),
                call(
                    "$in",
                    vec![
                        variable("text"),
                        call("$array", vec![constant(texts(vec!["x", "y"]))]),
                    ],
                ),
                call("$is_distinct_from", vec![variable("d"), nothing()]),
            ],
        )],
        order_by_clause: vec![OrderByField {
            column_name: "time".into(),
            direction: OrderDirection::DescNullsLast,
        }],
        limit: 10,
        query_passthrough_arguments: BTreeMap::new(),
        query_plan: Some(Some(QueryPlan {
            substrait_version: Some("1".into()),
            substrait_plan: "AA==".into(),
        })),
    }
}

fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    Expression::FunctionCallExpression {
        r#type: ArrowType::Bool,
        function_name: FunctionName {
            function_name: name.into(),
        },
        arguments,
    }
}

fn variable(name: &str) -> Expression {
    Expression::VariableExpression {
        column_name: name.into(),
        r#type: ArrowType::Utf8,
    }
}

fn constant(block: Block) -> Expression {
    Expression::ConstantExpression {
        value_block: Some(block),
        r#type: ArrowType::Utf8,
    }
}

fn nothing() -> Expression {
    Expression::ConstantExpression {
        value_block: None,
        r#type: ArrowType::Null,
    }
}
