//! The column by which Timestream finds a table's partitions, besides `time` (timestream.md, section 3.6).

use aws_sdk_timestreamwrite::types::{PartitionKey, PartitionKeyType};

use crate::query::{Column, ColumnKind};
use crate::timestream::{Clients, service_error};

/// A table's partition key.
///
/// It only makes statements cheaper, so a failure is logged and no more.
pub(super) async fn keys(clients: &Clients, database: &str, table: &str) -> Vec<PartitionKey> {
    clients.pace().await;
    let described = clients.try_write(async |client| {
        let call = client.describe_table().database_name(database);
        let answer = call.table_name(table).send().await;
        answer.map_err(|error| {
            let what = "ask for a table's partition key";
            service_error(what, "timestream:DescribeTable", error)
        })
    });
    match described.await {
        Ok(answer) => answer
            .and_then(|answer| answer.table?.schema?.composite_partition_key)
            .unwrap_or_default(),
        Err(error) => {
            tracing::warn!(
                error = error.summary(),
                code = error.code().as_str(),
                "partition key unknown"
            );
            Vec::new()
        }
    }
}

/// Marks the columns that are in a table's partition key.
pub(super) fn mark(keys: &[PartitionKey], columns: &mut [Column]) {
    for column in columns {
        column.partition_key = keys.iter().any(|key| match key.r#type() {
            PartitionKeyType::Dimension => {
                column.kind == ColumnKind::Dimension && key.name() == Some(column.name.as_str())
            }
            PartitionKeyType::Measure => column.kind == ColumnKind::MeasureName,
            _ => false,
        });
    }
}
