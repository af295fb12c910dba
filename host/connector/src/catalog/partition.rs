//! The column by which Timestream finds a table's partitions, besides `time` (timestream.md, section 3.6).

use aws_sdk_timestreamwrite::types::PartitionKeyType;

use crate::query::{Column, ColumnKind};
use crate::timestream::{Clients, service_error};

/// Marks the partition key among a table's columns.
///
/// It only makes statements cheaper, so a failure is logged and no more.
pub(super) async fn mark_key(
    clients: &Clients,
    database: &str,
    table: &str,
    columns: &mut [Column],
) {
    let Ok(client) = clients.write().await else {
        return;
    };
    clients.pace().await;
    let answer = client
        .describe_table()
        .database_name(database)
        .table_name(table)
        .send()
        .await;
    let described = match answer {
        Ok(answer) => answer.table,
        Err(error) => {
            let error = service_error("ask for a table's partition key", error);
            tracing::warn!(
                error = error.summary(),
                code = error.code().as_str(),
                "partition key unknown; allow timestream:DescribeTable"
            );
            return;
        }
    };
    let keys = described
        .and_then(|table| table.schema?.composite_partition_key)
        .unwrap_or_default();
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
