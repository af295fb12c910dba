//! A function over the values of a row, as a list of forms.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use datafusion::common::{DataFusionError, ScalarValue, exec_datafusion_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::value::{Column, Value, array};

/// What a form takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Boolean,
    Bigint,
    Double,
    Varchar,
    /// An array of texts.
    Varchars,
    Date,
    /// A timestamp of any precision, with a zone or without; given, it has the precision and zone of the argument.
    Timestamp,
    /// A timestamp of milliseconds.
    Milliseconds,
    /// An interval of months, days and parts of a day.
    Interval,
}

/// The values of a call, none of which is NULL, to its value or what is wrong with them.
pub(crate) type Call = for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, String>;

/// One way to call a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) takes: &'static [Type],
    /// Whether the last argument may be given more than once.
    pub(crate) repeats: bool,
    pub(crate) gives: Type,
    pub(crate) call: Call,
}

/// A form with as many arguments as are named.
pub(crate) const fn form(takes: &'static [Type], gives: Type, call: Call) -> Form {
    Form {
        takes,
        repeats: false,
        gives,
        call,
    }
}

/// A function. A call with NULL is NULL.
#[derive(Debug)]
pub(crate) struct Function {
    name: &'static str,
    forms: Vec<Form>,
    /// Takes the arguments that no form does.
    otherwise: Option<Arc<ScalarUDF>>,
    signature: Signature,
}

impl Function {
    pub(crate) fn new(name: &'static str, forms: impl Into<Vec<Form>>) -> Self {
        Self {
            name,
            forms: forms.into(),
            otherwise: None,
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }

    /// With a function of DataFusion's for other types.
    pub(crate) fn or(mut self, otherwise: Arc<ScalarUDF>) -> Self {
        self.otherwise = Some(otherwise);
        self
    }

    /// The form that fits with the fewest coercions, and the types that the arguments become.
    fn choose(&self, given: &[DataType]) -> Option<(&Form, Vec<DataType>)> {
        let fitting = self.forms.iter().filter_map(|form| {
            let is_count = match form.repeats {
                true => given.len() >= form.takes.len(),
                false => given.len() == form.takes.len(),
            };
            if !is_count {
                return None;
            }
            let last = form.takes.last();
            let wanted = form.takes.iter().chain(last.into_iter().cycle());
            let fitted = given
                .iter()
                .zip(wanted)
                .map(|(given, wanted)| fit(given, *wanted));
            let (types, costs): (Vec<_>, Vec<_>) =
                fitted.collect::<Option<Vec<_>>>()?.into_iter().unzip();
            Some((costs.iter().sum::<usize>(), form, types))
        });
        let chosen = fitting.min_by_key(|(cost, ..)| *cost)?;
        Some((chosen.1, chosen.2))
    }

    fn refused<T>(&self, given: &[DataType]) -> Result<T, DataFusionError> {
        let given: Vec<String> = given.iter().map(type_name).collect();
        let forms: Vec<String> = self
            .forms
            .iter()
            .map(|form| {
                let takes: Vec<&str> = form.takes.iter().map(|wanted| wanted.name()).collect();
                format!("{}({})", self.name, takes.join(", "))
            })
            .collect();
        plan_err!(
            "Unexpected parameters ({}) for function {}. Expected: {}",
            given.join(", "),
            self.name,
            forms.join(", ")
        )
    }
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Bigint => "bigint",
            Self::Double => "double",
            Self::Varchar => "varchar",
            Self::Varchars => "array(varchar)",
            Self::Date => "date",
            Self::Timestamp | Self::Milliseconds => "timestamp",
            Self::Interval => "interval",
        }
    }
}

/// A type as SQL names it.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "unknown".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::List(element) => format!("array({})", type_name(element.data_type())),
        DataType::Struct(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|member| format!("{} {}", member.name(), type_name(member.data_type())))
                .collect();
            format!("row({})", members.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

/// What an argument becomes to be taken, if Presto coerces it, and how far that is.
fn fit(given: &DataType, wanted: Type) -> Option<(DataType, usize)> {
    let data_type = match wanted {
        Type::Boolean => DataType::Boolean,
        Type::Bigint => DataType::Int64,
        Type::Double => DataType::Float64,
        Type::Varchar => DataType::Utf8,
        Type::Varchars => texts(),
        Type::Date => DataType::Date32,
        Type::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::Timestamp | Type::Milliseconds => match given {
            DataType::Timestamp(..) => return Some((given.clone(), 0)),
            DataType::Date32 | DataType::Null => {
                return Some((DataType::Timestamp(TimeUnit::Millisecond, None), 2));
            }
            _ => return None,
        },
    };
    let cost = match (given, wanted) {
        (given, _) if *given == data_type => 0,
        (DataType::Null, _)
        | (DataType::LargeUtf8 | DataType::Utf8View, Type::Varchar)
        // Counts of DataFusion's are unsigned.
        | (
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt64,
            Type::Bigint,
        )
        | (DataType::Float32 | DataType::Decimal128(..), Type::Double) => 1,
        (DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64, Type::Double)
        | (DataType::Duration(_), Type::Interval) => 2,
        _ => return None,
    };
    Some((data_type, cost))
}

/// An array of texts.
fn texts() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        match (self.choose(given), &self.otherwise) {
            (Some((_, types)), _) => Ok(types),
            (None, Some(otherwise)) => coerced(otherwise, given),
            (None, None) => self.refused(given),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        let Some((form, types)) = self.choose(given) else {
            return match &self.otherwise {
                Some(otherwise) => otherwise.return_type(given),
                None => self.refused(given),
            };
        };
        Ok(match form.gives {
            Type::Boolean => DataType::Boolean,
            Type::Bigint => DataType::Int64,
            Type::Double => DataType::Float64,
            Type::Varchar => DataType::Utf8,
            Type::Varchars => texts(),
            Type::Date => DataType::Date32,
            Type::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Type::Milliseconds => DataType::Timestamp(TimeUnit::Millisecond, None),
            Type::Timestamp => {
                let is_timestamp = |given: &&DataType| matches!(given, DataType::Timestamp(..));
                let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
                types.iter().find(is_timestamp).cloned().unwrap_or(millis)
            }
        })
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let given: Vec<DataType> = arguments
            .args
            .iter()
            .map(ColumnarValue::data_type)
            .collect();
        let Some((form, _)) = self.choose(&given) else {
            return match &self.otherwise {
                Some(otherwise) => otherwise.invoke_with_args(arguments),
                None => self.refused(&given),
            };
        };
        let columns = arguments.args.iter().map(|argument| {
            let is_one = matches!(argument, ColumnarValue::Scalar(_));
            Column::new(argument.to_array(1)?, is_one)
        });
        let columns = columns.collect::<Result<Vec<_>, DataFusionError>>()?;
        let is_one = columns.iter().all(|column| column.is_one);
        let rows = if is_one { 1 } else { arguments.number_rows };
        let mut values = Vec::with_capacity(rows);
        let mut row_values = Vec::with_capacity(columns.len());
        for row in 0..rows {
            row_values.clear();
            for column in &columns {
                row_values.push(column.value(row)?);
            }
            values.push(match row_values.contains(&Value::Null) {
                true => Value::Null,
                false => (form.call)(&row_values).map_err(|why| exec_datafusion_err!("{why}"))?,
            });
        }
        let result = array(values, arguments.return_field.data_type())?;
        Ok(match is_one {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

/// The types that arguments of DataFusion's own function become.
fn coerced(function: &ScalarUDF, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
    let fields: Vec<_> = given
        .iter()
        .map(|given| Arc::new(Field::new("argument", given.clone(), true)))
        .collect();
    let fields =
        datafusion::logical_expr::type_coercion::functions::fields_with_udf(&fields, function)?;
    Ok(fields
        .iter()
        .map(|field| field.data_type().clone())
        .collect())
}
