//! Generated pages in every legal spelling, decoded here and by the SDK's own deserializer.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType,
};
use aws_sdk_timestreamquery::operation::query::{Query, QueryOutput};
use aws_sdk_timestreamquery::types::Datum;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use jiff::civil::{Date, DateTime};

use super::generate::Generator;
use super::{Decoder, Page, schema_of};
use crate::wire::unpack_utc_millis;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// What the SDK's client makes of an answer's body.
fn read_by_the_sdk(body: &str) -> QueryOutput {
    let layer = Query::new().config().unwrap();
    let deserializer = layer.load::<SharedResponseDeserializer>().unwrap();
    let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
    #[expect(deprecated, reason = "the form with a configuration calls this one")]
    let output = deserializer.deserialize_nonstreaming(&answer).unwrap();
    output.downcast::<QueryOutput>().unwrap()
}

#[test]
fn pages_in_any_legal_spelling_are_read_as_the_sdk_reads_them() {
    for seed in 0..400 {
        let mut generator = Generator::new(seed);
        let columns = generator.columns();
        let fields: Vec<_> = columns.iter().map(|column| column.field.clone()).collect();
        let mut decoder = Decoder::new(schema_of(fields));
        // The second page is decoded with what the first one taught.
        for _ in 0..2 {
            let body = generator.page(&columns);
            let expected = read_by_the_sdk(&body);
            let mut page = Page::parse(body.clone().into()).unwrap();
            let batch = decoder
                .decode(&mut page)
                .unwrap_or_else(|error| panic!("{error} of seed {seed}: {body}"));
            assert_eq!(page.query_id, expected.query_id, "{body}");
            let token = expected.next_token.filter(|token| !token.is_empty());
            assert_eq!(page.next_token, token, "{body}");
            let status = expected.query_status.as_ref();
            let metered = status.map_or(0, |status| status.cumulative_bytes_metered);
            assert_eq!(page.bytes_metered, metered, "{body}");
            let names = expected.column_info.iter().map(|column| column.name());
            assert!(
                page.columns()
                    .unwrap()
                    .iter()
                    .map(|column| Some(column.name.as_str()))
                    .eq(names),
                "{body}"
            );
            assert_eq!(batch.num_rows(), expected.rows.len(), "{body}");
            for (column, array) in batch.columns().iter().enumerate() {
                for (row, expected) in expected.rows.iter().enumerate() {
                    let datum = Some(&expected.data[column]);
                    assert!(
                        is(array, row, datum),
                        "seed {seed}, row {row}, column {column}: {datum:?} of {body}"
                    );
                }
            }
        }
    }
}

/// Whether a value is the datum's; one that is left out is NULL.
fn is(array: &ArrayRef, row: usize, datum: Option<&Datum>) -> bool {
    let has_value = |datum: &Datum| {
        datum.scalar_value.is_some()
            || datum.array_value.is_some()
            || datum.row_value.is_some()
            || datum.time_series_value.is_some()
    };
    let Some(datum) = datum.filter(|datum| has_value(datum)) else {
        return array.is_null(row);
    };
    if array.is_null(row) {
        return false;
    }
    if let DataType::Struct(_) = array.data_type() {
        let members = array.as_struct().columns();
        let data = &datum.row_value.as_ref().unwrap().data;
        return members.len() == data.len()
            && members
                .iter()
                .zip(data)
                .all(|(member, datum)| is(member, row, Some(datum)));
    }
    if let DataType::List(_) = array.data_type() {
        let elements = array.as_list::<i32>().value(row);
        return match (&datum.array_value, &datum.time_series_value) {
            (Some(data), None) => {
                elements.len() == data.len()
                    && (data.iter().enumerate()).all(|(at, datum)| is(&elements, at, Some(datum)))
            }
            (None, Some(points)) => {
                let members = elements.as_struct().columns();
                let is_point = |(at, point): (usize, &_)| {
                    let aws_sdk_timestreamquery::types::TimeSeriesDataPoint { time, value, .. } =
                        point;
                    is_scalar(&members[0], at, time) && is(&members[1], at, value.as_ref())
                };
                elements.len() == points.len() && points.iter().enumerate().all(is_point)
            }
            _ => false,
        };
    }
    is_scalar(array, row, datum.scalar_value.as_ref().unwrap())
}

fn is_scalar(array: &ArrayRef, row: usize, text: &str) -> bool {
    let nanos = || {
        let since = text.parse::<DateTime>().unwrap().duration_since(EPOCH);
        i64::try_from(since.as_nanos()).unwrap()
    };
    let millis = || nanos().div_euclid(1_000_000);
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row) == text,
        DataType::Boolean => array.as_boolean().value(row).to_string() == text,
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string() == text,
        // Whether it is a timestamp, its text tells.
        DataType::Int64 if text.contains(':') => {
            array.as_primitive::<Int64Type>().value(row) == nanos()
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string() == text,
        DataType::Float64 => {
            let (value, expected) = (
                array.as_primitive::<Float64Type>().value(row),
                text.parse::<f64>().unwrap(),
            );
            value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan()
        }
        DataType::Date32 => {
            let since = text.parse::<Date>().unwrap() - EPOCH.date();
            array.as_primitive::<Date32Type>().value(row) == since.get_days()
        }
        DataType::Date64 => array.as_primitive::<Date64Type>().value(row) == millis(),
        DataType::Timestamp(..) => {
            let packed = array.as_primitive::<TimestampMillisecondType>().value(row);
            unpack_utc_millis(packed) == millis()
        }
        other => panic!("{other} is not generated"),
    }
}
