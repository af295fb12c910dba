//! A request, word by word as the wire carries it, in the words in which the Java side states what it generated.
//!
//! What constraints mean is not here: see [`super::words`] and [`super::generated`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector::wire::{
    ArrowType, Constraints, Expression, Identity, Marker, OrderDirection, Request, SpillLocation,
    Split, TableName, ValueSet,
};
use serde_json::{Map, Value, json};

use super::cells::decoded::{block, column, schema};

/// All that a request says.
pub(super) fn said(request: &Request) -> Value {
    let mut said = match request {
        Request::PingRequest(request) => head(&request.identity, &request.catalog_name),
        Request::ListSchemasRequest(request) => head(&request.identity, &request.catalog_name),
        Request::GetDataSourceCapabilitiesRequest(request) => {
            head(&request.identity, &request.catalog_name)
        }
        Request::ListTablesRequest(request) => {
            let mut said = head(&request.identity, &request.catalog_name);
            said["schemaName"] = json!(request.schema_name);
            said["nextToken"] = json!(request.next_token);
            said["pageSize"] = json!(request.page_size);
            said
        }
        Request::GetTableRequest(request) => {
            let mut said = head(&request.identity, &request.catalog_name);
            said["table"] = table(&request.table_name);
            said["passthrough"] = json!(request.query_passthrough_arguments);
            said
        }
        Request::GetTableLayoutRequest(request) => {
            let mut said = head(&request.identity, &request.catalog_name);
            said["table"] = table(&request.table_name);
            said["schema"] = schema(&request.schema);
            said["partitionColumns"] = sorted(&request.partition_columns);
            said["constraints"] = constraints(&request.constraints);
            said
        }
        Request::GetSplitsRequest(request) => {
            let mut said = head(&request.identity, &request.catalog_name);
            said["table"] = table(&request.table_name);
            said["partitions"] = block(&request.partitions.0);
            said["partitionColumns"] = sorted(&request.partition_columns);
            said["constraints"] = constraints(&request.constraints);
            said["continuationToken"] = json!(request.continuation_token);
            said
        }
        Request::ReadRecordsRequest(request) => {
            let mut said = head(&request.identity, &request.catalog_name);
            said["table"] = table(&request.table_name);
            said["schema"] = schema(&request.schema);
            said["split"] = split(&request.split);
            said["constraints"] = constraints(&request.constraints);
            said["maxBlockSize"] = json!(request.max_block_size);
            said["maxInlineBlockSize"] = json!(request.max_inline_block_size);
            said
        }
    };
    said["type"] = json!(request.name());
    said["queryId"] = json!(request.query_id());
    said
}

fn head(identity: &Option<Identity>, catalog_name: &str) -> Value {
    let identity = identity.as_ref().map(|identity| {
        json!({
            "arn": identity.arn, "account": identity.account, "tags": identity.tags, "groups": identity.groups,
            "configOptions": identity.config_options,
        })
    });
    json!({"identity": identity, "catalogName": catalog_name})
}

fn table(table: &TableName) -> Value {
    json!([table.schema_name, table.table_name])
}

/// A set, in Java's order.
pub(super) fn sorted(names: &[String]) -> Value {
    let mut names = names.to_vec();
    // By UTF-16 units.
    names.sort_by_key(|name| name.encode_utf16().collect::<Vec<u16>>());
    json!(names)
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

fn constraints(asked: &Constraints) -> Value {
    let summary = asked.summary.iter();
    let summary: Map<String, Value> = summary
        .map(|(column, set)| (column.clone(), value_set(set)))
        .collect();
    let order = asked.order_by_clause.iter().map(|key| {
        let direction = match key.direction {
            OrderDirection::AscNullsFirst => "ASC_NULLS_FIRST",
            OrderDirection::AscNullsLast => "ASC_NULLS_LAST",
            OrderDirection::DescNullsFirst => "DESC_NULLS_FIRST",
            OrderDirection::DescNullsLast => "DESC_NULLS_LAST",
        };
        json!([key.column_name, direction])
    });
    let plan = asked.query_plan.clone().flatten();
    json!({
        "summary": summary,
        "expression": asked.expression.iter().map(expression).collect::<Value>(),
        "order": order.collect::<Value>(),
        "limit": asked.limit,
        "passthrough": asked.query_passthrough_arguments,
        "plan": plan.map(|plan| json!([plan.substrait_version, plan.substrait_plan])),
    })
}

fn value_set(set: &ValueSet) -> Value {
    match set {
        ValueSet::SortedRangeSet {
            r#type,
            ranges,
            null_allowed,
        } => {
            let ranges = ranges.iter();
            let ranges = ranges.map(|range| json!([marker(&range.low), marker(&range.high)]));
            json!({"type": arrow_type(r#type), "nullAllowed": null_allowed, "ranges": ranges.collect::<Value>()})
        }
        ValueSet::EquatableValueSet {
            value_block,
            white_list,
            null_allowed,
        } => {
            // Its type is its block's.
            let r#type = ArrowType::from(value_block.0.column(0).data_type());
            json!({
                "type": arrow_type(&r#type), "nullAllowed": null_allowed, "whiteList": white_list,
                "values": column(&value_block.0),
            })
        }
        ValueSet::AllOrNoneValueSet {
            r#type,
            all,
            null_allowed,
        } => json!({"type": arrow_type(r#type), "nullAllowed": null_allowed, "all": all}),
    }
}

fn marker(marker: &Marker) -> Value {
    let bound = format!("{:?}", marker.bound).to_uppercase();
    let values = (!marker.null_value).then(|| column(&marker.value_block.0));
    json!({"bound": bound, "values": values})
}

fn expression(tree: &Expression) -> Value {
    match tree {
        Expression::FunctionCallExpression {
            r#type,
            function_name,
            arguments,
        } => json!({
            "type": arrow_type(r#type), "call": function_name.function_name,
            "arguments": arguments.iter().map(expression).collect::<Value>(),
        }),
        Expression::VariableExpression {
            column_name,
            r#type,
        } => json!({"type": arrow_type(r#type), "column": column_name}),
        Expression::ConstantExpression {
            value_block,
            r#type,
        } => {
            let constants = value_block.as_ref().map(|block| column(&block.0));
            json!({"type": arrow_type(r#type), "constants": constants})
        }
    }
}

/// As Java prints a type.
fn arrow_type(r#type: &ArrowType) -> String {
    match r#type {
        ArrowType::Null => "Null".into(),
        ArrowType::Struct => "Struct".into(),
        ArrowType::List => "List".into(),
        ArrowType::Utf8 => "Utf8".into(),
        ArrowType::Binary => "Binary".into(),
        ArrowType::Bool => "Bool".into(),
        ArrowType::Map => "Map(false)".into(),
        ArrowType::Int {
            bit_width,
            is_signed,
        } => format!("Int({bit_width}, {is_signed})"),
        ArrowType::FloatingPoint { precision } => format!("FloatingPoint({precision})"),
        ArrowType::Decimal { precision, scale } => format!("Decimal({precision}, {scale}, 128)"),
        ArrowType::Date { unit } => format!("Date({unit})"),
        ArrowType::Time { unit, bit_width } => format!("Time({unit}, {bit_width})"),
        ArrowType::Timestamp { unit, timezone } => {
            format!(
                "Timestamp({unit}, {})",
                timezone.as_deref().unwrap_or("null")
            )
        }
        ArrowType::Interval { unit } => format!("Interval({unit})"),
        ArrowType::FixedSizeList { list_size } => format!("FixedSizeList({list_size})"),
        ArrowType::FixedSizeBinary { byte_width } => format!("FixedSizeBinary({byte_width})"),
        ArrowType::Other => "none of the protocol's".into(),
    }
}
