//! A function over the values of a row, as a list of forms.

use std::sync::Arc;

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Field};
use datafusion::common::{DataFusionError, ScalarValue, exec_datafusion_err, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::column::{Column, array};
use crate::types::{Bindings, Type, type_name};
use crate::value::Value;

/// Bytes that the values of a batch take at most. Arbitrary: what a function may take of this machine's memory.
const MAX_MADE: usize = 1 << 29;

/// The values of a call to its value or what is wrong with them.
pub(crate) type Call = for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, String>;

/// The digits of a decimal, all and those after the point, by those of the arguments that are decimals.
pub(crate) type Digits = fn(&[(u8, i8)]) -> (u8, i8);

/// One way to call a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) takes: &'static [Type],
    /// Whether the last argument may be given more than once.
    pub(crate) repeats: bool,
    pub(crate) gives: Type,
    pub(crate) call: Call,
    /// Whether it is called with NULL; otherwise such a call is NULL.
    pub(crate) takes_null: bool,
    /// The digits of a decimal that it gives.
    digits: Option<Digits>,
}

impl Form {
    /// With its last argument any number of times.
    pub(crate) const fn repeated(self) -> Self {
        Self {
            repeats: true,
            ..self
        }
    }

    /// Giving a decimal of so many digits.
    pub(crate) const fn with_digits(self, digits: Digits) -> Self {
        Self {
            digits: Some(digits),
            ..self
        }
    }

    /// With NULL among its arguments too.
    pub(crate) const fn with_nulls(self) -> Self {
        Self {
            takes_null: true,
            ..self
        }
    }
}

/// A form with as many arguments as are named.
pub(crate) const fn form(takes: &'static [Type], gives: Type, call: Call) -> Form {
    Form {
        takes,
        repeats: false,
        gives,
        call,
        takes_null: false,
        digits: None,
    }
}

/// A form with the types that it has in a call.
#[derive(Debug)]
pub(crate) struct Chosen<'f> {
    pub(crate) form: &'f Form,
    pub(crate) takes: Vec<DataType>,
    pub(crate) gives: DataType,
}

/// The form that fits with the fewest coercions.
pub(crate) fn choose<'f>(forms: &'f [Form], given: &[DataType]) -> Option<Chosen<'f>> {
    let fitting = forms.iter().filter_map(|form| {
        let is_count = match form.repeats {
            true => given.len() >= form.takes.len(),
            false => given.len() == form.takes.len(),
        };
        if !is_count {
            return None;
        }
        let last = form.takes.last().into_iter().cycle();
        let wanted: Vec<Type> = (form.takes.iter().chain(last))
            .copied()
            .take(given.len())
            .collect();
        let mut bindings = Bindings::default();
        let mut cost = 0;
        for (given, wanted) in given.iter().zip(&wanted) {
            cost += bindings.fit(given, *wanted)?;
        }
        let takes = given.iter().zip(&wanted);
        let takes: Vec<DataType> = takes
            .map(|(given, wanted)| bindings.concrete(*wanted, given))
            .collect();
        let gives = match form.digits {
            None => {
                let like = takes.iter().zip(&wanted);
                let like = like.filter(|(_, wanted)| **wanted == form.gives);
                let like = like.map(|(taken, _)| taken);
                let like = like.max_by_key(|taken| taken.primitive_width());
                bindings.concrete(form.gives, like.unwrap_or(&DataType::Null))
            }
            Some(digits) => {
                let decimals = takes.iter().filter_map(|taken| match taken {
                    DataType::Decimal128(precision, scale) => Some((*precision, *scale)),
                    _ => None,
                });
                let (precision, scale) = digits(&decimals.collect::<Vec<_>>());
                DataType::Decimal128(precision.min(DECIMAL128_MAX_PRECISION), scale)
            }
        };
        Some((cost, Chosen { form, takes, gives }))
    });
    let chosen = fitting.min_by_key(|(cost, _)| *cost)?;
    Some(chosen.1)
}

/// What there is to say of arguments that no form takes.
pub(crate) fn refused<T>(
    name: &str,
    forms: &[Form],
    given: &[DataType],
) -> Result<T, DataFusionError> {
    let given: Vec<String> = given.iter().map(type_name).collect();
    let forms = forms.iter().map(|form| {
        let takes: Vec<String> = form.takes.iter().map(|wanted| wanted.name()).collect();
        format!("{name}({})", takes.join(", "))
    });
    let forms: Vec<String> = forms.collect();
    plan_err!(
        "Unexpected parameters ({}) for function {name}. Expected: {}",
        given.join(", "),
        forms.join(", ")
    )
}

/// A function of the values of a row.
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

    /// Of which two calls with the same arguments differ.
    pub(crate) fn volatile(mut self) -> Self {
        self.signature = Signature::user_defined(Volatility::Volatile);
        self
    }

    fn refused<T>(&self, given: &[DataType]) -> Result<T, DataFusionError> {
        refused(self.name, &self.forms, given)
    }
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
        match (choose(&self.forms, given), &self.otherwise) {
            (Some(chosen), _) => Ok(chosen.takes),
            (None, Some(otherwise)) => coerced(otherwise, given),
            (None, None) => self.refused(given),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        match (choose(&self.forms, given), &self.otherwise) {
            (Some(chosen), _) => Ok(chosen.gives),
            (None, Some(otherwise)) => otherwise.return_type(given),
            (None, None) => self.refused(given),
        }
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
        let Some(Chosen { form, .. }) = choose(&self.forms, &given) else {
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
        let is_one = columns.iter().all(|column| column.is_one)
            && self.signature.volatility != Volatility::Volatile;
        let rows = if is_one { 1 } else { arguments.number_rows };
        let mut values = Vec::with_capacity(rows);
        let mut made = 0;
        let mut row_values = Vec::with_capacity(columns.len());
        for row in 0..rows {
            row_values.clear();
            for column in &columns {
                row_values.push(column.value(row)?);
            }
            if !form.takes_null && row_values.iter().any(Value::is_null) {
                values.push(Value::Null);
                continue;
            }
            let value = (form.call)(&row_values).map_err(|why| exec_datafusion_err!("{why}"))?;
            made += value.weight();
            if made > MAX_MADE {
                return exec_err!(
                    "{} makes more than {MAX_MADE} bytes of a batch of rows, which is not done here",
                    self.name
                );
            }
            values.push(value);
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
