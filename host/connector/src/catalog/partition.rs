//! The column by which Timestream finds a table's partitions, besides `time` (timestream.md, section 3.6).

use aws_sdk_timestreamwrite::types::{PartitionKey, PartitionKeyType};

use crate::error::{Error, Result};
use crate::query::{Column, ColumnKind};
use crate::timestream::{Clients, service_error};

/// A table's partition key; none where the Write API is out of reach.
///
/// # Errors
///
/// What Timestream answered.
pub(super) async fn keys(
    clients: &Clients,
    database: &str,
    table: &str,
) -> Result<Vec<PartitionKey>> {
    clients.pace().await;
    let described = clients.try_write(async {
        let answer = clients.ask_write(|client| {
            let call = client.describe_table().database_name(database);
            call.table_name(table).send()
        });
        answer.await?.map_err(|error| {
            let what = "ask for a table's partition key";
            service_error(what, "timestream:DescribeTable", error)
        })
    });
    let answer = described.await?;
    let keys = answer.and_then(|answer| answer.table?.schema?.composite_partition_key);
    Ok(keys.unwrap_or_default())
}

/// Logs why a partition key is not known, and no more: it only makes statements cheaper.
pub(super) fn unknown(error: &Error) {
    tracing::warn!(
        error = error.summary(),
        code = error.code().as_str(),
        "partition key unknown"
    );
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
