//! Values as Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray,
    StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};

use super::{Cell, Kind, ZONES, entries, fields, nullable};

impl Kind {
    /// An array of values of this type.
    pub(in crate::interop) fn array<'a>(&self, cells: &[&'a Cell]) -> ArrayRef {
        fn all<'a, T>(cells: &[&'a Cell], value: impl Fn(&'a Cell) -> Option<T>) -> Vec<Option<T>> {
            let value = |cell: &&'a Cell| match cell {
                Cell::Null => None,
                cell => Some(value(cell).unwrap_or_else(|| panic!("{cell:?} is not of the type"))),
            };
            cells.iter().map(value).collect()
        }
        fn whole<T: TryFrom<i64>>(cell: &Cell) -> Option<T> {
            match cell {
                Cell::Int(value) => T::try_from(*value).ok(),
                _ => None,
            }
        }
        macro_rules! values {
            ($($cell:pat => $value:expr),+ ; $array:ty) => {
                <$array>::from(all(cells, |cell| match cell {
                    $($cell => Some($value),)+
                    _ => None,
                }))
            };
        }
        match self {
            Self::Bool => Arc::new(values!(Cell::Bool(value) => *value; BooleanArray)),
            Self::Int(8) => Arc::new(Int8Array::from(all(cells, whole))),
            Self::Int(16) => Arc::new(Int16Array::from(all(cells, whole))),
            Self::Int(32) => Arc::new(Int32Array::from(all(cells, whole))),
            Self::Int(_) => Arc::new(Int64Array::from(all(cells, whole))),
            Self::Float => Arc::new(values!(Cell::Float(value) => *value; Float32Array)),
            Self::Double => Arc::new(values!(Cell::Double(value) => *value; Float64Array)),
            Self::Decimal(precision, scale) => Arc::new(
                values!(Cell::Decimal(value) => *value; Decimal128Array)
                    .with_precision_and_scale(*precision, *scale)
                    .unwrap(),
            ),
            Self::Text => Arc::new(values!(Cell::Text(value) => value.as_str(); StringArray)),
            Self::Bytes => Arc::new(values!(Cell::Bytes(value) => value.as_slice(); BinaryArray)),
            Self::Day => Arc::new(Date32Array::from(all(cells, whole))),
            Self::Milli => Arc::new(Date64Array::from(all(cells, whole))),
            Self::Zoned => Arc::new(
                values!(Cell::Zoned(millis, zone) => (millis << 12) | ZONES[*zone].0; TimestampMillisecondArray)
                    .with_timezone("UTC"),
            ),
            Self::Micro => {
                Arc::new(TimestampMicrosecondArray::from(all(cells, whole)).with_timezone("UTC"))
            }
            Self::List(element) => {
                let lists = all(cells, |cell| match cell {
                    Cell::List(cells) => Some(cells),
                    _ => None,
                });
                let offsets = offsets(lists.iter().map(|list| list.map_or(0, Vec::len)));
                let elements: Vec<&Cell> = lists.into_iter().flatten().flatten().collect();
                let item = nullable("item", element);
                Arc::new(ListArray::new(item, offsets, element.array(&elements), valid(cells)))
            }
            Self::Struct(members) => {
                let member = |number: usize| -> Vec<&'a Cell> {
                    let member = |cell: &&'a Cell| match cell {
                        Cell::Struct(cells) => &cells[number],
                        _ => &Cell::Null,
                    };
                    cells.iter().map(member).collect()
                };
                let arrays = members.iter().enumerate().map(|(number, (_, kind))| kind.array(&member(number)));
                Arc::new(StructArray::new(fields(members), arrays.collect(), valid(cells)))
            }
            Self::Map(key, value) => {
                let maps = all(cells, |cell| match cell {
                    Cell::Map(pairs) => Some(pairs),
                    _ => None,
                });
                let offsets = offsets(maps.iter().map(|map| map.map_or(0, Vec::len)));
                let pairs: Vec<&(Cell, Cell)> = maps.into_iter().flatten().flatten().collect();
                let keys: Vec<&Cell> = pairs.iter().map(|pair| &pair.0).collect();
                let values: Vec<&Cell> = pairs.iter().map(|pair| &pair.1).collect();
                let entries_fields = entries(key, value);
                let entries = StructArray::new(
                    entries_fields.clone(),
                    vec![key.array(&keys), value.array(&values)],
                    None,
                );
                let field = Field::new("entries", DataType::Struct(entries_fields), false);
                Arc::new(MapArray::new(field.into(), offsets, entries, valid(cells), false))
            }
        }
    }
}

fn offsets(lengths: impl Iterator<Item = usize>) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(lengths)
}

fn valid(cells: &[&Cell]) -> Option<NullBuffer> {
    Some(
        cells
            .iter()
            .map(|cell| **cell != Cell::Null)
            .collect::<Vec<_>>()
            .into(),
    )
}
