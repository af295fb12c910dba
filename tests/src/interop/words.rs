//! Requests as we understand them, in the words in which the Java side states what it put in.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, TimeUnit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector::query::{self, Bound, Expression, Field, Literal, Mapping, SortKey, Term, ValueSet};
use connector::wire::{Constraints, Identity, Request, SpillLocation, Split, TableName};
use serde_json::{Map, Value, json};

use super::cells::double;

/// The columns of the request's schema, as if a dialect had mapped them; none if it has no schema.
pub(super) fn mapping(request: &Request) -> Mapping {
    let schema = match request {
        Request::GetTableLayoutRequest(request) => request.schema.clone(),
        Request::ReadRecordsRequest(request) => request.schema.clone(),
        _ => Schema::empty().into(),
    };
    let field = |field: &arrow::datatypes::FieldRef| Field {
        name: field.name().clone(),
        data_type: field.data_type().clone(),
        column: None,
        comment: None,
    };
    Mapping {
        fields: schema.fields().iter().map(field).collect(),
    }
}

/// All that a request says.
pub(super) fn words(request: &Request, table: &Mapping) -> Value {
    let mut said = json!({"queryId": request.query_id()});
    let mut say = |members: Value| {
        if let (Value::Object(said), Value::Object(members)) = (&mut said, members) {
            said.extend(members);
        }
    };
    match request {
        Request::PingRequest(request) => say(head(&request.identity, &request.catalog_name)),
        Request::ListSchemasRequest(request) => say(head(&request.identity, &request.catalog_name)),
        Request::GetDataSourceCapabilitiesRequest(request) => {
            say(head(&request.identity, &request.catalog_name))
        }
        Request::ListTablesRequest(request) => {
            say(head(&request.identity, &request.catalog_name));
            say(json!({
                "schemaName": request.schema_name, "nextToken": request.next_token, "pageSize": request.page_size,
            }));
        }
        Request::GetTableRequest(request) => {
            say(head(&request.identity, &request.catalog_name));
            say(
                json!({"table": name(&request.table_name), "passthrough": request.query_passthrough_arguments}),
            );
        }
        Request::GetTableLayoutRequest(request) => {
            say(head(&request.identity, &request.catalog_name));
            say(json!({
                "table": name(&request.table_name), "schema": schema(&request.schema),
                "partitionColumns": request.partition_columns, "constraints": constraints(&request.constraints, table),
            }));
        }
        Request::GetSplitsRequest(request) => {
            say(head(&request.identity, &request.catalog_name));
            say(json!({
                "table": name(&request.table_name), "partitionColumns": request.partition_columns,
                "partitions": {"schema": schema(&request.partitions.0.schema()), "rows": rows(&request.partitions.0)},
                "constraints": constraints(&request.constraints, table),
                "continuationToken": request.continuation_token,
            }));
        }
        Request::ReadRecordsRequest(request) => {
            say(head(&request.identity, &request.catalog_name));
            say(json!({
                "table": name(&request.table_name), "schema": schema(&request.schema), "split": split(&request.split),
                "constraints": constraints(&request.constraints, table), "maxBlockSize": request.max_block_size,
                "maxInlineBlockSize": request.max_inline_block_size,
            }));
        }
    }
    said
}

fn head(identity: &Option<Identity>, catalog_name: &str) -> Value {
    let identity = identity.as_ref().unwrap();
    json!({
        "identity": {
            "arn": identity.arn, "account": identity.account, "tags": identity.tags, "groups": identity.groups,
            "configOptions": identity.config_options,
        },
        "catalogName": catalog_name,
    })
}

fn name(table: &TableName) -> String {
    format!("{}.{}", table.schema_name, table.table_name)
}

/// As Java prints fields; it refuses none of them.
fn schema(schema: &Schema) -> Value {
    let fields: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| {
            let data_type = match field.data_type() {
                DataType::Boolean => "Bool",
                DataType::Int32 => "Int(32, true)",
                DataType::Int64 => "Int(64, true)",
                DataType::Float64 => "FloatingPoint(DOUBLE)",
                DataType::Utf8 => "Utf8",
                DataType::Date32 => "Date(DAY)",
                DataType::Date64 => "Date(MILLISECOND)",
                DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) if &**zone == "UTC" => {
                    "Timestamp(MILLISECOND, UTC)"
                }
                other => panic!("no field of ours has type {other}"),
            };
            format!(
                "{}: {data_type}{}",
                field.name(),
                if field.is_nullable() { "" } else { " not null" }
            )
        })
        .collect();
    json!({"fields": fields, "refused": [], "metadata": schema.metadata()})
}

fn rows(batch: &RecordBatch) -> Vec<Vec<Value>> {
    let cell = |column: &arrow::array::ArrayRef, row| {
        Literal::from_array(column, row)
            .unwrap()
            .map_or(Value::Null, |value| literal(&value))
    };
    (0..batch.num_rows())
        .map(|row| {
            batch
                .columns()
                .iter()
                .map(|column| cell(column, row))
                .collect()
        })
        .collect()
}

fn split(split: &Split) -> Value {
    let SpillLocation::S3SpillLocation {
        bucket,
        key,
        directory,
    } = split.spill_location.as_ref().unwrap();
    let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
    let encryption = split.encryption_key.as_ref();
    json!({
        "bucket": bucket, "key": key, "directory": directory, "properties": split.properties,
        "encryptionKey": encryption.map(|key| base64(&key.key)), "nonce": encryption.map(|key| base64(&key.nonce)),
    })
}

fn constraints(asked: &Constraints, table: &Mapping) -> Value {
    // A domain that admits everything is no term.
    let mut domains: Map<String, Value> = asked
        .summary
        .keys()
        .map(|column| {
            (
                column.clone(),
                json!({"values": "all", "nullAllowed": true}),
            )
        })
        .collect();
    let mut expressions = Vec::new();
    for term in query::terms(asked, table).unwrap() {
        match term {
            Term::Domain(domain) => {
                let words =
                    json!({"values": values(&domain.values), "nullAllowed": domain.null_allowed});
                domains.insert(table.fields[domain.field].name.clone(), words);
            }
            Term::Expression(tree) => expressions.push(expression(&tree, table)),
        }
    }
    let order = query::order(asked, table).unwrap();
    let plan = asked.query_plan.clone().flatten();
    json!({
        "domains": domains,
        "expressions": expressions,
        "order": order.iter().map(|key| sort_key(key, table)).collect::<Vec<_>>(),
        "limit": asked.limit,
        "passthrough": asked.query_passthrough_arguments,
        "plan": plan.map(|plan| format!("{} {}", plan.substrait_version.unwrap_or_default(), plan.substrait_plan)),
    })
}

fn sort_key(key: &SortKey, table: &Mapping) -> String {
    let direction = if key.descending {
        "descending"
    } else {
        "ascending"
    };
    let nulls = if key.nulls_first { "first" } else { "last" };
    format!(
        "{} {direction}, nulls {nulls}",
        table.fields[key.field].name
    )
}

fn values(set: &ValueSet) -> Value {
    let list = |values: &[Literal]| values.iter().map(literal).collect::<Vec<_>>();
    match set {
        ValueSet::All => "all".into(),
        ValueSet::None => "none".into(),
        ValueSet::AnyOf(values) => json!({"anyOf": list(values)}),
        ValueSet::NoneOf(values) => json!({"noneOf": list(values)}),
        ValueSet::Ranges(ranges) => {
            let ranges: Vec<[Value; 2]> = ranges
                .iter()
                .map(|range| [bound(&range.low), bound(&range.high)])
                .collect();
            json!({"ranges": ranges})
        }
    }
}

fn bound(bound: &Bound) -> Value {
    match bound {
        Bound::Unbounded => Value::Null,
        Bound::Inclusive(value) => json!({"inclusive": literal(value)}),
        Bound::Exclusive(value) => json!({"exclusive": literal(value)}),
    }
}

fn expression(tree: &Expression, table: &Mapping) -> Value {
    match tree {
        Expression::Field(field) => json!({"column": table.fields[*field].name}),
        Expression::Constant(value) => json!({"constant": literal(value)}),
        Expression::Null => "null".into(),
        Expression::Call(function, arguments) => {
            let arguments: Vec<Value> = arguments
                .iter()
                .map(|argument| expression(argument, table))
                .collect();
            json!({"call": function.name(), "arguments": arguments})
        }
    }
}

/// Doubles as their bits.
fn literal(value: &Literal) -> Value {
    match value {
        Literal::Boolean(value) => json!({"boolean": value}),
        Literal::Integer(value) => json!({"integer": value}),
        Literal::Double(value) => json!({"double": double(*value)}),
        Literal::Text(value) => json!({"text": value}),
        Literal::Date(days) => json!({"date": days}),
        Literal::Millis(millis) => json!({"millis": millis}),
        Literal::Nanos(nanos) => json!({"nanos": nanos}),
    }
}
