//! A connector of a few lines that remembers what it was asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use connector::wire::{
    Block, Capability, GetDataSourceCapabilitiesResponse, GetSplitsResponse,
    GetTableLayoutResponse, GetTableRequest, GetTableResponse, ListSchemasResponse,
    ListTablesResponse, ReadRecordsRequest, ReadRecordsResponse, Request, Response, Split,
    TableName, read_request, write_response,
};

use crate::athena::{Athena, Function, Options, Profile};

/// Answers a read.
type Read = Box<dyn Fn(&ReadRecordsRequest) -> Response + Send + Sync>;

pub(super) struct Fake {
    pub(super) splits: Vec<Split>,
    pub(super) partitions: i32,
    pub(super) functions: Vec<&'static str>,
    /// Whether `system.query` is announced.
    pub(super) passthrough: bool,
    pub(super) schema: fn(&GetTableRequest) -> SchemaRef,
    /// In every schema.
    pub(super) tables: Vec<String>,
    pub(super) read: Read,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            splits: vec![split("1")],
            partitions: 1,
            functions: Vec::new(),
            passthrough: true,
            schema: |_| schema(),
            tables: Vec::new(),
            read: Box::new(|request| inline(request, Vec::new())),
        }
    }
}

/// What a fake was asked, in order.
pub(super) type Requests = Arc<Mutex<Vec<Request>>>;

impl Fake {
    pub(super) fn function(self) -> (Function, Requests) {
        let requests = Requests::default();
        let asked = requests.clone();
        let answer = move |payload: &[u8]| {
            let request = read_request(payload)?;
            asked.lock().unwrap().push(request.clone());
            Ok(write_response(&self.answer(request))?)
        };
        (Function::Fake(Arc::new(answer)), requests)
    }

    pub(super) fn athena(self, profile: Profile) -> (Athena, Requests) {
        let (function, requests) = self.function();
        let options = Options {
            profile,
            ..options()
        };
        (Athena::open(function, options).unwrap(), requests)
    }

    fn answer(&self, request: Request) -> Response {
        match request {
            Request::ListSchemasRequest(request) => {
                Response::ListSchemasResponse(ListSchemasResponse {
                    catalog_name: request.catalog_name,
                    schemas: vec!["fleet".into(), "db".into()],
                })
            }
            Request::ListTablesRequest(request) => {
                let from: usize = request.next_token.map_or(0, |token| token.parse().unwrap());
                let end = from + usize::try_from(request.page_size).unwrap();
                let page = self.tables.iter().take(end).skip(from);
                let table = |table_name: &String| TableName {
                    schema_name: request.schema_name.clone(),
                    table_name: table_name.clone(),
                };
                Response::ListTablesResponse(ListTablesResponse {
                    tables: page.map(table).collect(),
                    catalog_name: request.catalog_name,
                    next_token: (end < self.tables.len()).then(|| end.to_string()),
                })
            }
            Request::GetTableRequest(request) => Response::GetTableResponse(GetTableResponse {
                schema: (self.schema)(&request),
                catalog_name: request.catalog_name,
                table_name: request.table_name,
                partition_columns: Vec::new(),
            }),
            Request::GetDataSourceCapabilitiesRequest(request) => {
                let one = |name: &str, properties: Vec<String>| {
                    vec![Capability {
                        sub_type: name.into(),
                        properties,
                    }]
                };
                let functions = self
                    .functions
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect();
                let mut capabilities = BTreeMap::from([
                    (
                        "supports_complex_expression_pushdown".to_owned(),
                        one("supported_function_expression_types", functions),
                    ),
                    (
                        "supports_limit_pushdown".to_owned(),
                        one("integer_constant", Vec::new()),
                    ),
                    (
                        "supports_top_n_pushdown".to_owned(),
                        one("SUPPORTS_ORDER_BY", Vec::new()),
                    ),
                ]);
                if self.passthrough {
                    // As in federation-protocol.md, section 5.2.
                    let signature = [
                        ("query_passthrough_schema", "system"),
                        ("query_passthrough_name", "query"),
                        ("query_passthrough_arguments", "QUERY"),
                    ];
                    let signature = signature.map(|(name, value)| one(name, vec![value.into()]));
                    capabilities.insert("SYSTEM.QUERY".into(), signature.concat());
                }
                Response::GetDataSourceCapabilitiesResponse(GetDataSourceCapabilitiesResponse {
                    catalog_name: request.catalog_name,
                    capabilities,
                })
            }
            Request::GetTableLayoutRequest(request) => {
                let field = Field::new("partitionId", DataType::Int32, true);
                let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(0..self.partitions));
                let partitions =
                    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![ids]).unwrap();
                Response::GetTableLayoutResponse(GetTableLayoutResponse {
                    catalog_name: request.catalog_name,
                    table_name: request.table_name,
                    partitions: Block(partitions),
                })
            }
            // One split an answer, so that tokens are followed.
            Request::GetSplitsRequest(request) => {
                let at: usize = request
                    .continuation_token
                    .map_or(0, |token| token.parse().unwrap());
                Response::GetSplitsResponse(GetSplitsResponse {
                    catalog_name: request.catalog_name,
                    splits: self.splits.get(at).cloned().into_iter().collect(),
                    continuation_token: (at + 1 < self.splits.len()).then(|| (at + 1).to_string()),
                })
            }
            Request::ReadRecordsRequest(request) => (self.read)(&request),
            other => panic!("Athena does not send {}", other.name()),
        }
    }
}

pub(super) fn options() -> Options {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .build();
    Options::new(aws_sdk_s3::Client::from_conf(config))
}

pub(super) fn split(name: &str) -> Split {
    let properties = BTreeMap::from([("name".to_owned(), name.to_owned())]);
    Split {
        spill_location: None,
        encryption_key: None,
        properties,
    }
}

/// A column of every type, with the wire's types.
pub(super) fn schema() -> SchemaRef {
    let element = Arc::new(Field::new("item", DataType::Utf8, true));
    let zone = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let columns = [
        ("flag", DataType::Boolean),
        ("small", DataType::Int32),
        ("big", DataType::Int64),
        ("ratio", DataType::Float64),
        ("name", DataType::Utf8),
        ("day", DataType::Date32),
        ("time", DataType::Date64),
        ("seen", zone),
        ("tags", DataType::List(element)),
        ("measure_value::double", DataType::Float64),
    ];
    let fields: Vec<Field> = columns
        .map(|(name, data_type)| Field::new(name, data_type, true))
        .into();
    let metadata = HashMap::from([("name".to_owned(), "a comment".to_owned())]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// An inline answer of these columns, which must be the ones asked for.
pub(super) fn inline(request: &ReadRecordsRequest, columns: Vec<ArrayRef>) -> Response {
    let records = match columns.is_empty() {
        true => RecordBatch::new_empty(request.schema.clone()),
        false => RecordBatch::try_new(request.schema.clone(), columns).unwrap(),
    };
    Response::ReadRecordsResponse(ReadRecordsResponse {
        catalog_name: request.catalog_name.clone(),
        records: Block(records),
    })
}
