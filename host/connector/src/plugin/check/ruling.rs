//! Whether what a policy demands can be demanded of a row.

use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field as ArrowField, Schema};

use super::{MAX_DEPTH, MAX_NODES};
use crate::plugin::Ruling;
use crate::query::residual::admitted;
use crate::query::{Bound, Domain, Expression, Function, Literal, Mapping, Range, Term, ValueSet};

/// Terms of a ruling at most. Arbitrary; each is a condition of the statement.
const MAX_TERMS: usize = 1_000;

const NANOS_PER_MILLI: i64 = 1_000_000;

/// A ruling as answered.
pub(in crate::plugin) struct RulingAnswer {
    pub(in crate::plugin) terms: Vec<TermAnswer>,
    pub(in crate::plugin) max_bytes_metered: Option<u64>,
    pub(in crate::plugin) notes: Vec<String>,
}

/// A term as answered, its timestamps in nanoseconds.
pub(in crate::plugin) enum TermAnswer {
    Domain(Domain),
    Expression(Vec<NodeAnswer>),
}

/// A node of an expression's arena.
pub(in crate::plugin) enum NodeAnswer {
    Field(u32),
    Constant(Literal),
    Null,
    Call(Function, Vec<u32>),
}

/// The ruling, once each term can be evaluated on a row of the mapping's fields.
pub(in crate::plugin) fn ruling(answer: RulingAnswer, mapping: &Mapping) -> Result<Ruling, String> {
    if answer.terms.len() > MAX_TERMS {
        let count = answer.terms.len();
        return Err(format!("{count} terms; at most {MAX_TERMS} are allowed"));
    }
    let mut terms = Vec::with_capacity(answer.terms.len());
    for (index, answer) in answer.terms.into_iter().enumerate() {
        let term = match answer {
            TermAnswer::Domain(answer) => domain(answer, mapping).map(Term::Domain),
            TermAnswer::Expression(nodes) => expression(&nodes, mapping).map(Term::Expression),
        };
        let term = term.map_err(|why| format!("term {index}: {why}"))?;
        evaluate(&term, mapping).map_err(|why| format!("term {index}: {why}"))?;
        terms.push(term);
    }
    Ok(Ruling {
        terms,
        max_bytes_metered: answer.max_bytes_metered,
        notes: answer.notes,
    })
}

fn data_type(field: usize, mapping: &Mapping) -> Result<&DataType, String> {
    let fields = &mapping.fields;
    let found = fields.get(field).map(|field| &field.data_type);
    found.ok_or_else(|| format!("field {field} of {}", fields.len()))
}

fn domain(answer: Domain, mapping: &Mapping) -> Result<Domain, String> {
    let data_type = data_type(answer.field, mapping)?;
    let checked = |literal: Literal| {
        let literal = in_millis(literal)?;
        match literal.fits(data_type) {
            true => Ok(literal),
            false => Err(format!(
                "a constant is {}, the field is {data_type}",
                literal.kind()
            )),
        }
    };
    let all = |literals: Vec<Literal>| -> Result<Vec<Literal>, String> {
        literals.into_iter().map(checked).collect()
    };
    let bound = |bound: Bound| -> Result<Bound, String> {
        Ok(match bound {
            Bound::Unbounded => Bound::Unbounded,
            Bound::Inclusive(literal) => Bound::Inclusive(checked(literal)?),
            Bound::Exclusive(literal) => Bound::Exclusive(checked(literal)?),
        })
    };
    let range = |range: Range| -> Result<Range, String> {
        let range = Range {
            low: bound(range.low)?,
            high: bound(range.high)?,
        };
        match (range.is_open_at_nan(), range.is_empty()) {
            (true, _) => Err("a range begins or ends at NaN".to_owned()),
            (_, true) => Err("a range ends before it begins".to_owned()),
            _ => Ok(range),
        }
    };
    let values = match answer.values {
        ValueSet::AnyOf(literals) if literals.is_empty() => ValueSet::None,
        ValueSet::NoneOf(literals) if literals.is_empty() => ValueSet::All,
        ValueSet::AnyOf(literals) => ValueSet::AnyOf(all(literals)?),
        ValueSet::NoneOf(literals) => ValueSet::NoneOf(all(literals)?),
        ValueSet::Ranges(ranges) => {
            let ranges = ranges.into_iter().map(range);
            ValueSet::from_ranges(ranges.collect::<Result<_, String>>()?)
        }
        values @ (ValueSet::All | ValueSet::None) => values,
    };
    Ok(Domain { values, ..answer })
}

/// A constant as rows have it: in milliseconds, if it is a timestamp.
fn in_millis(literal: Literal) -> Result<Literal, String> {
    match literal {
        Literal::Nanos(nanos) if nanos % NANOS_PER_MILLI == 0 => {
            Ok(Literal::Millis(nanos / NANOS_PER_MILLI))
        }
        // Its value may be a rule that the person who asked is not to know.
        Literal::Nanos(_) => Err("a timestamp is not a whole millisecond".to_owned()),
        literal => Ok(literal),
    }
}

/// An expression of an arena: children before parents, each used once, the last is the root.
fn expression(nodes: &[NodeAnswer], mapping: &Mapping) -> Result<Expression, String> {
    if nodes.len() > MAX_NODES {
        let count = nodes.len();
        return Err(format!("{count} nodes; at most {MAX_NODES} are allowed"));
    }
    let mut built: Vec<Option<(Expression, usize)>> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let mut depth = 1;
        let expression = match node {
            NodeAnswer::Field(field) => {
                data_type(*field as usize, mapping)?;
                Expression::Field(*field as usize)
            }
            NodeAnswer::Constant(literal) => Expression::Constant(in_millis(literal.clone())?),
            NodeAnswer::Null => Expression::Null,
            NodeAnswer::Call(function, arguments) => {
                if !function.takes(arguments.len()) {
                    let (name, count) = (function.name(), arguments.len());
                    return Err(format!("`{name}` has {count} arguments"));
                }
                let mut taken = Vec::with_capacity(arguments.len());
                for at in arguments {
                    let argument = built.get_mut(*at as usize).and_then(Option::take);
                    let (argument, below) = argument.ok_or_else(|| {
                        format!("node {index} points at node {at}, which does not stand before it or is used twice")
                    })?;
                    depth = depth.max(below + 1);
                    taken.push(argument);
                }
                Expression::Call(*function, taken)
            }
        };
        if depth > MAX_DEPTH {
            return Err(format!("node {index} is nested deeper than {MAX_DEPTH}"));
        }
        built.push(Some((expression, depth)));
    }
    let root = built.pop().flatten();
    match root {
        Some((root, _)) if built.iter().all(Option::is_none) => Ok(root),
        Some(_) => Err("a node is part of nothing".to_owned()),
        None => Err("an expression without nodes".to_owned()),
    }
}

/// Evaluates a term on a row of NULLs: its types go together, or they never do.
fn evaluate(term: &Term, mapping: &Mapping) -> Result<(), String> {
    let fields = term.fields();
    let columns = fields.iter().map(|field| {
        let field = &mapping.fields[*field];
        ArrowField::new(&field.name, field.data_type.clone(), true)
    });
    let schema = Schema::new(columns.collect::<Vec<_>>());
    let nulls = schema.fields().iter();
    let nulls = nulls.map(|field| new_null_array(field.data_type(), 1));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(schema.clone().into(), nulls.collect(), &options)
        .map_err(|error| error.to_string())?;
    let column = |field: usize| fields.iter().position(|known| *known == field);
    let admitted = admitted(std::slice::from_ref(term), &row, column);
    admitted
        .map(drop)
        .map_err(|error| error.message().to_owned())
}
