//! GetTable: the table's fields as a schema, with everything later calls need in its metadata.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};

use super::Connector;
use super::scan::{Asked, DIALECT, Planned};
use crate::catalog::{self, Carried, Found};
use crate::error::Result;
use crate::query::Mapping;
use crate::wire::{Constraints, GetTableRequest, GetTableResponse};

impl Connector {
    pub(super) async fn get_table(&self, request: GetTableRequest) -> Result<GetTableResponse> {
        let constraints = Constraints {
            query_passthrough_arguments: request.query_passthrough_arguments,
            ..Constraints::default()
        };
        let planned = if constraints.query_passthrough_arguments.is_empty() {
            let Found { table, comments } = self
                .found(request.identity.as_ref(), &request.table_name)
                .await?;
            let plugin = self.plugin(table.option(DIALECT), None).await?;
            let mut mapping = plugin.map_table(&table)?;
            comment(&mut mapping, comments);
            Planned {
                plugin,
                table,
                mapping,
            }
        } else {
            let asked = Asked {
                identity: request.identity.as_ref(),
                name: &request.table_name,
                schema: &Schema::empty(),
                constraints: &constraints,
            };
            self.planned(asked, None).await?
        };
        Ok(GetTableResponse {
            catalog_name: request.catalog_name,
            table_name: request.table_name,
            schema: schema(&planned)?,
            partition_columns: Vec::new(),
        })
    }
}

/// Puts a person's comment on the first field that shows its column, in place of the dialect's.
fn comment(mapping: &mut Mapping, comments: Vec<Option<String>>) {
    for (column, comment) in comments.into_iter().enumerate() {
        let mut fields = mapping.fields.iter_mut();
        let field = fields.find(|field| field.column == Some(column));
        if let (Some(field), Some(_)) = (field, &comment) {
            field.comment = comment;
        }
    }
}

/// Comments are metadata under the column's name (federation-protocol.md, section 2.6).
fn schema(planned: &Planned) -> Result<SchemaRef> {
    let mapping = &planned.mapping;
    let mut metadata: HashMap<String, String> = mapping
        .fields
        .iter()
        .filter_map(|field| Some((field.name.clone(), field.comment.clone()?)))
        .filter(|(name, _)| !name.starts_with(catalog::RESERVED_PREFIX))
        .collect();
    Carried::put_table(&planned.table, &mut metadata)?;
    Carried::put_digest(planned.plugin.digest(), &mut metadata);
    let fields: Vec<Field> = mapping
        .fields
        .iter()
        .map(|field| Field::new(&field.name, field.data_type.clone(), true))
        .collect();
    Ok(Arc::new(Schema::new_with_metadata(fields, metadata)))
}
