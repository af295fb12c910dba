//! Athena's calls in order, each as the bytes it would send.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use connector::slices::Slice;
use connector::spill::decrypt;
use connector::wire::{
    Constraints, GetSplitsRequest, GetTableLayoutRequest, GetTableRequest, Identity,
    ReadRecordsRequest, Request, Response, SpillLocation, Split, TableName, decode_batch,
    read_response, write_request,
};
use connector::{Connector, Reading};

/// A database's and a table's name.
pub fn table_name(database: &str, table: &str) -> TableName {
    TableName {
        schema_name: database.into(),
        table_name: table.into(),
    }
}

/// Asks the connector.
///
/// # Errors
///
/// What the connector answers.
pub async fn ask(connector: &Connector, request: Request) -> connector::Result<Response> {
    let payload = write_request(&request)
        .map_err(|error| connector::Error::invalid_input(error.to_string()))?;
    let answer = connector.handle(&payload).await?;
    read_response(&answer).map_err(|error| connector::Error::invalid_input(error.to_string()))
}

/// The schema of a table, by GetTable.
///
/// # Errors
///
/// What the connector answers.
pub async fn get_table(connector: &Connector, name: &TableName) -> connector::Result<SchemaRef> {
    schema(connector, name, BTreeMap::new()).await
}

/// The schema of a table or, with arguments, of a passthrough query, by GetTable.
///
/// # Errors
///
/// What the connector answers.
pub async fn schema(
    connector: &Connector,
    name: &TableName,
    query_passthrough_arguments: BTreeMap<String, String>,
) -> connector::Result<SchemaRef> {
    let request = GetTableRequest {
        identity: Some(Identity::default()),
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: name.clone(),
        query_passthrough_arguments,
    };
    match ask(connector, Request::GetTableRequest(request)).await? {
        Response::GetTableResponse(response) => Ok(response.schema),
        _ => Err(connector::Error::invalid_input("not a GetTableResponse")),
    }
}

/// The splits of a read, by GetTableLayout and GetSplits.
///
/// # Errors
///
/// What the connector answers.
pub async fn splits(
    connector: &Connector,
    name: &TableName,
    schema: &SchemaRef,
    constraints: &Constraints,
) -> connector::Result<Vec<Split>> {
    splits_for(connector, &Identity::default(), name, schema, constraints).await
}

/// The same for someone.
///
/// # Errors
///
/// What the connector answers.
pub async fn splits_for(
    connector: &Connector,
    identity: &Identity,
    name: &TableName,
    schema: &SchemaRef,
    constraints: &Constraints,
) -> connector::Result<Vec<Split>> {
    let request = GetTableLayoutRequest {
        identity: Some(identity.clone()),
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: name.clone(),
        constraints: constraints.clone(),
        schema: schema.clone(),
        partition_columns: Vec::new(),
    };
    let Response::GetTableLayoutResponse(layout) =
        ask(connector, Request::GetTableLayoutRequest(request)).await?
    else {
        return Err(connector::Error::invalid_input(
            "not a GetTableLayoutResponse",
        ));
    };
    let request = GetSplitsRequest {
        identity: Some(identity.clone()),
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: name.clone(),
        partitions: layout.partitions,
        partition_columns: Vec::new(),
        constraints: constraints.clone(),
        continuation_token: None,
    };
    match ask(connector, Request::GetSplitsRequest(request)).await? {
        Response::GetSplitsResponse(response) => Ok(response.splits),
        _ => Err(connector::Error::invalid_input("not a GetSplitsResponse")),
    }
}

/// The request for a split's rows, with Athena's usual sizes.
pub fn read_request(
    name: &TableName,
    schema: &SchemaRef,
    columns: &[&str],
    split: Split,
    constraints: &Constraints,
) -> Result<ReadRecordsRequest> {
    let indices = columns
        .iter()
        .map(|column| schema.index_of(column))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ReadRecordsRequest {
        identity: Some(Identity::default()),
        query_id: "query".into(),
        catalog_name: "catalog".into(),
        table_name: name.clone(),
        schema: schema.project(&indices)?.into(),
        split,
        constraints: constraints.clone(),
        max_block_size: 16_000_000,
        max_inline_block_size: 5_242_880,
    })
}

/// All of Athena's calls for columns of a table; the rows of all splits, from blocks inline and spilled.
///
/// # Errors
///
/// What the connector or S3 answers.
pub async fn select(
    connector: &Connector,
    s3: Option<&aws_sdk_s3::Client>,
    name: &TableName,
    columns: &[&str],
    constraints: &Constraints,
    sizes: (u64, u64),
) -> Result<(Vec<RecordBatch>, Vec<Reading>)> {
    let arguments = constraints.query_passthrough_arguments.clone();
    let schema = schema(connector, name, arguments).await?;
    let read = (columns, constraints, sizes);
    let nobody = Identity::default();
    select_of(connector, s3, &nobody, (name, &schema), read, &[]).await
}

/// The same for someone, with a schema that GetTable has answered, and each split divided at instants, in nanoseconds.
///
/// # Errors
///
/// What the connector or S3 answers.
pub async fn select_of(
    connector: &Connector,
    s3: Option<&aws_sdk_s3::Client>,
    identity: &Identity,
    (name, schema): (&TableName, &SchemaRef),
    (columns, constraints, sizes): (&[&str], &Constraints, (u64, u64)),
    cuts: &[i64],
) -> Result<(Vec<RecordBatch>, Vec<Reading>)> {
    let mut batches = Vec::new();
    let mut readings = Vec::new();
    let splits = splits_for(connector, identity, name, schema, constraints).await?;
    for split in splits.iter().flat_map(|split| divided(split, cuts)) {
        let mut request = read_request(name, schema, columns, split, constraints)?;
        (request.max_block_size, request.max_inline_block_size) = sizes;
        request.identity = Some(identity.clone());
        let answer = connector
            .answer(&write_request(&Request::ReadRecordsRequest(request))?, None)
            .await?;
        readings.extend(answer.reading);
        match read_response(&answer.payload)? {
            Response::ReadRecordsResponse(response) => batches.push(response.records.0),
            Response::RemoteReadRecordsResponse(response) => {
                for location in &response.remote_blocks {
                    let SpillLocation::S3SpillLocation {
                        bucket,
                        key,
                        directory: false,
                    } = location
                    else {
                        bail!("an object's location is a directory");
                    };
                    let s3 = s3.context("rows were spilled")?;
                    let object = s3.get_object().bucket(bucket).key(key).send().await?;
                    let bytes = object.body.collect().await?.to_vec();
                    let bytes = match &response.encryption_key {
                        Some(key) => decrypt(key, bytes)?,
                        None => bytes,
                    };
                    batches.push(decode_batch(&bytes, &response.schema)?);
                }
            }
            _ => bail!("not an answer to ReadRecordsRequest"),
        }
    }
    Ok((batches, readings))
}

/// A split of a whole scan, cut.
fn divided(split: &Split, cuts: &[i64]) -> Vec<Split> {
    let slices = Slice::between(cuts).into_iter().enumerate();
    let part = |(number, slice): (usize, Slice)| {
        let mut part = split.clone();
        let slice = slice.to_string();
        part.properties
            .insert("athena-timestream.slice".to_owned(), slice);
        // Each writes blocks of its own.
        if let Some(SpillLocation::S3SpillLocation { key, .. }) = &mut part.spill_location {
            key.push_str(&format!("/{number}"));
        }
        part
    };
    match cuts {
        [] => vec![split.clone()],
        _ => slices.map(part).collect(),
    }
}

/// All rows in one batch, as text for comparison.
///
/// # Errors
///
/// When there is no batch at all.
pub fn rows(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>> {
    let schema = batches.first().context("no batch")?.schema();
    let all = concat_batches(&schema, batches)?;
    (0..all.num_rows())
        .map(|row| {
            all.columns()
                .iter()
                .map(|column| {
                    if column.is_null(row) {
                        return Ok("NULL".to_owned());
                    }
                    Ok(arrow::util::display::array_value_to_string(column, row)?)
                })
                .collect()
        })
        .collect()
}
