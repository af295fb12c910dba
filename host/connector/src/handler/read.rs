//! ReadRecords: pages in, blocks out.

use arrow::array::{Array, ArrayData, RecordBatch, RecordBatchOptions, make_array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;

use super::Connector;
use super::budget::Budget;
use super::deadline::Deadline;
use crate::error::{Code, Error, Fault, Result};
use crate::query::{TopN, residual};
use crate::spill::{Location, Output, Spiller};
use crate::statement::{Query, Rest, Statement, statement};
use crate::timestream::{Decoder, Pages, schema_of};
use crate::wire::{
    Block, ReadRecordsRequest, ReadRecordsResponse, RemoteReadRecordsResponse, Response,
    SpillLocation,
};

/// Why a read ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// It failed: the error says why.
    #[default]
    Error,
    /// Timestream had no further page.
    LastPage,
    /// As many rows as were asked for had come.
    Limit,
}

impl End {
    /// For logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::LastPage => "last page",
            Self::Limit => "limit",
        }
    }
}

/// What a read did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The query's id at Timestream.
    pub timestream_query_id: Option<String>,
    /// SHA-256 of the dialect's component, in hexadecimal digits.
    pub digest: Option<String>,
    /// Pages that came.
    pub pages: usize,
    /// Rows that came.
    pub rows_read: usize,
    /// Rows that were returned.
    pub rows_returned: usize,
    /// Bytes of the pages' JSON.
    pub bytes_read: usize,
    /// Bytes that Timestream charges for.
    pub bytes_metered: i64,
    /// How often Timestream throttled it, or was out of reach, and it waited.
    pub throttles: usize,
    /// Spilled blocks; 0 when the rows are inline.
    pub blocks: usize,
    /// Rows that were counted when the scan was cut, if they were. Conditions may have become narrower since, and the
    /// table have other rows.
    pub rows_counted: Option<u64>,
    /// Why it ended.
    pub end: End,
}

impl Connector {
    pub(super) async fn read(
        &self,
        request: ReadRecordsRequest,
        deadline: Option<Deadline>,
        reading: &mut Reading,
    ) -> Result<Response> {
        let (location, key) = self.spilled(&request.split, request.identity.as_ref())?;
        let looked_up = async {
            let services = self.services(request.identity.as_ref()).await?;
            Ok((services, self.scan(&request).await?))
        };
        let (services, scan) = Deadline::bound(deadline, looked_up).await?;
        let query = Deadline::bound(deadline, self.query(&scan, &request)).await?;
        reading.digest = Some(scan.planned.plugin.digest().as_str().to_owned());
        let budget = Budget::least(self.settings.max_bytes_metered, &query.demands);
        let statement = statement(&scan.planned.plugin, &query)?;
        tracing::debug!(
            query_id = request.query_id,
            sql_bytes = statement.sql.len(),
            "statement made"
        );

        let max_block_bytes = self
            .settings
            .max_block_size_bytes
            .unwrap_or(request.max_block_size);
        let mut spiller = Spiller::new(
            services.spill.clone(),
            location.clone(),
            key,
            request.schema.clone(),
            max_block_bytes,
            request.max_inline_block_size,
        )?;
        reading.rows_counted = scan.part.rows;
        let plugin = scan.planned.plugin.label();
        let mut rows = Rows::new(&query, &statement, plugin, self.settings.top_n_bytes);
        let sql = statement.sql.clone();
        let mut pages = (query.limit != Some(0))
            .then(|| Pages::start(&self.clients, sql, "timestream:Select", None));
        let mut end = End::Limit;
        let read = async {
            if let Some(pages) = &mut pages {
                end = self
                    .read_pages(
                        pages,
                        &mut rows,
                        &mut spiller,
                        &request,
                        budget.as_ref(),
                        reading,
                    )
                    .await?;
                // A run that nobody reads would go on and be charged for.
                Deadline::end(deadline, pages.cancel()).await;
            }
            if let Some(batch) = rows.finish()? {
                reading.rows_returned += batch.num_rows();
                spiller.push(project(&batch, &request)?).await?;
            }
            spiller.finish().await
        };
        let read = tokio::select! {
            read = Deadline::bound(deadline, read) => read,
            ended = self.query_ended(&request.query_id) => Err(ended),
        };
        if let Some(pages) = &mut pages {
            Deadline::end(deadline, pages.cancel()).await;
            reading.timestream_query_id = pages.query_id().map(str::to_owned);
            reading.throttles = pages.throttles();
            if reading.pages == 0 {
                record_query_id(pages);
            }
        }
        let output = read.map_err(|error| {
            let error = final_error(error, spiller.has_spilled());
            match &reading.timestream_query_id {
                Some(query_id) => error.of_query(query_id),
                None => error,
            }
        })?;
        reading.end = end;
        Ok(response(output, &location, request, reading))
    }

    async fn read_pages(
        &self,
        pages: &mut Pages,
        rows: &mut Rows<'_>,
        spiller: &mut Spiller,
        request: &ReadRecordsRequest,
        budget: Option<&Budget>,
        reading: &mut Reading,
    ) -> Result<End> {
        loop {
            let next = tokio::select! {
                next = pages.next(&mut rows.decoder) => next?,
                // The next page may be a minute away.
                failed = spiller.failure() => return Err(failed),
            };
            let Some((page, batch)) = next else {
                return Ok(End::LastPage);
            };
            if reading.pages == 0 {
                // So that the log lines of the following pages name it.
                record_query_id(pages);
            }
            reading.pages += 1;
            reading.bytes_read += page.bytes();
            reading.bytes_metered = reading.bytes_metered.max(page.bytes_metered);
            reading.rows_read += batch.num_rows();
            if let Some(batch) = rows.keep(batch)? {
                reading.rows_returned += batch.num_rows();
                spiller.push(project(&batch, request)?).await?;
            }
            if page.next_token.is_none() {
                return Ok(End::LastPage);
            }
            if rows.is_complete() {
                return Ok(End::Limit);
            }
            if let Some(budget) = budget {
                budget.check(reading.bytes_metered)?;
            }
        }
    }
}

/// Notes Timestream's query in the request's span.
fn record_query_id(pages: &Pages) {
    if let Some(query_id) = pages.query_id() {
        tracing::Span::current().record("timestream_query_id", query_id);
    }
}

/// Athena reads a throttled split again. It must not where blocks are written, because it may have read them, and other
/// rows may be in them the next time (federation-protocol.md, section 7.3).
fn final_error(error: Error, has_spilled: bool) -> Error {
    if !has_spilled || error.code() != Code::Throttling {
        return error;
    }
    let message = "cannot read on: the service throttles further calls; hint: run the query again, or ask for fewer rows";
    Error::new(Code::PartialFailure, error.fault(), message).with_source(error)
}

/// What remains to be done with the rows of a statement.
struct Rows<'a> {
    decoder: Decoder,
    /// The dialect, for messages.
    plugin: &'a str,
    statement: &'a Statement,
    top_n: Option<TopN>,
    /// Rows that may still be returned; None without a limit.
    left: Option<u64>,
}

impl<'a> Rows<'a> {
    fn new(
        query: &Query<'_>,
        statement: &'a Statement,
        plugin: &'a str,
        top_n_bytes: usize,
    ) -> Self {
        let fields = statement.selected.iter().map(|field| {
            let field = &query.mapping.fields[*field];
            Field::new(&field.name, field.data_type.clone(), true)
        });
        let column = |field: usize| {
            statement
                .selected
                .iter()
                .position(|selected| *selected == field)
        };
        let top_n = match &statement.rest {
            Rest::TopN(keys, limit) => {
                let keys = keys
                    .iter()
                    .filter_map(|key| Some((column(key.field)?, *key)));
                Some(TopN::new(keys, *limit, top_n_bytes))
            }
            _ => None,
        };
        let left = if top_n.is_none() { query.limit } else { None };
        Self {
            decoder: Decoder::new(schema_of(fields)),
            plugin,
            statement,
            top_n,
            left,
        }
    }

    /// The rows of a batch that may go out now.
    fn keep(&mut self, mut batch: RecordBatch) -> Result<Option<RecordBatch>> {
        if !self.statement.residual.is_empty() {
            let column = |field: usize| {
                self.statement
                    .selected
                    .iter()
                    .position(|selected| *selected == field)
            };
            let keep = residual::admitted(&self.statement.residual, &batch, column)?;
            // All of it was promised to be met already, else the limit would not stand in the statement.
            if self.statement.limit_pushed && keep.true_count() < batch.num_rows() {
                let message = format!(
                    "plugin {} called a policy's term exact, and a row came that does not meet it",
                    self.plugin
                );
                return Err(Error::new(Code::Internal, Fault::Plugin, message));
            }
            batch = filter_record_batch(&batch, &keep)
                .map_err(|error| Error::bug(format_args!("rows cannot be filtered: {error}")))?;
        }
        if let Some(top_n) = &mut self.top_n {
            top_n.push(batch)?;
            return Ok(None);
        }
        if let Some(left) = &mut self.left {
            let rows = usize::try_from(*left)
                .unwrap_or(usize::MAX)
                .min(batch.num_rows());
            *left -= rows as u64;
            batch = batch.slice(0, rows);
        }
        Ok(Some(batch))
    }

    /// Whether no further row can be returned.
    fn is_complete(&self) -> bool {
        self.left == Some(0)
    }

    /// The rows kept back for their order.
    fn finish(self) -> Result<Option<RecordBatch>> {
        self.top_n.map_or(Ok(None), TopN::finish)
    }
}

/// The fields that were asked for, without those read for the residual, under the request's own schema: its nested
/// types may name their children otherwise.
fn project(batch: &RecordBatch, request: &ReadRecordsRequest) -> Result<RecordBatch> {
    let columns = request.schema.fields().iter().map(|field| {
        let name = field.name();
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| Error::bug("a field asked for was not read"))?;
        if column.data_type() == field.data_type() {
            return Ok(column.clone());
        }
        let renamed = renamed(column.to_data(), field.data_type()).map_err(|error| {
            let message = format!("cannot return column `{name}` as {}", field.data_type());
            Error::invalid_input(message).with_source(error)
        });
        renamed.map(make_array)
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(
        request.schema.clone(),
        columns.collect::<Result<_>>()?,
        &options,
    )
    .map_err(|error| {
        Error::invalid_input("cannot return the rows in the schema asked for").with_source(error)
    })
}

/// The same values in a type whose members may have other names: members match by position.
fn renamed(data: ArrayData, data_type: &DataType) -> Result<ArrayData, ArrowError> {
    let members: Vec<&DataType> = match data_type {
        DataType::List(element) => vec![element.data_type()],
        DataType::Struct(members) => members.iter().map(|member| member.data_type()).collect(),
        _ => return Ok(data),
    };
    let children = data.child_data().iter().zip(members);
    let children = children.map(|(child, data_type)| renamed(child.clone(), data_type));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    let renamed = data.into_builder().data_type(data_type.clone());
    renamed.child_data(children).build()
}

fn response(
    output: Output,
    location: &Location,
    request: ReadRecordsRequest,
    reading: &mut Reading,
) -> Response {
    match output {
        Output::Inline(batch) => Response::ReadRecordsResponse(ReadRecordsResponse {
            catalog_name: request.catalog_name,
            records: Block(batch),
        }),
        Output::Spilled(blocks) => {
            reading.blocks = blocks;
            let remote_blocks = (0..blocks)
                .map(|number| SpillLocation::S3SpillLocation {
                    bucket: location.bucket.clone(),
                    key: location.block_key(number),
                    directory: false,
                })
                .collect();
            Response::RemoteReadRecordsResponse(RemoteReadRecordsResponse {
                catalog_name: request.catalog_name,
                schema: request.schema,
                remote_blocks,
                encryption_key: request.split.encryption_key,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, StructArray};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{Fields, Int64Type};

    use super::*;

    fn members(names: [&str; 2]) -> Fields {
        names
            .map(|name| Field::new(name, DataType::Int64, true))
            .to_vec()
            .into()
    }

    fn list_of(names: [&str; 2]) -> DataType {
        let element = DataType::Struct(members(names));
        DataType::List(Arc::new(Field::new("element", element, true)))
    }

    /// Athena may write a member's name in lower case, and by names both would be one.
    #[test]
    fn members_match_by_position() {
        let numbers = |first| Arc::new(Int64Array::from(vec![first, first + 1])) as ArrayRef;
        let columns = vec![numbers(10), numbers(20)];
        let rows = StructArray::try_new(members(["A", "a"]), columns, None).unwrap();
        let lists = ListArray::try_new(
            Arc::new(Field::new("item", rows.data_type().clone(), true)),
            OffsetBuffer::from_lengths([1, 1]),
            Arc::new(rows),
            None,
        );
        // The second row, as of a batch that was cut.
        let second = lists.unwrap().slice(1, 1);
        let renamed = renamed(second.to_data(), &list_of(["a", "a"])).unwrap();
        let lists = make_array(renamed);
        assert_eq!(*lists.data_type(), list_of(["a", "a"]));
        let row = lists.as_list::<i32>().value(0);
        let values = row.as_struct().columns().iter();
        let values: Vec<i64> = values
            .map(|column| column.as_primitive::<Int64Type>().value(0))
            .collect();
        assert_eq!(values, [11, 21]);
    }
}
