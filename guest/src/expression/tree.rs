//! The arena of an expression as a tree, checked: every node before the one that uses it, and used once.

use crate::operand::Operand;
use crate::{Call, Function, Literal, Node, Refusal, Request, refusal};

/// Nodes from the root to the lowest leaf. Deeper trees are left to the host: they are walked by recursion, and the stack
/// of a plugin is small.
const MAX_DEPTH: usize = 32;

/// An expression whose fields are known columns. At most [`MAX_DEPTH`] deep.
#[derive(Debug)]
pub(super) enum Tree<'a> {
    Field(Operand),
    Constant(&'a Literal),
    Null,
    Call(Function, Vec<Tree<'a>>),
}

impl<'a> Tree<'a> {
    /// Reads an arena; the inner error says why the expression is left to the host.
    ///
    /// # Errors
    /// Refuses a request whose expression is no arena in post-order or uses fields that do not exist.
    pub(super) fn new(
        request: &Request,
        nodes: &'a [Node],
    ) -> Result<Result<Self, String>, Refusal> {
        let mut built: Vec<Option<(Self, usize)>> = Vec::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            let (tree, depth) = match node {
                Node::Field(field) => (Self::Field(Operand::of_field(request, *field)?), 1),
                Node::Constant(literal) => (Self::Constant(literal), 1),
                Node::Null => (Self::Null, 1),
                Node::Call(call) => Self::of_call(call, place, &mut built)?,
            };
            if depth > MAX_DEPTH {
                return Ok(Err(format!("it is nested deeper than {MAX_DEPTH}")));
            }
            built.push(Some((tree, depth)));
        }
        let Some((root, _)) = built.pop().flatten() else {
            let message = "an expression of the request has no nodes".to_owned();
            return Err(refusal::invalid(message));
        };
        match built.iter().position(Option::is_some) {
            None => Ok(Ok(root)),
            Some(place) => Err(refusal::invalid(format!(
                "an expression of the request is no tree: nothing uses node {place}"
            ))),
        }
    }

    /// A call with its arguments, which are taken out of those built before, and its depth.
    fn of_call(
        call: &Call,
        place: usize,
        built: &mut [Option<(Self, usize)>],
    ) -> Result<(Self, usize), Refusal> {
        let mut depth = 1;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for &argument in &call.arguments {
            let Some((tree, below)) = built.get_mut(argument as usize).and_then(Option::take)
            else {
                return Err(refusal::invalid(format!(
                    "an expression of the request is no tree: node {place} uses node {argument}, which does not stand \
                     before it or is used already"
                )));
            };
            depth = depth.max(below + 1);
            arguments.push(tree);
        }
        Ok((Self::Call(call.function, arguments), depth))
    }
}
