//! Pages as the service sends them: ten columns of the usual types, or a thousand and more.

use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field};
use fastrand::Rng;

/// What a page weighs: the service fills one up to 1 MB.
const PAGE_BYTES: usize = 949_000;

/// Columns and rows.
pub(crate) struct Pages {
    pub(crate) columns: Vec<Column>,
    /// Rows of a page.
    pub(crate) rows: usize,
    /// A page up to its token.
    head: String,
}

#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) scalar: &'static str,
    /// What `DESCRIBE` calls it.
    pub(crate) kind: &'static str,
    pub(crate) data_type: DataType,
}

impl Pages {
    /// The ten columns of the usual types.
    pub(crate) fn usual() -> Self {
        let dimensions = ["region", "device", "model"];
        let dimensions = dimensions.map(|name| (name, "VARCHAR", "DIMENSION"));
        let measures = [
            ("measure_name", "VARCHAR", "MEASURE_NAME"),
            ("time", "TIMESTAMP", "TIMESTAMP"),
            ("temperature", "DOUBLE", "MULTI"),
            ("pressure", "DOUBLE", "MULTI"),
            ("revolutions", "BIGINT", "MULTI"),
            ("online", "BOOLEAN", "MULTI"),
            ("state", "VARCHAR", "MULTI"),
        ];
        let columns = dimensions.into_iter().chain(measures);
        Self::of(
            columns
                .map(|(name, scalar, kind)| Column::new(name.to_owned(), scalar, kind))
                .collect(),
        )
    }

    /// As many columns as a table may have.
    pub(crate) fn wide() -> Self {
        let scalars = ["DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN"];
        let columns = (0..1_024)
            .map(|number| Column::new(format!("measure_{number}"), scalars[number % 4], "MULTI"));
        Self::of(columns.collect())
    }

    fn of(columns: Vec<Column>) -> Self {
        let mut random = Rng::with_seed(1);
        let described = columns.iter().map(|column| {
            let Column { name, scalar, .. } = column;
            format!(r#"{{"Name":"{name}","Type":{{"ScalarType":"{scalar}"}}}}"#)
        });
        let described: Vec<_> = described.collect();
        let mut head = format!(
            r#"{{"QueryId":"AEBQEANMPKOXQWLMQ","ColumnInfo":[{}],"QueryStatus":{{"ProgressPercentage":50.0,"CumulativeBytesScanned":1000000,"CumulativeBytesMetered":10000000}},"Rows":["#,
            described.join(",")
        );
        let mut rows = 0;
        while head.len() < PAGE_BYTES {
            let cells: Vec<_> = columns
                .iter()
                .map(|column| column.cell(&mut random, rows))
                .collect();
            let comma = if rows == 0 { "" } else { "," };
            let _ = write!(head, r#"{comma}{{"Data":[{}]}}"#, cells.join(","));
            rows += 1;
        }
        head.push(']');
        Self {
            columns,
            rows,
            head,
        }
    }

    /// A page that names the next, or the last one.
    pub(crate) fn page(&self, token: Option<&str>) -> String {
        let tail = token.map(|token| format!(r#","NextToken":"{token}""#));
        [&self.head, tail.as_deref().unwrap_or_default(), "}"].concat()
    }

    /// What the columns are read as.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), true);
        self.columns.iter().map(field).collect()
    }
}

impl Column {
    pub(crate) fn new(name: String, scalar: &'static str, kind: &'static str) -> Self {
        let data_type = match scalar {
            "DOUBLE" => DataType::Float64,
            "BIGINT" => DataType::Int64,
            "BOOLEAN" => DataType::Boolean,
            "TIMESTAMP" => DataType::Date64,
            _ => DataType::Utf8,
        };
        Self {
            name,
            scalar,
            kind,
            data_type,
        }
    }

    /// A measure is NULL now and then.
    fn cell(&self, random: &mut Rng, row: usize) -> String {
        if self.kind == "MULTI" && random.u8(..16) == 0 {
            return r#"{"NullValue":true}"#.to_owned();
        }
        let text = match self.scalar {
            "DOUBLE" if self.name == "pressure" => format!("{:?}", 1_000.0 * random.f64()),
            "DOUBLE" => format!("{:.1}", 40.0 * random.f64()),
            "BIGINT" => random.i64(0..10_000_000).to_string(),
            "BOOLEAN" => random.bool().to_string(),
            "TIMESTAMP" => {
                let (minute, second) = (row / 60 % 60, row % 60);
                format!(
                    "2024-03-{:02} {:02}:{minute:02}:{second:02}.{:09}",
                    1 + row % 28,
                    row / 3_600 % 24,
                    random.u32(..1_000_000_000)
                )
            }
            _ => match self.name.as_str() {
                "region" => ["eu-central-1", "us-east-1"][random.usize(..2)].to_owned(),
                "device" => format!("device-{:06}", random.u32(..1_000_000)),
                "measure_name" => "readings".to_owned(),
                _ => ["running", "waiting for parts", "off"][random.usize(..3)].to_owned(),
            },
        };
        format!(r#"{{"ScalarValue":"{text}"}}"#)
    }
}
