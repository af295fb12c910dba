//! Functions that take a lambda, and `try`, which is one.
//!
//! A lambda is evaluated over the elements of many rows at once; a column beside its parameters is repeated for each
//! element.

mod evaluate;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use self::evaluate::{filtered, mapped, matched, reduced, sorted, transformed, tried, zipped};
use crate::compact::compact;
use crate::types::map_of;

/// `array_sort` with a comparison, which is another function than the one without.
pub(crate) const SORT_BY: &str = "array_sort\u{1}by";
/// `try`, whose argument is the body of a lambda over rows.
pub(crate) const TRY: &str = "try";

/// All of them.
pub(crate) fn all() -> Vec<HigherOrderUDF> {
    use Kind::{Filter, Match, Reduce, SortBy, Transform, Try, ZipWith};
    let kinds = [
        ("transform", Transform),
        ("filter", Filter),
        ("any_match", Match(Quantifier::Any)),
        ("all_match", Match(Quantifier::All)),
        ("none_match", Match(Quantifier::None)),
        ("zip_with", ZipWith),
        ("reduce", Reduce),
        (SORT_BY, SortBy),
        (TRY, Try),
        ("transform_values", Kind::TransformValues),
        ("map_filter", Kind::MapFilter),
    ];
    let functions = kinds.map(|(name, kind)| Lambda {
        name,
        kind,
        signature: HigherOrderSignature::user_defined(Volatility::Immutable),
    });
    functions.map(HigherOrderUDF::from).into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Transform,
    Filter,
    Match(Quantifier),
    ZipWith,
    Reduce,
    SortBy,
    Try,
    TransformValues,
    MapFilter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Quantifier {
    Any,
    All,
    None,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Lambda {
    name: &'static str,
    kind: Kind,
    signature: HigherOrderSignature,
}

impl Lambda {
    fn refused<T>(&self) -> Result<T, DataFusionError> {
        let takes = match self.kind {
            Kind::Transform | Kind::Filter | Kind::Match(_) => "array(T), function(T)",
            Kind::ZipWith => "array(T), array(U), function(T, U)",
            Kind::Reduce => "array(T), S, function(S, T, S), function(S, R)",
            Kind::SortBy => "array(T), function(T, T, integer)",
            Kind::Try => "T",
            Kind::TransformValues | Kind::MapFilter => "map(K, V), function(K, V)",
        };
        let name = self.name.split('\u{1}').next().unwrap_or_default();
        plan_err!("Unexpected parameters for function {name}. Expected: {name}({takes})")
    }
}

fn named(name: &str, data_type: &DataType) -> FieldRef {
    Arc::new(Field::new(name, data_type.clone(), true))
}

fn list_of(element: &DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element.clone(), true)))
}

/// The type of an array's elements.
fn element(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(field) => Some(field.data_type()),
        DataType::Null => Some(&DataType::Null),
        _ => None,
    }
}

/// The types of a map's keys and values.
fn entry(data_type: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = data_type else {
        return None;
    };
    match entries.data_type() {
        DataType::Struct(fields) => Some((fields.first()?.data_type(), fields.get(1)?.data_type())),
        _ => None,
    }
}

impl HigherOrderUDFImpl for Lambda {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let is_array = |given: &DataType| element(given).is_some();
        let is_taken = match (self.kind, given) {
            (Kind::Transform | Kind::Filter | Kind::Match(_) | Kind::SortBy, [array]) => {
                is_array(array)
            }
            (Kind::ZipWith, [left, right]) => is_array(left) && is_array(right),
            (Kind::Reduce, [array, _]) => is_array(array),
            (Kind::Try, []) => true,
            (Kind::TransformValues | Kind::MapFilter, [map]) => entry(map).is_some(),
            _ => false,
        };
        match is_taken {
            true => Ok(given
                .iter()
                .map(|given| match (given, self.kind) {
                    (DataType::Null, Kind::Reduce) | (DataType::List(_), _) => given.clone(),
                    (DataType::Null, _) => list_of(&DataType::Null),
                    (given, _) => given.clone(),
                })
                .collect()),
            false => self.refused(),
        }
    }

    fn lambda_parameters(
        &self,
        _: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress, DataFusionError> {
        use LambdaParametersProgress::{Complete, Partial};
        use ValueOrLambda::{Lambda as Function, Value as Given};
        let of = |array: &FieldRef| match element(array.data_type()) {
            Some(element) => Ok(element.clone()),
            None => self.refused(),
        };
        Ok(match (self.kind, fields) {
            (Kind::Transform | Kind::Filter | Kind::Match(_), [Given(array), Function(_)]) => {
                Complete(vec![vec![named("element", &of(array)?)]])
            }
            (Kind::SortBy, [Given(array), Function(_)]) => {
                let element = of(array)?;
                Complete(vec![vec![
                    named("left", &element),
                    named("right", &element),
                ]])
            }
            (Kind::ZipWith, [Given(left), Given(right), Function(_)]) => Complete(vec![vec![
                named("left", &of(left)?),
                named("right", &of(right)?),
            ]]),
            (Kind::TransformValues | Kind::MapFilter, [Given(map), Function(_)]) => {
                let Some((key, value)) = entry(map.data_type()) else {
                    return self.refused();
                };
                Complete(vec![vec![named("key", key), named("value", value)]])
            }
            (Kind::Try, [Function(_)]) => Complete(vec![vec![named("row", &DataType::UInt32)]]),
            (Kind::Reduce, [Given(array), Given(start), Function(step), Function(_)]) => {
                let state = start.data_type();
                let steps = vec![named("state", state), named("element", &of(array)?)];
                match step {
                    None => Partial(vec![Some(steps), None]),
                    Some(step) if is_state(step.data_type(), state) => {
                        Complete(vec![steps, vec![named("state", state)]])
                    }
                    Some(_) => return self.refused(),
                }
            }
            _ => return self.refused(),
        })
    }

    fn return_field_from_args(
        &self,
        arguments: HigherOrderReturnFieldArgs<'_>,
    ) -> Result<FieldRef, DataFusionError> {
        let types = arguments.arg_fields.iter().map(|field| match field {
            ValueOrLambda::Value(field) | ValueOrLambda::Lambda(field) => field.data_type().clone(),
        });
        let types: Vec<DataType> = types.collect();
        let is_boolean = |given: &DataType| matches!(given, DataType::Boolean | DataType::Null);
        let gives = match (self.kind, types.as_slice()) {
            (Kind::Transform, [_, body]) => list_of(body),
            (Kind::Filter | Kind::MapFilter, [array, body]) if is_boolean(body) => array.clone(),
            (Kind::Match(_), [_, body]) if is_boolean(body) => DataType::Boolean,
            (Kind::ZipWith, [_, _, body]) => list_of(body),
            (Kind::Reduce, [_, _, _, body]) => body.clone(),
            (Kind::SortBy, [array, body]) if body.is_integer() => array.clone(),
            (Kind::Try, [body]) => body.clone(),
            (Kind::TransformValues, [map, body]) => match entry(map) {
                Some((key, _)) => map_of(key.clone(), body.clone()),
                None => return self.refused(),
            },
            _ => return self.refused(),
        };
        Ok(named("", &gives))
    }

    fn invoke_with_args(
        &self,
        arguments: HigherOrderFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        use ValueOrLambda::{Lambda as Function, Value as Given};
        let rows = arguments.number_rows;
        let to = arguments.return_type().clone();
        let array = |value: &ColumnarValue| value.to_array(rows);
        let result = match (self.kind, arguments.args.as_slice()) {
            (Kind::Try, [Function(body)]) => tried(body, rows, &to)?,
            (Kind::Reduce, [Given(list), Given(start), Function(step), Function(end)]) => {
                reduced(&array(list)?, array(start)?, step, end, &to)?
            }
            (Kind::ZipWith, [Given(left), Given(right), Function(body)]) => {
                zipped(&array(left)?, &array(right)?, body, &to)?
            }
            (Kind::TransformValues | Kind::MapFilter, [Given(map), Function(body)]) => {
                mapped(self.kind, &array(map)?, body, &to)?
            }
            (kind, [Given(list), Function(body)]) => {
                let list = compact(&array(list)?)?;
                match kind {
                    Kind::Transform => transformed(&list, body, &to)?,
                    Kind::Filter => filtered(&list, body, &to)?,
                    Kind::Match(quantifier) => matched(&list, body, quantifier)?,
                    _ => sorted(&list, body, &to)?,
                }
            }
            _ => return exec_err!("`{}` has other arguments", self.name),
        };
        Ok(ColumnarValue::Array(result))
    }
}

/// Whether what a step gives can be the state: of its type, or NULL.
fn is_state(given: &DataType, state: &DataType) -> bool {
    match (given, state) {
        (DataType::Null, _) => true,
        (DataType::List(given), DataType::List(state)) => {
            is_state(given.data_type(), state.data_type())
        }
        (DataType::Struct(given), DataType::Struct(state)) => {
            let members = given.iter().zip(state);
            let mut members =
                members.map(|(given, state)| is_state(given.data_type(), state.data_type()));
            given.len() == state.len() && members.all(|is_state| is_state)
        }
        _ => given == state,
    }
}
