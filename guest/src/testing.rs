//! Requests for tests, in few words.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use crate::{
    ArrowType, Call, Caller, Column, ColumnKind, Domain, Function, Literal, Node, Request, Scalar,
    Source, Table, Term, TimestreamType, ValueSet, mapping,
};

/// A table of scalar columns: `time` has its kind, `measure_name` too, the rest are measures.
pub(crate) fn table(columns: &[(&str, Scalar)]) -> Table {
    let kind = |name: &str| match name {
        "time" => ColumnKind::Time,
        "measure_name" => ColumnKind::MeasureName,
        _ => ColumnKind::MeasureValue,
    };
    Table {
        source: Source::Table(("myDatabase".into(), "myTable".into())),
        types: columns
            .iter()
            .map(|(_, scalar)| TimestreamType::Scalar(*scalar))
            .collect(),
        columns: columns
            .iter()
            .zip(0..)
            .map(|((name, _), index)| Column {
                name: (*name).into(),
                type_: index,
                kind: kind(name),
                partition_key: false,
            })
            .collect(),
        options: Vec::new(),
    }
}

/// A request for every field of a table, mapped by default.
pub(crate) fn request(table: Table, terms: Vec<Term>) -> Request {
    let mapping = mapping::map_table(&table).unwrap();
    Request {
        projection: (0..).take(mapping.fields.len()).collect(),
        mapping,
        table,
        terms,
        order: Vec::new(),
        limit: None,
        now: 0,
        caller: Caller {
            account: String::new(),
            arn: String::new(),
            tags: Vec::new(),
            groups: Vec::new(),
        },
    }
}

pub(crate) fn domain(field: u32, values: ValueSet) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed: false,
    })
}

pub(crate) fn domain_or_null(field: u32, values: ValueSet) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed: true,
    })
}

pub(crate) fn text(value: &str) -> Literal {
    Literal::Text(value.into())
}

pub(crate) fn call(function: Function, arguments: &[u32]) -> Node {
    Node::Call(Call {
        function,
        arguments: arguments.into(),
    })
}

/// An expression as a tree, which is easier to write than the contract's arena.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Leaf(Node),
    Call(Function, Vec<Asked>),
}

/// The arena of a tree.
pub(crate) fn nodes(asked: Asked) -> Vec<Node> {
    fn add(asked: Asked, nodes: &mut Vec<Node>) -> u32 {
        let node = match asked {
            Asked::Leaf(node) => node,
            Asked::Call(function, arguments) => {
                let mut places = Vec::new();
                for argument in arguments {
                    places.push(add(argument, nodes));
                }
                call(function, &places)
            }
        };
        nodes.push(node);
        u32::try_from(nodes.len() - 1).unwrap()
    }
    let mut arena = Vec::new();
    add(asked, &mut arena);
    arena
}

pub(crate) fn ask<const N: usize>(function: Function, arguments: [Asked; N]) -> Asked {
    Asked::Call(function, arguments.into())
}

/// A mapping's type where a test wants another than the default one.
pub(crate) fn show_as(request: &mut Request, field: usize, arrow_type: ArrowType) {
    let place = request.mapping.fields[field].type_ as usize;
    request.mapping.types[place] = arrow_type;
}
