//! The types that SQL names and DataFusion does not know: maps and JSON.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::{DataFusionError, plan_datafusion_err};
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::sql::sqlparser::ast::{ArrayElemTypeDef, DataType as SqlType, TimezoneInfo};

use crate::json::JSON;
use crate::types::map_of;

/// Plans them.
#[derive(Debug)]
pub struct TypesOfSql;

impl TypePlanner for TypesOfSql {
    fn plan_type_field(&self, given: &SqlType) -> Result<Option<Arc<Field>>, DataFusionError> {
        let planned = match given {
            SqlType::JSON => Some(JSON),
            SqlType::Map(key, value) => Some(map_of(planned(key)?, planned(value)?)),
            _ => None,
        };
        Ok(planned.map(|planned| Arc::new(Field::new("", planned, true))))
    }
}

/// A type within a map.
fn planned(given: &SqlType) -> Result<DataType, DataFusionError> {
    Ok(match given {
        SqlType::JSON => JSON,
        SqlType::Map(key, value) => map_of(planned(key)?, planned(value)?),
        SqlType::Array(
            ArrayElemTypeDef::AngleBracket(element) | ArrayElemTypeDef::Parenthesis(element),
        ) => DataType::List(Arc::new(Field::new_list_field(planned(element)?, true))),
        SqlType::Boolean => DataType::Boolean,
        SqlType::TinyInt(_) => DataType::Int8,
        SqlType::SmallInt(_) => DataType::Int16,
        SqlType::Int(_) | SqlType::Integer(_) => DataType::Int32,
        SqlType::BigInt(_) => DataType::Int64,
        SqlType::Real => DataType::Float32,
        SqlType::Double(_) | SqlType::DoublePrecision => DataType::Float64,
        SqlType::Varchar(None) => DataType::Utf8,
        SqlType::Varbinary(_) => DataType::Binary,
        SqlType::Date => DataType::Date32,
        SqlType::Timestamp(None | Some(3), TimezoneInfo::None) => {
            DataType::Timestamp(TimeUnit::Millisecond, None)
        }
        other => return Err(plan_datafusion_err!("a map of {other} cannot be made here")),
    })
}
