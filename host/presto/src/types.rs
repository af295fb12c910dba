//! The types that functions take and give, how arguments are coerced to them, and what they are called.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use crate::json::JSON;

/// What a form takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Boolean,
    /// An integer of any size; given, it has the size of the largest of these arguments.
    Whole,
    Bigint,
    Double,
    /// A decimal of any digits; given, of those that the form says.
    Decimal,
    Varchar,
    Varbinary,
    Date,
    /// A timestamp of any precision, with a zone or without; given, it has the precision and zone of the argument.
    Timestamp,
    /// A timestamp of milliseconds.
    Milliseconds,
    /// A timestamp of milliseconds in UTC.
    Instant,
    /// An interval of months, days and parts of a day.
    Interval,
    Json,
    /// Any type, the same wherever it stands in a form.
    T,
    /// Another type, the same wherever it stands in a form.
    U,
    Array(&'static Type),
    /// A map, given by the types of its keys and values.
    Map(&'static Type, &'static Type),
    /// A row of two members, or of three, without names.
    Row(&'static [Type]),
}

/// An array of texts.
pub(crate) const VARCHARS: Type = Type::Array(&Type::Varchar);

impl Type {
    /// The type as messages have it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Boolean => "boolean".to_owned(),
            Self::Whole | Self::Bigint => "bigint".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal => "decimal".to_owned(),
            Self::Varchar => "varchar".to_owned(),
            Self::Varbinary => "varbinary".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Timestamp | Self::Milliseconds => "timestamp".to_owned(),
            Self::Instant => "timestamp with time zone".to_owned(),
            Self::Interval => "interval".to_owned(),
            Self::Json => "json".to_owned(),
            Self::T => "T".to_owned(),
            Self::U => "U".to_owned(),
            Self::Array(element) => format!("array({})", element.name()),
            Self::Map(key, value) => format!("map({}, {})", key.name(), value.name()),
            Self::Row(members) => {
                let members: Vec<String> = members.iter().map(|member| member.name()).collect();
                format!("row({})", members.join(", "))
            }
        }
    }
}

/// What the types that a form leaves open are in a call.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    t: Option<DataType>,
    u: Option<DataType>,
}

impl Bindings {
    /// Takes an argument's type into account, and says how far it is from what is wanted; none if Presto does not coerce it.
    pub(crate) fn fit(&mut self, given: &DataType, wanted: Type) -> Option<usize> {
        match (wanted, given) {
            (Type::T, _) => self.t = Some(bound(self.t.take(), given)?),
            (Type::U, _) => self.u = Some(bound(self.u.take(), given)?),
            (_, DataType::Null) => return Some(1),
            (Type::Array(wanted), DataType::List(element)) => {
                return self.fit(element.data_type(), *wanted);
            }
            (Type::Row(wanted), DataType::Struct(fields)) if wanted.len() == fields.len() => {
                let members = fields.iter().zip(wanted);
                let costs = members.map(|(field, wanted)| self.fit(field.data_type(), *wanted));
                return costs.sum();
            }
            (Type::Map(key, value), DataType::Map(entries, _)) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return None;
                };
                let [given_key, given_value] = fields.as_ref() else {
                    return None;
                };
                return Some(
                    self.fit(given_key.data_type(), *key)?
                        + self.fit(given_value.data_type(), *value)?,
                );
            }
            (Type::Decimal, DataType::Decimal128(..)) => {}
            (Type::Decimal, given) => return digits(given).map(|_| 1),
            (Type::Timestamp, DataType::Timestamp(..)) => {}
            (Type::Whole, given) if given.is_signed_integer() => {}
            (Type::Timestamp | Type::Milliseconds, DataType::Date32) => return Some(2),
            _ => return cost(given, &self.concrete(wanted, given)),
        }
        Some(0)
    }

    /// The type that an argument becomes, or that a result has.
    pub(crate) fn concrete(&self, wanted: Type, given: &DataType) -> DataType {
        let of = |wanted: &Type| self.concrete(*wanted, given);
        match wanted {
            Type::Boolean => DataType::Boolean,
            Type::Whole if given.is_signed_integer() => given.clone(),
            Type::Whole | Type::Bigint => DataType::Int64,
            Type::Double => DataType::Float64,
            // NULL too has a digit.
            Type::Decimal => {
                let (precision, scale) = digits(given).unwrap_or((1, 0));
                DataType::Decimal128(precision, scale)
            }
            Type::Varchar => DataType::Utf8,
            Type::Varbinary => DataType::Binary,
            Type::Date => DataType::Date32,
            Type::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Type::Timestamp | Type::Milliseconds => match given {
                DataType::Timestamp(..) => given.clone(),
                _ => DataType::Timestamp(TimeUnit::Millisecond, None),
            },
            Type::Instant => DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into())),
            Type::Json => JSON,
            Type::T => self.t.clone().unwrap_or(DataType::Null),
            Type::U => self.u.clone().unwrap_or(DataType::Null),
            Type::Array(element) => {
                DataType::List(Arc::new(Field::new_list_field(of(element), true)))
            }
            Type::Map(key, value) => map_of(of(key), of(value)),
            Type::Row(members) => {
                let members = members.iter().enumerate();
                DataType::Struct(
                    members
                        .map(|(place, member)| Field::new(unnamed(place), of(member), true))
                        .collect(),
                )
            }
        }
    }
}

/// A type that stands for one and for another.
fn bound(before: Option<DataType>, given: &DataType) -> Option<DataType> {
    match before {
        Some(before) => common(&before, given),
        None => Some(given.clone()),
    }
}

/// How far a type is from another that it is coerced to.
fn cost(given: &DataType, wanted: &DataType) -> Option<usize> {
    Some(match (given, wanted) {
        _ if given == wanted => 0,
        (DataType::Utf8View, DataType::Utf8)
        | (DataType::LargeBinary | DataType::BinaryView, DataType::Binary)
        // Counts of DataFusion's are unsigned.
        | (
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt64,
            DataType::Int64,
        )
        | (DataType::Float32 | DataType::Decimal128(..), DataType::Float64) => 1,
        (DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64, DataType::Float64)
        | (DataType::Duration(_), DataType::Interval(_)) => 2,
        _ => return None,
    })
}

/// The map type of Arrow's.
pub(crate) fn map_of(key: DataType, value: DataType) -> DataType {
    let fields = Fields::from(vec![
        Field::new("key", key, false),
        Field::new("value", value, true),
    ]);
    DataType::Map(
        Arc::new(Field::new("entries", DataType::Struct(fields), false)),
        false,
    )
}

/// The type that values of two types have together, if Presto coerces both to it.
pub(crate) fn common(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Date32, Decimal128, Float32, Float64, List, Map, Null, Struct, Timestamp};
    Some(match (left, right) {
        _ if left == right => left.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (left, right) if is_text(left) && is_text(right) => DataType::Utf8,
        (left, right) if digits(left).is_some() && digits(right).is_some() => {
            let ((digits, own), (others, other)) = (digits(left)?, digits(right)?);
            let is_decimal = |given: &DataType| matches!(given, Decimal128(..));
            match is_decimal(left) || is_decimal(right) {
                false if digits >= others => left.clone(),
                false => right.clone(),
                true => {
                    let scale = own.max(other);
                    let whole = |digits: u8, scale: i8| i16::from(digits) - i16::from(scale);
                    let whole = whole(digits, own).max(whole(others, other));
                    let digits = u8::try_from(whole + i16::from(scale)).unwrap_or(38);
                    Decimal128(digits.min(38), scale)
                }
            }
        }
        (Float64, other) | (other, Float64) if other.is_numeric() => Float64,
        (Float32, other) | (other, Float32) if other.is_numeric() => Float32,
        (Date32, time @ Timestamp(..)) | (time @ Timestamp(..), Date32) => time.clone(),
        (Timestamp(unit, zone), Timestamp(other, other_zone)) => Timestamp(
            *unit.max(other),
            zone.clone().or_else(|| other_zone.clone()),
        ),
        (List(left), List(right)) => {
            let element = common(left.data_type(), right.data_type())?;
            List(Arc::new(Field::new_list_field(element, true)))
        }
        (Struct(left), Struct(right)) if left.len() == right.len() => {
            let members = left.iter().zip(right).map(|(left, right)| {
                let member = common(left.data_type(), right.data_type())?;
                Some(Field::new(left.name(), member, true))
            });
            Struct(members.collect::<Option<_>>()?)
        }
        (Map(left, _), Map(right, _)) => {
            let (Struct(left), Struct(right)) = (left.data_type(), right.data_type()) else {
                return None;
            };
            let of =
                |place: usize| common(left.get(place)?.data_type(), right.get(place)?.data_type());
            map_of(of(0)?, of(1)?)
        }
        _ => return None,
    })
}

/// What a member of a row without names is called, as Athena shows it.
pub(crate) fn unnamed(place: usize) -> String {
    format!("field{place}")
}

/// Whether values are texts; JSON is none.
pub(crate) fn is_text(given: &DataType) -> bool {
    matches!(given, DataType::Utf8 | DataType::Utf8View)
}

/// The digits of an exact number: all, and those after the point.
pub(crate) fn digits(given: &DataType) -> Option<(u8, i8)> {
    Some(match given {
        DataType::Decimal128(digits, scale) => (*digits, *scale),
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        DataType::Int64 => (19, 0),
        _ => return None,
    })
}

/// The types in a nested one, with the names of a row's members: an array's elements, a map's keys and values.
pub(crate) fn element_types(data_type: &DataType) -> Vec<(&str, &DataType)> {
    match data_type {
        DataType::List(element) => vec![("", element.data_type())],
        DataType::Struct(members) => {
            let members = members.iter();
            members
                .map(|member| (member.name().as_str(), member.data_type()))
                .collect()
        }
        DataType::Map(entries, _) => element_types(entries.data_type()),
        _ => Vec::new(),
    }
}

/// A type as SQL names it.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "unknown".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 | DataType::UInt64 => "bigint".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Utf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::LargeUtf8 => "json".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "varbinary".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "interval day to second".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::List(element) => format!("array({})", type_name(element.data_type())),
        DataType::Struct(members) => {
            let members = members.iter().enumerate();
            let members = members.map(|(place, member)| {
                let given = type_name(member.data_type());
                match *member.name() == unnamed(place) {
                    true => given,
                    false => format!("{} {given}", member.name()),
                }
            });
            let members: Vec<String> = members.collect();
            format!("row({})", members.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                let names: Vec<String> = fields
                    .iter()
                    .map(|field| type_name(field.data_type()))
                    .collect();
                format!("map({})", names.join(", "))
            }
            _ => "map".to_owned(),
        },
        other => other.to_string().to_lowercase(),
    }
}
