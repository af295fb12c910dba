//! Pages with a seed: columns of every type, values at their edges, and JSON in every spelling that means the same.

use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use fastrand::Rng;

/// A column of a result and the field it is read as.
pub(super) struct Column {
    pub(super) field: Field,
    r#type: Type,
}

#[derive(Clone)]
enum Type {
    Scalar(&'static str),
    List(Box<Type>),
    Row(Vec<Type>),
    Series(Box<Type>),
}

const SCALARS: [&str; 9] = [
    "VARCHAR",
    "BOOLEAN",
    "BIGINT",
    "INTEGER",
    "DOUBLE",
    "TIMESTAMP",
    "DATE",
    "TIME",
    "UNKNOWN",
];

pub(super) struct Generator {
    random: Rng,
    /// Whether rows are spelt as the service spells them.
    is_usual: bool,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            is_usual: true,
        }
    }

    pub(super) fn columns(&mut self) -> Vec<Column> {
        let has_nested = self.random.bool();
        let columns = 0..self.random.usize(1..7);
        let column = |number| {
            let depth = if has_nested { 2 } else { 0 };
            let r#type = self.r#type(depth);
            let name = format!("{}{number}", ["c", "Spalte ä", "a\"b", "x]}]"][number % 4]);
            let field = Field::new(name, self.data_type(&r#type), true);
            Column { field, r#type }
        };
        columns.map(column).collect()
    }

    fn r#type(&mut self, depth: usize) -> Type {
        if depth > 0 && self.random.u8(..3) == 0 {
            return match self.random.u8(..3) {
                0 => Type::List(Box::new(self.r#type(depth - 1))),
                1 => {
                    let fields = 0..self.random.usize(1..4);
                    Type::Row(fields.map(|_| self.r#type(depth - 1)).collect())
                }
                _ => Type::Series(Box::new(self.r#type(depth - 1))),
            };
        }
        Type::Scalar(SCALARS[self.random.usize(..SCALARS.len())])
    }

    /// One of the types that a column may be read as.
    fn data_type(&mut self, r#type: &Type) -> DataType {
        let item = |data_type| Field::new("item", data_type, true);
        match r#type {
            Type::Scalar(scalar) => {
                let zone = Some("UTC".into());
                let possible = match *scalar {
                    "BOOLEAN" => vec![DataType::Boolean],
                    "BIGINT" => vec![DataType::Int64],
                    "INTEGER" => vec![DataType::Int32, DataType::Int64],
                    "DOUBLE" => vec![DataType::Float64],
                    "TIMESTAMP" => vec![
                        DataType::Date64,
                        DataType::Int64,
                        DataType::Timestamp(TimeUnit::Millisecond, zone),
                        DataType::Utf8,
                    ],
                    "DATE" => vec![DataType::Date32],
                    _ => vec![DataType::Utf8],
                };
                possible[self.random.usize(..possible.len())].clone()
            }
            Type::List(element) => DataType::List(item(self.data_type(element)).into()),
            Type::Row(fields) => {
                let fields = fields.iter().enumerate();
                let fields = fields.map(|(number, r#type)| {
                    Field::new(format!("m{number}"), self.data_type(r#type), true)
                });
                DataType::Struct(fields.collect::<Fields>())
            }
            Type::Series(value) => {
                let point = vec![
                    Field::new("time", DataType::Date64, true),
                    Field::new("value", self.data_type(value), true),
                ];
                DataType::List(item(DataType::Struct(point.into())).into())
            }
        }
    }

    /// A page; its members come in any order.
    pub(super) fn page(&mut self, columns: &[Column]) -> String {
        let described: Vec<_> = columns
            .iter()
            .map(|column| {
                let name = self.string(column.field.name());
                let r#type = described(&column.r#type);
                self.object(vec![("Name", name), ("Type", r#type)])
            })
            .collect();
        let unusual = [0.0, 0.0, 0.1, 1.0][self.random.usize(..4)];
        let count = [0, 1, 3, 40][self.random.usize(..4)];
        let rows: Vec<_> = (0..count)
            .map(|_| {
                self.is_usual = self.random.f64() >= unusual;
                let data: Vec<_> = columns
                    .iter()
                    .map(|column| self.datum(&column.r#type))
                    .collect();
                let data = self.list(&data);
                self.object(vec![("Data", data)])
            })
            .collect();
        self.is_usual = self.random.bool();
        let rows = self.list(&rows);
        let mut members = vec![
            ("QueryId", self.string("AEBQEAN")),
            ("Rows", rows),
            ("ColumnInfo", self.list(&described)),
        ];
        if self.random.bool() {
            let token = ["t", "\"NextToken\":\"x\"", "]}],\"NextToken\":", ""];
            let token = token[self.random.usize(..4)];
            let token = self.string(token);
            members.push(("NextToken", token));
        }
        if self.random.bool() {
            let status = r#"{"ProgressPercentage":1.5E1,"CumulativeBytesMetered":10000000}"#;
            members.push(("QueryStatus", status.into()));
        }
        if self.random.bool() {
            let decoys = [
                r#"[{"Data":[{"NextToken":"decoy"}]}]"#,
                r#"{"Rows":[{"Data":[{"ScalarValue":"decoy"}]}],"NextToken":"decoy"}"#,
                r#""\"NextToken\":\"decoy\"""#,
            ];
            members.push(("Insight", decoys[self.random.usize(..3)].into()));
        }
        self.random.shuffle(&mut members);
        self.braces(members)
    }

    fn datum(&mut self, r#type: &Type) -> String {
        let is_null = self.random.u8(..6) == 0 || matches!(r#type, Type::Scalar("UNKNOWN"));
        if is_null {
            let spelt = match self.random.u8(..5) {
                0 if !self.is_usual => vec![],
                1 if !self.is_usual => vec![("ScalarValue", "null".into())],
                2 if !self.is_usual => vec![("NullValue", "null".into())],
                _ => vec![("NullValue", "true".into())],
            };
            return self.object(spelt);
        }
        let (name, value) = match r#type {
            Type::Scalar(scalar) => {
                let text = self.text(scalar);
                ("ScalarValue", self.string(&text))
            }
            Type::List(element) => {
                let elements = 0..self.random.usize(..4);
                let elements: Vec<_> = elements.map(|_| self.datum(element)).collect();
                ("ArrayValue", self.list(&elements))
            }
            Type::Row(fields) => {
                let data: Vec<_> = fields.iter().map(|field| self.datum(field)).collect();
                let data = self.list(&data);
                ("RowValue", self.object(vec![("Data", data)]))
            }
            Type::Series(value) => {
                let points = 0..self.random.usize(..4);
                let points: Vec<_> = points.map(|_| self.point(value)).collect();
                ("TimeSeriesValue", self.list(&points))
            }
        };
        let mut members = vec![(name, value)];
        if !self.is_usual {
            let names = ["ScalarValue", "ArrayValue", "RowValue", "TimeSeriesValue"];
            let others = names.into_iter().filter(|other| *other != name);
            let others: Vec<_> = others.filter(|_| self.random.u8(..8) == 0).collect();
            members.extend(others.into_iter().map(|other| (other, "null".to_owned())));
            if self.random.u8(..4) == 0 {
                members.push(("NullValue", "false".into()));
            }
        }
        self.object(members)
    }

    fn point(&mut self, value: &Type) -> String {
        let time = self.text("TIMESTAMP");
        let mut members = vec![("Time", self.string(&time))];
        match self.random.u8(..6) {
            0 => {}
            1 => members.push(("Value", "null".into())),
            _ => members.push(("Value", self.datum(value))),
        }
        self.object(members)
    }

    /// A value as the service writes it (timestream.md, section 1.5), and as stand-ins do.
    fn text(&mut self, scalar: &str) -> String {
        let random = &mut self.random;
        let one_of =
            |random: &mut Rng, texts: &[&str]| texts[random.usize(..texts.len())].to_owned();
        match scalar {
            "BOOLEAN" => random.bool().to_string(),
            "BIGINT" => (random.i64(..) >> random.u32(..64)).to_string(),
            "INTEGER" => (random.i32(..) >> random.u32(..32)).to_string(),
            "DOUBLE" => match random.u8(..4) {
                0 => one_of(
                    random,
                    &["NaN", "Infinity", "-Infinity", "-0.0", "1", "4.9E-324"],
                ),
                1 => format!("{:?}", random.f64() * 1000.0),
                2 => format!("{:E}", f64::from_bits(random.u64(..) >> 2)),
                _ => format!("{:.1}", random.i32(-9999..9999)),
            },
            "TIMESTAMP" => {
                let digits = if random.bool() { 9 } else { random.usize(0..9) };
                let instant = DateTimeText(random.i64(-9_000_000_000..9_000_000_000));
                let fraction = format!(".{:09}", random.u32(..1_000_000_000));
                let fraction = if digits == 0 {
                    ""
                } else {
                    &fraction[..=digits]
                };
                let between = if random.u8(..8) == 0 { "T" } else { " " };
                format!("{}{fraction}", instant.text(between))
            }
            "DATE" => DateTimeText(random.i64(-60_000_000_000..200_000_000_000)).text(" ")[..10]
                .to_owned(),
            "TIME" => "01:00:00.000000000".to_owned(),
            _ => {
                let texts = [
                    "",
                    "a",
                    "device-17",
                    "Zürich",
                    "\u{1F600}",
                    "a\"b",
                    "\\",
                    "a\nb",
                    "]}]",
                    "\"NextToken\":\"x\"",
                    "\u{1}",
                    "a/b",
                    "{\"Data\":[",
                ];
                let mut text = one_of(random, &texts);
                if random.bool() {
                    text += &one_of(random, &texts);
                }
                if self.is_usual {
                    text.retain(|letter| !matches!(letter, '"' | '\\') && letter >= ' ');
                }
                text
            }
        }
    }

    /// A text as JSON; a letter may be escaped that need not be.
    fn string(&mut self, text: &str) -> String {
        let mut json = String::from("\"");
        for letter in text.chars() {
            let is_escaped = matches!(letter, '"' | '\\') || letter < ' ';
            if is_escaped || !self.is_usual && self.random.u8(..8) == 0 {
                match (letter, self.random.bool()) {
                    ('"' | '\\' | '/', true) => _ = write!(json, "\\{letter}"),
                    ('\n', true) => json.push_str("\\n"),
                    _ => {
                        for unit in letter.encode_utf16(&mut [0; 2]) {
                            _ = write!(json, "\\u{unit:04x}");
                        }
                    }
                }
            } else {
                json.push(letter);
            }
        }
        json + "\""
    }

    /// A member that nobody knows, and members in any order, where the spelling is not the usual one.
    fn object(&mut self, mut members: Vec<(&'static str, String)>) -> String {
        if !self.is_usual {
            if self.random.u8(..8) == 0 {
                let unknown = [r#"[{"Data":[1.5e3,null,{}]}]"#, "\"\\\"}]\"", "true"];
                members.push(("Unknown", unknown[self.random.usize(..3)].into()));
            }
            self.random.shuffle(&mut members);
        }
        self.braces(members)
    }

    fn braces(&mut self, members: Vec<(&'static str, String)>) -> String {
        let members: Vec<_> = members
            .into_iter()
            .map(|(name, value)| {
                let name = self.string(name);
                self.spaced(&[&name, ":", &value])
            })
            .collect();
        let members = members.join(",");
        self.spaced(&["{", &members, "}"])
    }

    fn list(&mut self, elements: &[String]) -> String {
        let elements = elements.join(",");
        self.spaced(&["[", &elements, "]"])
    }

    /// The parts, with whitespace between them where the spelling is not the usual one.
    fn spaced(&mut self, parts: &[&str]) -> String {
        let mut text = String::new();
        for part in parts {
            text += part;
            if !self.is_usual && self.random.u8(..6) == 0 {
                text += ["\n", " ", "\t\r "][self.random.usize(..3)];
            }
        }
        text
    }
}

/// A type as a page describes it.
fn described(r#type: &Type) -> String {
    match r#type {
        Type::Scalar(name) => format!(r#"{{"ScalarType":"{name}"}}"#),
        Type::List(element) => {
            format!(r#"{{"ArrayColumnInfo":{{"Type":{}}}}}"#, described(element))
        }
        Type::Row(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!(r#"{{"Name":"f","Type":{}}}"#, described(field)))
                .collect();
            format!(r#"{{"RowColumnInfo":[{}]}}"#, fields.join(","))
        }
        Type::Series(value) => format!(
            r#"{{"TimeSeriesMeasureValueColumnInfo":{{"Type":{}}}}}"#,
            described(value)
        ),
    }
}

/// Seconds since the epoch.
struct DateTimeText(i64);

impl DateTimeText {
    fn text(&self, between: &str) -> String {
        let timestamp = jiff::Timestamp::from_second(self.0).unwrap_or_default();
        let text = timestamp.to_string();
        text.trim_end_matches('Z').replace('T', between)
    }
}
