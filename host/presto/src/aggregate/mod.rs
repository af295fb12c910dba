//! Functions of the rows of a group.
//!
//! An [`Aggregate`] is a list of forms, as a scalar function is: the values of an argument come as one array when the group is
//! complete. That takes memory for all of them, which the accumulators report.

mod adopted;
mod chosen;
mod counted;
mod moments;
mod percentile;
mod sum;

pub(crate) use chosen::{MAX_N, MIN_N};

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{DataFusionError, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};

use crate::column::{Column, array};
use crate::function::{Chosen, Form, choose, refused};
use crate::value::Value;

/// All of them.
pub(crate) fn all() -> Vec<AggregateUDF> {
    let gathered = [
        chosen::all(),
        counted::all(),
        moments::all(),
        percentile::all(),
    ];
    let gathered = gathered.into_iter().flatten().map(AggregateUDF::from);
    gathered.chain(adopted::all()).collect()
}

/// An aggregate whose forms take an array of each argument's values. Rows with a NULL are left out, unless the form takes
/// NULL.
#[derive(Debug)]
struct Aggregate {
    name: &'static str,
    forms: Vec<Form>,
    signature: Signature,
}

impl Aggregate {
    fn new(name: &'static str, forms: impl Into<Vec<Form>>) -> Self {
        Self {
            name,
            forms: forms.into(),
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl PartialEq for Aggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Aggregate {}

impl std::hash::Hash for Aggregate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Aggregate {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        match choose(&self.forms, given) {
            Some(chosen) => Ok(chosen.takes),
            None => refused(self.name, &self.forms, given),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        match choose(&self.forms, given) {
            Some(chosen) => Ok(chosen.gives),
            None => refused(self.name, &self.forms, given),
        }
    }

    fn state_fields(
        &self,
        arguments: StateFieldsArgs<'_>,
    ) -> Result<Vec<FieldRef>, DataFusionError> {
        Ok(state_fields(&arguments))
    }

    fn accumulator(
        &self,
        arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>, DataFusionError> {
        let given: Vec<DataType> = arguments
            .expr_fields
            .iter()
            .map(|field| field.data_type().clone())
            .collect();
        let Some(Chosen { form, .. }) = choose(&self.forms, &given) else {
            return refused(self.name, &self.forms, &given);
        };
        Ok(Box::new(Gathered::new(*form, &arguments)))
    }
}

/// The state of [`Gathered`]: a list of each argument's values.
fn state_fields(arguments: &StateFieldsArgs<'_>) -> Vec<FieldRef> {
    let fields = arguments.input_fields.iter().enumerate();
    let fields = fields.map(|(place, field)| {
        let name = format_state_name(arguments.name, &format!("argument{place}"));
        let values = Field::new_list_field(field.data_type().clone(), true);
        Arc::new(Field::new_list(name, values, true))
    });
    fields.collect()
}

/// Rows of the frames of a window at most, all in all, after which no further one is computed: each is computed of all its
/// rows. Arbitrary: a second.
const MAX_ROWS: usize = 10_000_000;

/// The values of a group's rows so far: for each argument its type, and its values in the order they came.
#[derive(Debug)]
struct Gathered {
    form: Form,
    gives: DataType,
    is_distinct: bool,
    columns: Vec<(DataType, VecDeque<ArrayRef>)>,
    /// Rows that values were computed of.
    computed: usize,
}

impl Gathered {
    fn new(form: Form, arguments: &AccumulatorArgs<'_>) -> Self {
        let types = arguments.expr_fields.iter();
        let types = types.map(|field| field.data_type().clone());
        Self {
            form,
            gives: arguments.return_field.data_type().clone(),
            is_distinct: arguments.is_distinct,
            columns: types.map(|given| (given, VecDeque::new())).collect(),
            computed: 0,
        }
    }

    fn joined(&self) -> Result<Vec<ArrayRef>, DataFusionError> {
        let columns = self.columns.iter().map(|(data_type, arrays)| {
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            match arrays.is_empty() {
                true => Ok(arrow::array::new_empty_array(data_type)),
                false => Ok(concat(&arrays)?),
            }
        });
        columns.collect()
    }
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        for ((_, arrays), values) in self.columns.iter_mut().zip(values) {
            if !values.is_empty() {
                arrays.push_back(values.clone());
            }
        }
        Ok(())
    }

    /// A frame leaves its rows in the order that they came in.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        let gone = values.first().map_or(0, Array::len);
        for (_, arrays) in &mut self.columns {
            let mut gone = gone;
            while let Some(first) = arrays.pop_front() {
                if gone < first.len() {
                    arrays.push_front(first.slice(gone, first.len() - gone));
                    break;
                }
                gone -= first.len();
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        let columns = self.joined()?.into_iter();
        let columns = columns.map(|values| Column::new(values, false));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let count = columns.first().map_or(0, Column::len);
        if self.computed > MAX_ROWS {
            return exec_err!(
                "the frames of a window have more than {MAX_ROWS} rows, which is not computed here"
            );
        }
        self.computed += count;
        let mut rows = Vec::with_capacity(count);
        for row in 0..count {
            let values = columns.iter().map(|column| column.value(row));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            if self.form.takes_null || !values.iter().any(Value::is_null) {
                rows.push(Value::Row(values));
            }
        }
        if self.is_distinct {
            rows = crate::array::distinct(rows.iter());
        }
        let mut arguments: Vec<Vec<Value<'_>>> = columns.iter().map(|_| Vec::new()).collect();
        for row in rows {
            if let Value::Row(values) = row {
                for (argument, value) in arguments.iter_mut().zip(values) {
                    argument.push(value);
                }
            }
        }
        let arguments: Vec<Value<'_>> = arguments.into_iter().map(Value::List).collect();
        let value = (self.form.call)(&arguments).map_err(|why| exec_datafusion_err!("{why}"))?;
        ScalarValue::try_from_array(&array(vec![value], &self.gives)?, 0)
    }

    fn size(&self) -> usize {
        let arrays = self.columns.iter().flat_map(|(_, arrays)| arrays);
        // What the slices have of their buffers, which many groups share.
        let bytes = arrays.map(|values| {
            let values = values.to_data();
            size_of_val(&values) + values.get_slice_memory_size().unwrap_or_default()
        });
        size_of_val(self) + bytes.sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        let columns = self.joined()?.into_iter();
        Ok(columns
            .map(|values| SingleRowListArrayBuilder::new(values).build_list_scalar())
            .collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        let Some(count) = states.first().map(Array::len) else {
            return exec_err!("an aggregate has a state");
        };
        for row in 0..count {
            let values = states.iter().map(|state| state.as_list::<i32>().value(row));
            self.update_batch(&values.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}
