//! Predicates in Trino's form: what its planner sees, where DataFusion's own form has lost it.

use std::collections::HashSet;

use datafusion::logical_expr::Expr;

use super::constant::Constant;
use super::kind::Kind;

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Column {
        name: String,
        kind: Kind,
    },
    Constant(Constant),
    Cast {
        operand: Box<Expression>,
        kind: Kind,
    },
    Compare {
        operator: Operator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// Of two terms and more.
    Logical {
        connective: Connective,
        terms: Vec<Expression>,
    },
    Not(Box<Expression>),
    IsNull(Box<Expression>),
    Between {
        value: Box<Expression>,
        low: Box<Expression>,
        high: Box<Expression>,
    },
    In {
        value: Box<Expression>,
        list: Vec<Expression>,
    },
    Like {
        value: Box<Expression>,
        pattern: Box<Expression>,
        escape: Option<char>,
    },
    /// Of two numbers of one type.
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Negate(Box<Expression>),
    NullIf {
        value: Box<Expression>,
        other: Box<Expression>,
    },
    /// What Trino's planner looks at in part or not at all, as the engine has it.
    Function {
        known: Option<Known>,
        kind: Kind,
        source: Expr,
    },
}

/// A function that Trino's planner has rules for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// `date_trunc` with a constant unit.
    DateTrunc {
        unit: String,
        operand: Box<Expression>,
    },
    Year(Box<Expression>),
    StartsWith {
        value: Box<Expression>,
        prefix: Box<Expression>,
    },
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    IsDistinctFrom,
}

/// AND or OR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connective {
    And,
    Or,
}

/// An operator on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Expression {
    pub(super) fn boolean(value: bool) -> Self {
        Self::Constant(Constant::boolean(value))
    }

    pub(super) fn compare(operator: Operator, left: Self, right: Self) -> Self {
        Self::Compare {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        }
    }

    pub(super) fn not(inner: Self) -> Self {
        Self::Not(Box::new(inner))
    }

    pub(super) fn is_null(inner: Self) -> Self {
        Self::IsNull(Box::new(inner))
    }

    pub(super) fn cast(operand: Self, kind: Kind) -> Self {
        Self::Cast {
            operand: Box::new(operand),
            kind,
        }
    }

    pub(super) fn constant(&self) -> Option<&Constant> {
        match self {
            Self::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.constant().is_some_and(Constant::is_true)
    }

    pub(super) fn is_false(&self) -> bool {
        self.constant().is_some_and(Constant::is_false)
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Column { kind, .. } | Self::Cast { kind, .. } | Self::Function { kind, .. } => {
                kind.clone()
            }
            Self::Constant(constant) => constant.kind.clone(),
            Self::Arithmetic { left: value, .. }
            | Self::Negate(value)
            | Self::NullIf { value, .. } => value.kind(),
            Self::Compare { .. }
            | Self::Logical { .. }
            | Self::Not(_)
            | Self::IsNull(_)
            | Self::Between { .. }
            | Self::In { .. }
            | Self::Like { .. } => Kind::Boolean,
        }
    }

    /// What it is made of; of a function nothing, which is looked into by name only.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Column { .. } | Self::Constant(_) | Self::Function { .. } => Vec::new(),
            Self::Cast { operand: inner, .. }
            | Self::Not(inner)
            | Self::IsNull(inner)
            | Self::Negate(inner) => vec![inner],
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => {
                vec![left, right]
            }
            Self::Logical { terms, .. } => terms.iter().collect(),
            Self::Between { value, low, high } => vec![value, low, high],
            Self::In { value, list } => std::iter::once(&**value).chain(list).collect(),
            Self::Like { value, pattern, .. } => vec![value, pattern],
            Self::NullIf { value, other } => vec![value, other],
        }
    }

    /// Changes it from its parts upwards.
    pub(super) fn map(self, change: &impl Fn(Self) -> Self) -> Self {
        let part = |part: Box<Self>| Box::new(part.map(change));
        change(match self {
            Self::Column { .. } | Self::Constant(_) | Self::Function { .. } => self,
            Self::Cast { operand, kind } => Self::Cast {
                operand: part(operand),
                kind,
            },
            Self::Not(inner) => Self::Not(part(inner)),
            Self::IsNull(inner) => Self::IsNull(part(inner)),
            Self::Negate(inner) => Self::Negate(part(inner)),
            Self::Compare {
                operator,
                left,
                right,
            } => Self::Compare {
                operator,
                left: part(left),
                right: part(right),
            },
            Self::Arithmetic {
                operator,
                left,
                right,
            } => Self::Arithmetic {
                operator,
                left: part(left),
                right: part(right),
            },
            Self::Logical { connective, terms } => Self::Logical {
                connective,
                terms: terms.into_iter().map(|term| term.map(change)).collect(),
            },
            Self::Between { value, low, high } => Self::Between {
                value: part(value),
                low: part(low),
                high: part(high),
            },
            Self::In { value, list } => Self::In {
                value: part(value),
                list: list.into_iter().map(|one| one.map(change)).collect(),
            },
            Self::Like {
                value,
                pattern,
                escape,
            } => Self::Like {
                value: part(value),
                pattern: part(pattern),
                escape,
            },
            Self::NullIf { value, other } => Self::NullIf {
                value: part(value),
                other: part(other),
            },
        })
    }

    /// Whether it gives the same for the same row.
    fn is_deterministic(&self) -> bool {
        match self {
            Self::Function { source, .. } => !source.is_volatile(),
            other => other.parts().into_iter().all(Self::is_deterministic),
        }
    }

    /// The terms that a connective joins here, those of nested ones of the same kind among them.
    pub(super) fn terms(self, connective: Connective) -> Vec<Self> {
        match self {
            Self::Logical {
                connective: own,
                terms,
            } if own == connective => terms
                .into_iter()
                .flat_map(|term| term.terms(connective))
                .collect(),
            other => vec![other],
        }
    }
}

/// The elements of a list in their order, each once.
pub(super) fn distinct(list: Vec<Expression>) -> Vec<Expression> {
    // Lists may be long. Expressions hold doubles, which have no hash; what they print as is theirs alone.
    let mut seen = HashSet::with_capacity(list.len());
    let is_new = |element: &Expression| seen.insert(format!("{element:?}"));
    list.into_iter().filter(is_new).collect()
}

impl Operator {
    /// The comparison with its sides exchanged.
    pub(super) fn flip(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    /// The opposite comparison.
    pub(super) fn negate(self) -> Option<Self> {
        Some(match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::IsDistinctFrom => return None,
        })
    }

    /// Whether it is one of `<`, `<=`, `>`, `>=`.
    pub(super) fn is_order(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }
}

impl Connective {
    pub(super) fn flip(self) -> Self {
        match self {
            Self::And => Self::Or,
            Self::Or => Self::And,
        }
    }

    /// Joins terms (Trino's `IrUtils.combinePredicates`): nested ones are taken apart, what changes nothing and what
    /// stands there twice is left out, and the constant that decides all is all.
    pub(super) fn join(self, terms: impl IntoIterator<Item = Expression>) -> Expression {
        let (neutral, decisive) = match self {
            Self::And => (true, false),
            Self::Or => (false, true),
        };
        let mut joined: Vec<Expression> = Vec::new();
        for term in terms.into_iter().flat_map(|term| term.terms(self)) {
            match term.constant() {
                Some(constant) if constant.is_true() == decisive && !constant.is_null() => {
                    return Expression::boolean(decisive);
                }
                Some(constant) if !constant.is_null() => {}
                _ if term.is_deterministic() && joined.contains(&term) => {}
                _ => joined.push(term),
            }
        }
        match joined.len() {
            0 => Expression::boolean(neutral),
            1 => joined.remove(0),
            _ => Expression::Logical {
                connective: self,
                terms: joined,
            },
        }
    }
}
