//! One answer of `Query` as JSON, its rows still text (timestream.md, sections 1.3 and 1.5).
//!
//! The next page is asked for before this one's rows are looked at, so that its token must be known without them. Rows
//! are nearly the whole page and end like nothing else in it: they are cut out there, and what remains is parsed. That
//! this was their end shows when they are decoded; if it was not, the page is read whole.

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Code, Error, Fault, Result};
use crate::query::{Scalar, TimestreamType};

/// A page: everything but the rows is read. What it says may miss a part until its rows are decoded.
#[derive(Clone, Debug)]
pub struct Page {
    /// The query's id at Timestream.
    pub query_id: String,
    /// What asks for the next page; None on the last.
    pub next_token: Option<String>,
    /// Bytes that Timestream charges for so far.
    pub bytes_metered: i64,
    /// The JSON of its columns, which is the same on every page of a query.
    described: Box<str>,
    body: Bytes,
    rows: Range<usize>,
    /// Whether nobody has looked yet that the rows end there.
    is_presumed: bool,
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
    #[serde(borrow)]
    column_info: Option<&'a RawValue>,
    query_status: Option<StatusJson>,
}

impl PageJson<'_> {
    /// Where the rows stand in the text that this was read from.
    fn rows_at(&self, text: &[u8]) -> Option<Range<usize>> {
        let rows = self.rows?.get();
        // A raw value borrows from the text.
        let start = rows.as_ptr() as usize - text.as_ptr() as usize;
        Some(start..start + rows.len())
    }
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
        match Self::around_rows(&body) {
            Some(page) => Ok(page),
            None => Self::whole(body),
        }
    }

    /// The page without a look at its rows. None: it has another form than the service's.
    ///
    /// JSON is told from a string's inside by its quotes, and every brace and bracket of the frame is paired. So what
    /// stands behind the rows' presumed end is at the top level indeed; at worst members before it are missed, which
    /// stand between the rows' true end and this one.
    fn around_rows(body: &Bytes) -> Option<Self> {
        const BEFORE: &[u8] = br#""Rows":"#;
        const FIRST: &[u8] = br#"[{"#;
        const LAST: &[u8] = b"]}]";
        const NO_ROWS: &[u8] = b"[]";
        let name = memmem::find(body, BEFORE)?;
        let start = name + BEFORE.len();
        let (head, rows) = body.split_at_checked(start)?;
        if !rows.starts_with(FIRST) {
            return None;
        }
        let length = memmem::rfind(rows, LAST)? + LAST.len();
        let frame = [head, NO_ROWS, &rows[length..]].concat();
        let json: PageJson<'_> = serde_json::from_slice(&frame).ok()?;
        if json.rows_at(&frame) != Some(start..start + NO_ROWS.len()) {
            return None;
        }
        Some(Self::new(json, body.clone(), start..start + length, true))
    }

    /// The page, every byte of it parsed.
    fn whole(body: Bytes) -> Result<Self> {
        let json: PageJson<'_> = serde_json::from_slice(&body).map_err(malformed)?;
        let rows = json.rows_at(&body).unwrap_or(0..0);
        Ok(Self::new(json, body.clone(), rows, false))
    }

    fn new(json: PageJson<'_>, body: Bytes, rows: Range<usize>, is_presumed: bool) -> Self {
        let status = json.query_status;
        Self {
            query_id: json.query_id.unwrap_or_default(),
            next_token: json.next_token.filter(|token| !token.is_empty()),
            bytes_metered: status
                .and_then(|status| status.cumulative_bytes_metered)
                .unwrap_or_default(),
            described: json.column_info.map_or("", RawValue::get).into(),
            rows,
            is_presumed,
            body,
        }
    }

    /// The JSON of its columns.
    pub(super) fn described(&self) -> &str {
        &self.described
    }

    /// Names and types; on some pages none.
    ///
    /// # Errors
    ///
    /// When they are not described as columns are.
    pub fn columns(&self) -> Result<Vec<ColumnInfo>> {
        if self.described.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<ColumnJson> = serde_json::from_str(&self.described).map_err(malformed)?;
        columns.into_iter().map(column).collect()
    }

    /// Leaves nothing presumed.
    ///
    /// # Errors
    ///
    /// When it is not the JSON of an answer.
    pub(super) fn settle(&mut self) -> Result<()> {
        if self.is_presumed {
            *self = Self::whole(self.body.clone())?;
        }
        Ok(())
    }

    /// The text of the rows: a JSON list, or nothing. It may be a presumption, see [`Page::settle`].
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
