//! Sums of bigints: one, of distinct values, of many groups.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Int64Type};
use datafusion::common::{DataFusionError, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

/// A sum on its way: as many digits as no sum of bigints outgrows.
const SUM: DataType = DataType::Decimal128(38, 0);

/// The state of a sum on its way: [`SUM`], and of how many values.
pub(super) fn state_fields(name: &str) -> Vec<FieldRef> {
    let field = |of, data_type| {
        let name = format_state_name(name, of);
        Arc::new(Field::new(name, data_type, true))
    };
    vec![field("sum", SUM), field("count", DataType::Int64)]
}

fn bigint(sum: i128) -> Result<i64, DataFusionError> {
    i64::try_from(sum)
        .map_err(|_| exec_datafusion_err!("bigint addition overflow: the sum is {sum}"))
}

/// The sum of a group, and of how many values it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct One {
    sum: i128,
    count: i64,
}

impl One {
    fn value(self) -> Result<Option<i64>, DataFusionError> {
        match self.count {
            0 => Ok(None),
            _ => bigint(self.sum).map(Some),
        }
    }

    fn add(&mut self, values: &[ArrayRef], sign: i64) {
        if let [values] = values {
            for value in values.as_primitive::<Int64Type>().iter().flatten() {
                self.sum += i128::from(value) * i128::from(sign);
                self.count += sign;
            }
        }
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        self.add(values, 1);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        self.add(values, -1);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        self.value().map(ScalarValue::Int64)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        Ok(vec![
            ScalarValue::Decimal128(Some(self.sum), 38, 0),
            ScalarValue::Int64(Some(self.count)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        let (sums, counts) = state(states)?;
        for (sum, count) in sums.iter().zip(counts) {
            self.sum += sum.unwrap_or_default();
            self.count += count.unwrap_or_default();
        }
        Ok(())
    }
}

fn state(states: &[ArrayRef]) -> Result<(&Decimal128Array, &Int64Array), DataFusionError> {
    match states {
        [sums, counts] => Ok((
            sums.as_primitive::<Decimal128Type>(),
            counts.as_primitive::<Int64Type>(),
        )),
        _ => exec_err!("the state of a sum has two columns"),
    }
}

/// DataFusion's accumulator of distinct values, whose sum is checked.
#[derive(Debug)]
pub(super) struct OfDistinct(pub(super) Box<dyn Accumulator>);

impl Accumulator for OfDistinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        self.0.update_batch(values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        let state = self.0.state()?;
        let [ScalarValue::List(values)] = state.as_slice() else {
            return exec_err!("the state of a distinct sum is one list");
        };
        let mut one = One::default();
        for values in values.iter().flatten() {
            one.add(&[values], 1);
        }
        one.value().map(ScalarValue::Int64)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        self.0.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        self.0.merge_batch(states)
    }
}

/// The sums of many groups.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<One>);

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<(), DataFusionError> {
        self.0.resize(total_num_groups, One::default());
        let [values] = values else {
            return exec_err!("sum takes one argument");
        };
        let values = values.as_primitive::<Int64Type>();
        for (row, group) in group_indices.iter().enumerate() {
            let is_kept = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if is_kept && values.is_valid(row) {
                let one = &mut self.0[*group];
                one.sum += i128::from(values.value(row));
                one.count += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef, DataFusionError> {
        let sums = emit_to.take_needed(&mut self.0).into_iter().map(One::value);
        Ok(Arc::new(sums.collect::<Result<Int64Array, _>>()?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>, DataFusionError> {
        let groups = emit_to.take_needed(&mut self.0);
        let sums: Decimal128Array = groups.iter().map(|one| Some(one.sum)).collect();
        let counts: Int64Array = groups.iter().map(|one| Some(one.count)).collect();
        Ok(vec![Arc::new(sums.with_data_type(SUM)), Arc::new(counts)])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<(), DataFusionError> {
        self.0.resize(total_num_groups, One::default());
        let (sums, counts) = state(states)?;
        for (row, group) in group_indices.iter().enumerate() {
            let one = &mut self.0[*group];
            one.sum += sums.value(row);
            one.count += counts.value(row);
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>, DataFusionError> {
        let mut rows = Self::default();
        let count = values.first().map_or(0, Array::len);
        let each: Vec<usize> = (0..count).collect();
        rows.update_batch(values, &each, filter, count)?;
        rows.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<One>()
    }
}
