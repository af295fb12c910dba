//! Records into Timestream: `WriteRecords`, a hundred records a call, several calls at once.
//!
//! A record that the service rejects ends nothing: the others of its call are written (Write API reference,
//! `RejectedRecordsException`), and it is told with the line it came from. Anything else that fails ends the load.
//! What is under way is bounded: a few calls, whatever the number of records.

use anyhow::Context as _;
use aws_sdk_timestreamwrite::Client;
use aws_sdk_timestreamwrite::error::SdkError;
use aws_sdk_timestreamwrite::operation::write_records::WriteRecordsError;
use aws_sdk_timestreamwrite::types::{MagneticStoreWriteProperties, Record};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// Most records of one call (service model, `Records`).
const RECORDS_A_CALL: usize = 100;
/// Calls under way at once. Arbitrary: enough to hide the time a call takes to arrive.
const CALLS_AT_ONCE: usize = 8;

/// A table to write to, which may not exist yet.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The Write API.
    pub client: &'a Client,
    /// The database's name, as stored.
    pub database: &'a str,
    /// The table's name, as stored.
    pub table: &'a str,
}

/// A record and where it came from.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// The line of a file, or any number that the caller knows the record by.
    pub line: u64,
    /// The record, or why there is none.
    pub record: Result<Record, String>,
}

/// A record that was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// [`Numbered::line`].
    pub line: u64,
    /// For a person.
    pub reason: String,
}

/// What became of the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many are stored now.
    pub records: u64,
    /// Those that are not, by line.
    pub rejected: Vec<Rejected>,
}

impl Target<'_> {
    /// Makes sure of the table before anything is read.
    ///
    /// # Errors
    ///
    /// If database or table does not exist, or the service cannot be asked.
    pub async fn check(self) -> anyhow::Result<()> {
        let call = self.client.describe_table();
        let answer = call
            .database_name(self.database)
            .table_name(self.table)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                anyhow::bail!(
                    "{self} does not exist; hint: --create makes the database and the table"
                )
            }
            Err(error) => Err(failed(&format!("look up {self}"), error)),
        }
    }

    /// Makes the database and the table, each unless it exists. A new table takes records of any age, as files hold
    /// them: without writes to the magnetic store it would reject those older than a few hours.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn create(self) -> anyhow::Result<()> {
        let database = self
            .client
            .create_database()
            .database_name(self.database)
            .send()
            .await;
        if let Err(error) = database
            && !error
                .as_service_error()
                .is_some_and(|error| error.is_conflict_exception())
        {
            let what = format!("create database `{}`", self.database);
            return Err(failed(&what, error));
        }
        let any_age = MagneticStoreWriteProperties::builder()
            .enable_magnetic_store_writes(true)
            .build()?;
        let call = self
            .client
            .create_table()
            .database_name(self.database)
            .table_name(self.table);
        let table = call.magnetic_store_write_properties(any_age).send().await;
        if let Err(error) = table
            && !error
                .as_service_error()
                .is_some_and(|error| error.is_conflict_exception())
        {
            return Err(failed(&format!("create {self}"), error));
        }
        Ok(())
    }

    /// Writes records, in no certain order.
    ///
    /// # Errors
    ///
    /// If they cannot be read to their end, or a call fails for another reason than single records. Records of other
    /// calls may be stored then.
    pub async fn write(
        self,
        records: impl Iterator<Item = anyhow::Result<Numbered>>,
    ) -> anyhow::Result<Written> {
        let calls = stream::iter(Batches(records))
            .map(|batch| async move { self.write_batch(batch?).await })
            .buffer_unordered(CALLS_AT_ONCE);
        let mut written = calls
            .try_fold(Written::default(), async |mut sum, written| {
                sum.records += written.records;
                sum.rejected.extend(written.rejected);
                Ok(sum)
            })
            .await?;
        written.rejected.sort_by_key(|rejected| rejected.line);
        Ok(written)
    }

    async fn write_batch(self, batch: Batch) -> anyhow::Result<Written> {
        let mut written = Written {
            records: batch.records.len() as u64,
            rejected: batch.rejected,
        };
        if batch.records.is_empty() {
            return Ok(written);
        }
        let call = self
            .client
            .write_records()
            .database_name(self.database)
            .table_name(self.table);
        let Err(error) = call.set_records(Some(batch.records)).send().await else {
            return Ok(written);
        };
        let Some(WriteRecordsError::RejectedRecordsException(rejection)) = error.as_service_error()
        else {
            return Err(failed(&format!("write to {self}"), error));
        };
        for rejected in rejection.rejected_records() {
            let line = usize::try_from(rejected.record_index)
                .ok()
                .and_then(|index| batch.lines.get(index));
            let line = *line.with_context(|| {
                let index = rejected.record_index;
                format!("cannot write to {self}: it rejects record {index}, which was not sent")
            })?;
            let reason = rejected
                .reason()
                .unwrap_or("rejected, no reason given")
                .to_owned();
            written.rejected.push(Rejected { line, reason });
            written.records = written.records.saturating_sub(1);
        }
        Ok(written)
    }
}

impl std::fmt::Display for Target<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "table `{}` of database `{}`",
            self.table, self.database
        )
    }
}

/// Says what failed; without an answer of the service also what to look at.
fn failed<E>(what: &str, error: SdkError<E>) -> anyhow::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    let hint = match error {
        SdkError::DispatchFailure(_) => {
            ": Timestream cannot be reached; hint: check AWS_ENDPOINT_URL_TIMESTREAM_WRITE, AWS_REGION and credentials"
        }
        _ => "",
    };
    anyhow::Error::new(error).context(format!("cannot {what}{hint}"))
}

/// What one call writes, and what was refused on the way.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    /// One for each record.
    lines: Vec<u64>,
    rejected: Vec<Rejected>,
}

/// Fills one batch after the other.
struct Batches<I>(I);

impl<I: Iterator<Item = anyhow::Result<Numbered>>> Iterator for Batches<I> {
    type Item = anyhow::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Batch::default();
        for numbered in self.0.by_ref() {
            match numbered {
                Ok(Numbered {
                    line,
                    record: Ok(record),
                }) => {
                    batch.records.push(record);
                    batch.lines.push(line);
                }
                Ok(Numbered {
                    line,
                    record: Err(reason),
                }) => batch.rejected.push(Rejected { line, reason }),
                Err(error) => return Some(Err(error)),
            }
            if batch.records.len() == RECORDS_A_CALL {
                return Some(Ok(batch));
            }
        }
        let is_empty = batch.records.is_empty() && batch.rejected.is_empty();
        (!is_empty).then_some(Ok(batch))
    }
}
