//! Rows and data as serde sees them: `[{"Data": [{"ScalarValue": "…"} …]} …]`.
//!
//! Absent members and explicit nulls mean the same; a datum without a value is NULL.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::builder::ColumnBuilder;

/// Where the reading stands, for the error.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) column: usize,
}

/// The list of rows; yields their number.
pub(super) struct Rows<'a> {
    pub(super) builders: &'a mut [ColumnBuilder],
    pub(super) targets: &'a [Option<usize>],
    pub(super) place: &'a mut Place,
}

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<usize, A::Error> {
        let mut count = 0;
        loop {
            (self.place.row, self.place.column) = (count, 0);
            let row = Row(Rows {
                builders: self.builders,
                targets: self.targets,
                place: self.place,
            });
            if rows.next_element_seed(row)?.is_none() {
                return Ok(count);
            }
            count += 1;
        }
    }
}

/// `{"Data": […]}` of a row.
pub(super) struct Row<'a>(pub(super) Rows<'a>);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut data = Some(Data(self.0));
        while let Some(name) = members.next_key::<Name>()? {
            match (name, data.take()) {
                (Name::Data, Some(data)) => members.next_value_seed(data)?,
                (Name::Data, None) => return Err(A::Error::custom("a row has its data twice")),
                (_, kept) => {
                    data = kept;
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        if data.is_some() {
            Err(A::Error::custom("a row has no data"))
        } else {
            Ok(())
        }
    }
}

/// The data of a row, one for each column of the result.
struct Data<'a>(Rows<'a>);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row's data")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut data: A) -> Result<(), A::Error> {
        let Rows {
            builders,
            targets,
            place,
        } = self.0;
        for (column, target) in targets.iter().enumerate() {
            place.column = column;
            let value = match target {
                Some(target) => data.next_element_seed(Datum(&mut builders[*target]))?,
                None => data.next_element::<IgnoredAny>()?.map(drop),
            };
            if value.is_none() {
                return Err(A::Error::custom(format_args!(
                    "a row has {column} values for {} columns",
                    targets.len()
                )));
            }
        }
        if data.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(format_args!(
                "a row has more than {} values",
                targets.len()
            )));
        }
        Ok(())
    }
}

/// The members that are looked at.
#[derive(Clone, Copy)]
enum Name {
    Data,
    Scalar,
    Array,
    Row,
    TimeSeries,
    Time,
    Value,
    Other,
}

impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl Visitor<'_> for Names {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member's name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "Data" => Name::Data,
                    "ScalarValue" => Name::Scalar,
                    "ArrayValue" => Name::Array,
                    "RowValue" => Name::Row,
                    "TimeSeriesValue" => Name::TimeSeries,
                    "Time" => Name::Time,
                    "Value" => Name::Value,
                    _ => Name::Other,
                })
            }
        }
        deserializer.deserialize_identifier(Names)
    }
}

/// A point's value, which may be left out; yields whether it was not.
struct PointValue<'a>(&'a mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for PointValue<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for PointValue<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a datum")
    }

    fn visit_none<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        Datum(self.0).deserialize(deserializer).map(|()| true)
    }
}

/// One value, added to its builder.
struct Datum<'a>(&'a mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for Datum<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Datum<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a datum")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut added = false;
        while let Some(name) = members.next_key::<Name>()? {
            let payload = match name {
                Name::Scalar => Payload::Scalar,
                Name::Array => Payload::List,
                Name::TimeSeries => Payload::Series,
                Name::Row => Payload::Row,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if members.next_value_seed(PayloadSeed(payload, self.0))? {
                if added {
                    return Err(A::Error::custom("a datum has two values"));
                }
                added = true;
            }
        }
        if !added {
            self.0.append_null();
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Payload {
    Scalar,
    List,
    Series,
    Row,
}

/// A datum's payload; yields whether there was one.
struct PayloadSeed<'a>(Payload, &'a mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for PayloadSeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PayloadSeed<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Payload::Scalar => "a scalar's text",
            Payload::List => "a list of data",
            Payload::Series => "a list of points",
            Payload::Row => "a row",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        match self.0 {
            Payload::Scalar => self.1.append_text(text).map(|()| true).map_err(E::custom),
            _ => Err(E::custom("a text where a list or row must be")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        let ColumnBuilder::List {
            element,
            ends,
            nulls,
            ..
        } = self.1
        else {
            return Err(A::Error::custom("a list where none was announced"));
        };
        let mut end = ends.last().copied().unwrap_or_default();
        loop {
            let next = match self.0 {
                Payload::List => elements.next_element_seed(Datum(element))?,
                Payload::Series => elements.next_element_seed(Point(element))?,
                Payload::Scalar | Payload::Row => {
                    return Err(A::Error::custom("a list where none was announced"));
                }
            };
            if next.is_none() {
                break;
            }
            end = end
                .checked_add(1)
                .ok_or_else(|| A::Error::custom("too many elements in the lists of a page"))?;
        }
        ends.push(end);
        nulls.append_non_null();
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let (
            Payload::Row,
            ColumnBuilder::Struct {
                members: builders,
                nulls,
                ..
            },
        ) = (self.0, self.1)
        else {
            return Err(A::Error::custom("a row where none was announced"));
        };
        let targets: Vec<Option<usize>> = (0..builders.len()).map(Some).collect();
        let mut place = Place { row: 0, column: 0 };
        let mut found = false;
        while let Some(name) = members.next_key::<Name>()? {
            if matches!(name, Name::Data) && !found {
                members.next_value_seed(Data(Rows {
                    builders,
                    targets: &targets,
                    place: &mut place,
                }))?;
                found = true;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if !found {
            return Err(A::Error::custom("a row has no data"));
        }
        nulls.append_non_null();
        Ok(true)
    }
}

/// `{"Time": "…", "Value": {…}}` of a time series, into a struct of two.
struct Point<'a>(&'a mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for Point<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Point<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a point of a time series")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let ColumnBuilder::Struct {
            members: builders,
            nulls,
            ..
        } = self.0
        else {
            return Err(A::Error::custom("a point where none was announced"));
        };
        let [time, value] = builders.as_mut_slice() else {
            return Err(A::Error::custom("a point where none was announced"));
        };
        let (mut has_time, mut has_value) = (false, false);
        while let Some(name) = members.next_key::<Name>()? {
            match name {
                Name::Time if !has_time => {
                    has_time = members.next_value_seed(PayloadSeed(Payload::Scalar, time))?
                }
                Name::Value if !has_value => {
                    has_value = members.next_value_seed(PointValue(value))?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !has_time {
            return Err(A::Error::custom("a point of a time series has no time"));
        }
        if !has_value {
            value.append_null();
        }
        nulls.append_non_null();
        Ok(())
    }
}
