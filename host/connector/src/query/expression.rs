//! Expressions in Athena's vocabulary.

use super::Literal;

/// The functions of Athena's vocabulary (`StandardFunctions` of the Java SDK), with Athena's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "SQL's own operators")]
pub enum Function {
    And,
    Or,
    Not,
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    IsDistinctFrom,
    IsNull,
    In,
    Like,
    NullIf,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    Negate,
    Array,
}

impl Function {
    /// All of them with their names at the wire.
    pub const NAMES: [(Self, &'static str); 21] = [
        (Self::And, "$and"),
        (Self::Or, "$or"),
        (Self::Not, "$not"),
        (Self::Equal, "$equal"),
        (Self::NotEqual, "$not_equal"),
        (Self::LessThan, "$less_than"),
        (Self::LessThanOrEqual, "$less_than_or_equal"),
        (Self::GreaterThan, "$greater_than"),
        (Self::GreaterThanOrEqual, "$greater_than_or_equal"),
        (Self::IsDistinctFrom, "$is_distinct_from"),
        (Self::IsNull, "$is_null"),
        (Self::In, "$in"),
        (Self::Like, "$like_pattern"),
        (Self::NullIf, "$nullif"),
        (Self::Add, "$add"),
        (Self::Subtract, "$subtract"),
        (Self::Multiply, "$multiply"),
        (Self::Divide, "$divide"),
        (Self::Modulus, "$modulus"),
        (Self::Negate, "$negate"),
        (Self::Array, "$array"),
    ];

    /// Reads a name as the wire writes it, with its dollar.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(function, _)| *function)
    }

    /// Whether it takes so many arguments.
    pub(crate) fn takes(self, arguments: usize) -> bool {
        match self {
            Self::And | Self::Or => arguments >= 1,
            Self::Array => true,
            Self::Not | Self::IsNull | Self::Negate => arguments == 1,
            // The third is the escape character. The SDK knows two; Trino writes three where a query says ESCAPE.
            Self::Like => matches!(arguments, 2 | 3),
            _ => arguments == 2,
        }
    }

    /// Its name at the wire, with its dollar.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(function, _)| *function == self)
            .map_or("", |(_, name)| name)
    }
}

/// An expression over a mapping's fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A field, by index.
    Field(usize),
    /// A constant.
    Constant(Literal),
    /// NULL.
    Null,
    /// A call.
    Call(Function, Vec<Expression>),
}

impl Expression {
    /// Whether it calls none but these functions.
    pub(crate) fn calls_only(&self, functions: &[Function]) -> bool {
        match self {
            Self::Field(_) | Self::Constant(_) | Self::Null => true,
            Self::Call(function, arguments) => {
                functions.contains(function)
                    && arguments
                        .iter()
                        .all(|argument| argument.calls_only(functions))
            }
        }
    }

    /// Adds the fields it looks at, perhaps several times.
    pub(super) fn collect_fields(&self, fields: &mut Vec<usize>) {
        match self {
            Self::Field(field) => fields.push(*field),
            Self::Constant(_) | Self::Null => {}
            Self::Call(_, arguments) => arguments
                .iter()
                .for_each(|argument| argument.collect_fields(fields)),
        }
    }

    /// Bytes of the longest text in it that stands on every row; constants of a list do not.
    pub(super) fn longest_text(&self) -> usize {
        match self {
            Self::Constant(Literal::Text(text)) => text.len(),
            Self::Field(_) | Self::Constant(_) | Self::Null => 0,
            Self::Call(function, arguments) => {
                let is_listed = |argument: &&Self| {
                    *function == Function::Array && matches!(argument, Self::Constant(_))
                };
                let repeated = arguments.iter().filter(|argument| !is_listed(argument));
                repeated.map(Self::longest_text).max().unwrap_or(0)
            }
        }
    }
}
