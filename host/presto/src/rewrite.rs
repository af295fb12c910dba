//! What must change in a parsed expression: calls that are not calls, and names that are not there.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, Array, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, LambdaFunction, LambdaFunctionParameter,
    LambdaSyntax, ObjectName, OneOrManyWithParens, TypedString, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::aggregate::{MAX_N, MIN_N};
use crate::lambda::{SORT_BY, TRY};
use crate::literal::{integer, restore_function};

/// DataFusion's functions that mean what Presto's of the same name mean.
const SAME: [&str; 32] = [
    "array_agg",
    "avg",
    "btrim",
    "coalesce",
    "count",
    "cume_dist",
    "current_date",
    "current_timestamp",
    "date",
    "dense_rank",
    "first_value",
    "grouping",
    "if",
    "lag",
    "last_value",
    "lead",
    "localtimestamp",
    "ltrim",
    "max",
    "min",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "rank",
    "row_number",
    "rtrim",
    "starts_with",
    "translate",
    "trim",
    "unnest",
];

static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let scalars = crate::functions();
    let scalars = scalars.iter().map(|function| function.name().to_owned());
    let aggregates = crate::aggregates();
    let aggregates = aggregates.iter().map(|function| function.name().to_owned());
    let lambdas = crate::lambdas();
    let lambdas = lambdas.iter().map(|function| function.name().to_owned());
    let same = SAME.iter().map(|name| (*name).to_owned());
    scalars
        .chain(aggregates)
        .chain(lambdas)
        .chain(same)
        .collect()
});

/// Rewrites an expression whose operands are rewritten. `also` are functions that the engine has beside this crate's.
///
/// # Errors
///
/// When it calls a function that is not registered.
pub fn rewrite_expr(expr: &mut Expr, also: &[&str]) -> Result<(), String> {
    match expr {
        Expr::Lambda(lambda) => {
            members_of_parameters(lambda);
            Ok(())
        }
        Expr::Function(function) => {
            let name = name(function)?;
            if !KNOWN.contains(&name) && !also.contains(&name.as_str()) {
                return Err(format!("Function '{name}' not registered"));
            }
            restore_function(&name, function);
            if let Some(replaced) = called(&name, function)? {
                *expr = replaced;
            }
            Ok(())
        }
        Expr::Value(_) | Expr::UnaryOp { .. } => {
            integer(expr);
            Ok(())
        }
        Expr::AtTimeZone {
            timestamp,
            time_zone,
        } => {
            let arguments = [timestamp, time_zone].map(|operand| (**operand).clone());
            *expr = call("at_timezone", arguments);
            Ok(())
        }
        Expr::TypedString(TypedString {
            data_type, value, ..
        }) => {
            let text = value.value.clone().into_string();
            match (data_type, text) {
                (DataType::JSON, Some(_)) => {
                    *expr = call("json_parse", [Expr::Value(value.clone())]);
                }
                (DataType::Decimal(_) | DataType::Numeric(_), Some(text)) => {
                    let is_decimal = text
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
                    if !is_decimal {
                        return Err(format!("Invalid numeric literal: {text}"));
                    }
                    let point = if text.contains('.') { "" } else { "." };
                    let number = Value::Number(text + point, false);
                    *expr = Expr::Value(number.with_span(Span::empty()));
                }
                _ => {}
            }
            Ok(())
        }
        Expr::Struct { .. } => Err("Function 'struct' not registered".to_owned()),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let is_name = matches!(**root, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            let is_of_name =
                |access: &&mut AccessExpr| is_name && matches!(access, AccessExpr::Dot(_));
            let accesses = access_chain.iter_mut().skip_while(is_of_name);
            accesses.for_each(member);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A call of a function.
pub fn call(name: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    let arguments = arguments.into_iter();
    let arguments = arguments.map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// DataFusion takes a member's name as a text where it is not a part of a column's name.
fn member(access: &mut AccessExpr) {
    if let AccessExpr::Dot(Expr::Identifier(name)) = access {
        let name = Value::SingleQuotedString(name.value.clone());
        *access = AccessExpr::Dot(Expr::Value(name.with_span(Span::empty())));
    }
}

fn name(function: &Function) -> Result<String, String> {
    match function.name.0.as_slice() {
        [name] => match name.as_ident() {
            Some(name) => Ok(name.value.to_lowercase()),
            None => Err(format!("Function '{}' not registered", function.name)),
        },
        _ => Err(format!("Function '{}' not registered", function.name)),
    }
}

/// What stands for a call that is not one, or is of another function by its arguments.
fn called(name: &str, function: &mut Function) -> Result<Option<Expr>, String> {
    let FunctionArguments::List(list) = &function.args else {
        return Ok(None);
    };
    let plain = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    let Some(arguments) = plain.collect::<Option<Vec<Expr>>>() else {
        return Ok(None);
    };
    let unexpected = |takes: &str| {
        Err(format!(
            "Unexpected parameters for function {name}. Expected: {takes}"
        ))
    };
    match (name, arguments.as_slice()) {
        ("if", [condition, result]) => Ok(Some(case(condition, result, None))),
        ("if", [condition, result, otherwise]) => {
            Ok(Some(case(condition, result, Some(otherwise))))
        }
        ("date", [operand]) => Ok(Some(Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(operand.clone()),
            data_type: DataType::Date,
            array: false,
            format: None,
        })),
        ("if", _) => unexpected("if(boolean, T[, T])"),
        (TRY, [body]) => {
            let body = FunctionArg::Unnamed(FunctionArgExpr::Expr(of_rows(body)));
            if let FunctionArguments::List(list) = &mut function.args {
                list.args = vec![body];
            }
            Ok(None)
        }
        // DataFusion's planner wants arguments.
        ("map", []) => {
            let empty = Expr::Array(Array {
                elem: Vec::new(),
                named: true,
            });
            Ok(Some(call("map", [empty.clone(), empty])))
        }
        ("max", [_, _]) => Ok(renamed(function, MAX_N)),
        ("min", [_, _]) => Ok(renamed(function, MIN_N)),
        ("array_sort", [_, Expr::Lambda(_)]) => Ok(renamed(function, SORT_BY)),
        _ => Ok(None),
    }
}

fn renamed(function: &mut Function, name: &str) -> Option<Expr> {
    function.name = ObjectName::from(vec![Ident::with_quote('"', name)]);
    None
}

fn case(condition: &Expr, result: &Expr, otherwise: Option<&Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition: condition.clone(),
            result: result.clone(),
        }],
        else_result: otherwise.map(|otherwise| Box::new(otherwise.clone())),
    }
}

/// An expression as the body of a lambda of a row, which it does not name.
fn of_rows(body: &Expr) -> Expr {
    Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::Many(vec![LambdaFunctionParameter {
            name: Ident::with_quote('"', "row\u{1}"),
            data_type: None,
        }]),
        body: Box::new(body.clone()),
        syntax: LambdaSyntax::Arrow,
    })
}

/// `p.value` is a member of the parameter `p`, not a column of a table `p`.
fn members_of_parameters(lambda: &mut LambdaFunction) {
    let parameters = lambda.params.iter();
    let parameters = parameters
        .map(|parameter| parameter.name.value.clone())
        .collect();
    let _ = lambda.body.visit(&mut Members { parameters });
}

struct Members {
    parameters: Vec<String>,
}

impl VisitorMut for Members {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(names) = expr
            && let [first, members @ ..] = names.as_slice()
            && self.parameters.contains(&first.value)
        {
            let accesses = members.iter().cloned().map(Expr::Identifier);
            let mut accesses: Vec<AccessExpr> = accesses.map(AccessExpr::Dot).collect();
            accesses.iter_mut().for_each(member);
            *expr = Expr::CompoundFieldAccess {
                root: Box::new(Expr::Identifier(first.clone())),
                access_chain: accesses,
            };
        }
        ControlFlow::Continue(())
    }
}
