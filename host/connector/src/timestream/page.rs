//! One answer of `Query` as JSON, its rows still text (timestream.md, sections 1.3 and 1.5).

use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Code, Error, Fault, Result};
use crate::query::{Scalar, TimestreamType};

/// A page: everything but the rows is read.
#[derive(Clone, Debug)]
pub struct Page {
    /// The query's id at Timestream.
    pub query_id: String,
    /// What asks for the next page; None on the last.
    pub next_token: Option<String>,
    /// Names and types; on some pages none.
    pub columns: Vec<ColumnInfo>,
    /// Bytes that Timestream charges for so far.
    pub bytes_metered: i64,
    body: Bytes,
    rows: Range<usize>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name; expressions without one are called `_col0`, `_col1` ….
    pub name: String,
    /// Its type.
    pub r#type: TimestreamType,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PageJson<'a> {
    query_id: Option<String>,
    next_token: Option<String>,
    #[serde(borrow)]
    rows: Option<&'a RawValue>,
    column_info: Option<Vec<ColumnJson>>,
    query_status: Option<StatusJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusJson {
    cumulative_bytes_metered: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ColumnJson {
    name: Option<String>,
    r#type: Option<TypeJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TypeJson {
    scalar_type: Option<String>,
    array_column_info: Option<Box<ColumnJson>>,
    time_series_measure_value_column_info: Option<Box<ColumnJson>>,
    row_column_info: Option<Vec<ColumnJson>>,
}

impl Page {
    /// Reads an answer's frame.
    ///
    /// # Errors
    ///
    /// When it is not the JSON of an answer.
    pub fn parse(body: Bytes) -> Result<Self> {
        let json: PageJson<'_> = serde_json::from_slice(&body).map_err(malformed)?;
        let rows = match json.rows {
            Some(rows) => {
                // A raw value borrows from the body.
                let start = rows.get().as_ptr() as usize - body.as_ptr() as usize;
                start..start + rows.get().len()
            }
            None => 0..0,
        };
        let columns = json
            .column_info
            .unwrap_or_default()
            .into_iter()
            .map(column)
            .collect::<Result<Vec<_>>>()?;
        let page = Self {
            query_id: json.query_id.unwrap_or_default(),
            next_token: json.next_token.filter(|token| !token.is_empty()),
            columns,
            bytes_metered: json
                .query_status
                .and_then(|status| status.cumulative_bytes_metered)
                .unwrap_or_default(),
            rows,
            body: Bytes::new(),
        };
        Ok(Self { body, ..page })
    }

    /// The text of the rows: a JSON list, or nothing.
    pub(super) fn rows(&self) -> &[u8] {
        &self.body[self.rows.clone()]
    }

    /// Whether there is a row.
    pub(super) fn has_rows(&self) -> bool {
        self.rows().contains(&b'{')
    }

    /// Bytes of the whole answer.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }
}

fn column(json: ColumnJson) -> Result<ColumnInfo> {
    let name = json.name.clone().unwrap_or_default();
    let r#type = timestream_type(json).map_err(|why| {
        invalid(format!(
            "cannot read Timestream's answer: column `{name}` {why}"
        ))
    })?;
    Ok(ColumnInfo { name, r#type })
}

fn timestream_type(json: ColumnJson) -> Result<TimestreamType, String> {
    let r#type = json.r#type.ok_or("has no type information")?;
    if let Some(name) = r#type.scalar_type {
        return Ok(TimestreamType::Scalar(Scalar::from_any_name(&name)));
    }
    if let Some(element) = r#type.array_column_info {
        return Ok(TimestreamType::List(Box::new(timestream_type(*element)?)));
    }
    if let Some(value) = r#type.time_series_measure_value_column_info {
        return Ok(TimestreamType::Series(Box::new(timestream_type(*value)?)));
    }
    if let Some(fields) = r#type.row_column_info {
        let field = |json: ColumnJson| {
            Ok((
                json.name.clone().unwrap_or_default(),
                timestream_type(json)?,
            ))
        };
        return Ok(TimestreamType::Row(
            fields
                .into_iter()
                .map(field)
                .collect::<Result<_, String>>()?,
        ));
    }
    Err("has a type that could not be mapped".into())
}

fn malformed(error: serde_json::Error) -> Error {
    invalid("cannot read Timestream's answer: it is not the JSON of a page").with_source(error)
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidResponse, Fault::Timestream, message)
}
