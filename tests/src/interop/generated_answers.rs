//! Answers that are generated here, of every type and over all of the protocol's types, read by the Java SDK.
//!
//! Each case has a seed, which a failure names.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector::spill::encrypt;
use connector::wire::{
    Block, Capability, EncryptionKey, Framing, GetDataSourceCapabilitiesResponse,
    GetSplitsResponse, GetTableLayoutResponse, GetTableResponse, ListSchemasResponse,
    ListTablesResponse, PingResponse, ReadRecordsResponse, RemoteReadRecordsResponse, Response,
    SpillLocation, Split, TableName, encode_batch, write_response,
};
use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::cells::{Cell, Kind, text};
use super::said::sorted;
use super::{cases, compare, java};

/// The first seed; any number does.
const FIRST_SEED: u64 = 1;

/// How deeply types are nested in each other.
const DEPTH: u32 = 3;

/// An answer, and what Java must say of it.
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) version: u64,
    /// Its JSON.
    pub(super) answer: String,
    /// Spilled objects by their keys, in base64.
    pub(super) objects: Map<String, Value>,
    /// Blocks that it holds or names.
    pub(super) blocks: u64,
    pub(super) expected: Value,
}

impl Case {
    /// The case of a seed; the same one every time.
    pub(super) fn generate(seed: u64) -> Self {
        // Capabilities came with version 4, all else was there before.
        let version = 2 + seed % 5;
        let mut generator = Generator {
            rng: Rng::with_seed(seed),
            objects: Map::new(),
            blocks: 0,
        };
        let (answer, expected) = generator.answer(version);
        Self {
            seed,
            version,
            answer: String::from_utf8(write_response(&answer).unwrap()).unwrap(),
            objects: generator.objects,
            blocks: generator.blocks,
            expected,
        }
    }

    /// For the Java side.
    pub(super) fn line(&self) -> Value {
        json!({"version": self.version, "answer": self.answer, "objects": self.objects})
    }
}

#[test]
fn generated_answers_and_blocks_of_every_type_are_read_by_java_value_for_value() {
    // A case has up to three blocks, or none.
    let (mut generated, mut blocks) = (Vec::new(), 0);
    for case in (FIRST_SEED..).map(Case::generate) {
        blocks += case.blocks;
        generated.push(case);
        if blocks >= cases() {
            break;
        }
    }
    let lines = generated.iter().map(Case::line);
    let Some(said) = java::answer_lines::<Value>("read", "generated-answers", lines) else {
        return;
    };
    for (case, said) in generated.iter().zip(said) {
        let place = format!("seed {} in version {}", case.seed, case.version);
        compare(&place, &case.expected, &said);
    }
}

struct Generator {
    rng: Rng,
    objects: Map<String, Value>,
    blocks: u64,
}

impl Generator {
    fn answer(&mut self, version: u64) -> (Response, Value) {
        let catalog_name = self.text();
        let (answer, mut said) = match self.rng.u32(0..24) {
            0 => self.ping(&catalog_name),
            1 => self.schemas(&catalog_name),
            2 => self.tables(&catalog_name),
            3 if version >= 4 => self.capabilities(&catalog_name),
            4 | 5 => self.table(&catalog_name),
            6 | 7 => self.splits(&catalog_name),
            8..12 => self.layout(&catalog_name),
            12..18 => self.spilled(&catalog_name),
            _ => self.inline(&catalog_name),
        };
        said["catalogName"] = json!(catalog_name);
        (answer, said)
    }

    fn ping(&mut self, catalog_name: &str) -> (Response, Value) {
        let answer = PingResponse {
            catalog_name: catalog_name.into(),
            query_id: self.text(),
            source_type: self.perhaps(),
            capabilities: self.rng.u32(0..100),
            ser_de_version: self.rng.u32(1..9),
        };
        let said = json!({
            "queryId": answer.query_id, "sourceType": answer.source_type, "capabilities": answer.capabilities,
            "serDeVersion": answer.ser_de_version,
        });
        (Response::PingResponse(answer), said)
    }

    fn schemas(&mut self, catalog_name: &str) -> (Response, Value) {
        let schemas = self.texts();
        let said = json!({"schemas": schemas});
        let catalog_name = catalog_name.into();
        let answer = ListSchemasResponse {
            catalog_name,
            schemas,
        };
        (Response::ListSchemasResponse(answer), said)
    }

    fn tables(&mut self, catalog_name: &str) -> (Response, Value) {
        let tables: Vec<TableName> = (0..self.rng.u32(0..4)).map(|_| self.name()).collect();
        let next_token = self.perhaps();
        let said = json!({
            "tables": tables.iter().map(qualified).collect::<Vec<_>>(), "nextToken": next_token,
        });
        let answer = ListTablesResponse {
            tables,
            catalog_name: catalog_name.into(),
            next_token,
        };
        (Response::ListTablesResponse(answer), said)
    }

    fn capabilities(&mut self, catalog_name: &str) -> (Response, Value) {
        let mut capabilities = BTreeMap::new();
        for number in 0..self.rng.u32(0..4) {
            let sub_types: Vec<Capability> = (0..self.rng.u32(0..3))
                .map(|sub_type| Capability {
                    sub_type: format!("{sub_type}{}", self.text()),
                    properties: self.texts(),
                })
                .collect();
            capabilities.insert(format!("{number}{}", self.text()), sub_types);
        }
        let said: Map<String, Value> = capabilities
            .iter()
            .map(|(name, sub_types)| {
                let properties = |one: &Capability| (one.sub_type.clone(), json!(one.properties));
                let sub_types: Map<String, Value> = sub_types.iter().map(properties).collect();
                (name.clone(), Value::Object(sub_types))
            })
            .collect();
        let answer = GetDataSourceCapabilitiesResponse {
            catalog_name: catalog_name.into(),
            capabilities,
        };
        (
            Response::GetDataSourceCapabilitiesResponse(answer),
            json!({"capabilities": said}),
        )
    }

    fn table(&mut self, catalog_name: &str) -> (Response, Value) {
        let table_name = self.name();
        let columns = self.columns();
        let (schema, words) = self.schema(&columns);
        let mut partition_columns = self.texts();
        partition_columns.sort_unstable();
        partition_columns.dedup();
        let said = json!({
            "table": qualified(&table_name), "schema": words, "partitionColumns": sorted(&partition_columns),
        });
        let answer = GetTableResponse {
            catalog_name: catalog_name.into(),
            table_name,
            schema: Arc::new(schema),
            partition_columns,
        };
        (Response::GetTableResponse(answer), said)
    }

    fn splits(&mut self, catalog_name: &str) -> (Response, Value) {
        // In the order in which the Java side says them.
        let (bucket, prefix) = (self.text(), self.text());
        let splits: Vec<Split> = (0..self.rng.u32(0..4))
            .map(|number| Split {
                spill_location: Some(SpillLocation::S3SpillLocation {
                    bucket: bucket.clone(),
                    key: format!("{prefix}/{number}"),
                    directory: true,
                }),
                encryption_key: self.key(),
                properties: self.properties(),
            })
            .collect();
        let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
        let words = splits.iter().enumerate().map(|(number, split)| {
            let key = split.encryption_key.as_ref();
            json!({
                "bucket": bucket, "key": format!("{prefix}/{number}"), "directory": true,
                "encryptionKey": key.map(|key| base64(&key.key)), "nonce": key.map(|key| base64(&key.nonce)),
                "properties": split.properties,
            })
        });
        let words = words.collect::<Value>();
        let continuation_token = self.perhaps();
        let said = json!({"splits": words, "continuationToken": continuation_token});
        let answer = GetSplitsResponse {
            catalog_name: catalog_name.into(),
            splits,
            continuation_token,
        };
        (Response::GetSplitsResponse(answer), said)
    }

    fn layout(&mut self, catalog_name: &str) -> (Response, Value) {
        let table_name = self.name();
        let columns = self.columns();
        let (schema, words) = self.schema(&columns);
        let (batch, rows) = self.batch(&columns, schema, 0);
        let said = json!({
            "table": qualified(&table_name), "partitions": {"schema": words, "rows": rows},
        });
        let answer = GetTableLayoutResponse {
            catalog_name: catalog_name.into(),
            table_name,
            partitions: Block(batch),
        };
        (Response::GetTableLayoutResponse(answer), said)
    }

    fn inline(&mut self, catalog_name: &str) -> (Response, Value) {
        let columns = self.columns();
        let (schema, words) = self.schema(&columns);
        let (batch, rows) = self.batch(&columns, schema, 0);
        let answer = ReadRecordsResponse {
            catalog_name: catalog_name.into(),
            records: Block(batch),
        };
        (
            Response::ReadRecordsResponse(answer),
            json!({"records": {"schema": words, "rows": rows}}),
        )
    }

    fn spilled(&mut self, catalog_name: &str) -> (Response, Value) {
        let columns = self.columns();
        let (schema, words) = self.schema(&columns);
        let (bucket, split_key) = (self.text(), self.text());
        let encryption_key = self.key();
        let mut remote_blocks = Vec::new();
        let mut blocks = Vec::new();
        for number in 0..self.rng.u32(0..4) {
            // An object without rows is never spilled, and the SDK could not read it.
            let (batch, rows) = self.batch(&columns, schema.clone(), 1);
            let key = format!("{split_key}.{number}");
            let mut object = encode_batch(&batch, Framing::Legacy).unwrap();
            if let Some(key) = &encryption_key {
                encrypt(key, &mut object).unwrap();
            }
            self.objects
                .insert(key.clone(), STANDARD.encode(object).into());
            blocks.push(json!({"bucket": bucket, "key": key, "directory": false, "rows": rows}));
            remote_blocks.push(SpillLocation::S3SpillLocation {
                bucket: bucket.clone(),
                key,
                directory: false,
            });
        }
        let said = json!({
            "schema": words, "encrypted": encryption_key.is_some(), "blocks": blocks,
        });
        let answer = RemoteReadRecordsResponse {
            catalog_name: catalog_name.into(),
            schema: Arc::new(schema),
            remote_blocks,
            encryption_key,
        };
        (Response::RemoteReadRecordsResponse(answer), said)
    }

    /// Sometimes none: `count(*)` asks for rows without a column.
    fn columns(&mut self) -> Vec<(String, Kind)> {
        (0..self.rng.usize(0..6))
            .map(|number| {
                let name = format!("{}{number}", self.text());
                (name, Kind::random(&mut self.rng, DEPTH))
            })
            .collect()
    }

    fn schema(&mut self, columns: &[(String, Kind)]) -> (Schema, Value) {
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, kind)| Field::new(name, kind.data_type(), true))
            .collect();
        let metadata = self.properties();
        let words: Vec<String> = columns
            .iter()
            .map(|(name, kind)| kind.field_words(name))
            .collect();
        let words = json!({"fields": words, "refused": [], "metadata": metadata});
        (
            Schema::new_with_metadata(fields, metadata.into_iter().collect()),
            words,
        )
    }

    /// So many rows at least as Arrow, and what Java must say of them. Often cut out of more, so that buffers do not begin with them.
    fn batch(
        &mut self,
        columns: &[(String, Kind)],
        schema: Schema,
        least: usize,
    ) -> (RecordBatch, Value) {
        self.blocks += 1;
        let rows = self.rng.usize(least..7);
        let (before, after) = match self.rng.bool() {
            true => (self.rng.usize(0..10), self.rng.usize(0..10)),
            false => (0, 0),
        };
        let all = before + rows + after;
        let mut arrays = Vec::new();
        let mut said = vec![Vec::new(); rows];
        for (_, kind) in columns {
            // Columns without a NULL, with some, and with nothing else.
            let nulls = *self.rng.choice(&[0, 1, 3, 5]).unwrap();
            let cells: Vec<Cell> = (0..all)
                .map(|_| kind.random_cell(&mut self.rng, nulls))
                .collect();
            arrays.push(kind.array(&cells.iter().collect::<Vec<_>>()));
            for (said, cell) in said.iter_mut().zip(&cells[before..]) {
                said.push(kind.said(cell));
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(all));
        let batch = RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).unwrap();
        (batch.slice(before, rows), json!(said))
    }

    fn key(&mut self) -> Option<EncryptionKey> {
        let bytes = *self.rng.choice(&[0, 16, 32]).unwrap();
        (bytes > 0).then(|| EncryptionKey {
            key: (0..bytes).map(|_| self.rng.u8(..)).collect(),
            nonce: (0..12).map(|_| self.rng.u8(..)).collect(),
        })
    }

    fn text(&mut self) -> String {
        text(&mut self.rng)
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.rng.u32(0..4)).map(|_| self.text()).collect()
    }

    fn properties(&mut self) -> BTreeMap<String, String> {
        (0..self.rng.u32(0..3))
            .map(|_| (self.text(), self.text()))
            .collect()
    }

    fn perhaps(&mut self) -> Option<String> {
        self.rng.bool().then(|| self.text())
    }

    fn name(&mut self) -> TableName {
        TableName {
            schema_name: self.text(),
            table_name: self.text(),
        }
    }
}

/// As the Java side says a table's name.
fn qualified(name: &TableName) -> String {
    format!("{}.{}", name.schema_name, name.table_name)
}
