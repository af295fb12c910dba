//! Functions of the connector in place of a table: `TABLE(system.query(query => 'SELECT …'))`.
//!
//! A call reaches the connector as arguments that travel with the table `system`.`query` (federation-protocol.md, section
//! 5.3). For the engine it becomes a table with a name that no query can spell; the catalog knows its call.

use std::collections::BTreeMap;

use connector::wire::TableName;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident,
    ObjectName, ObjectNamePart, TableFactor, Value, ValueWithSpan,
};

use super::CATALOG;
use super::client::Capabilities;

/// The schema of the calls, which are named by their position. Names that users write are in lower case.
pub(super) const CALLS: &str = "CALLS";

/// The argument that names the function.
const FUNCTION_ARGUMENT: &str = "schemaFunctionName";

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The table that the connector is asked for: schema and name of the function, in lower case.
    pub(super) function: TableName,
    /// Texts by name, in upper case as they are announced.
    given: BTreeMap<String, String>,
}

impl Call {
    /// What travels with the calls for the table.
    pub(super) fn arguments(&self) -> BTreeMap<String, String> {
        let mut arguments = self.given.clone();
        arguments.insert(FUNCTION_ARGUMENT.to_owned(), self.signature());
        arguments
    }

    /// Whether the connector announced this function with these arguments.
    pub(super) fn check(&self, announced: &Capabilities) -> anyhow::Result<()> {
        let signature = self.signature();
        let Some(arguments) = announced.calls.get(&signature) else {
            anyhow::bail!(
                "cannot call `{}`: the connector does not announce the function `{signature}`; hint: \
                 `enable_query_passthrough` switches it",
                signature.to_lowercase()
            );
        };
        anyhow::ensure!(
            self.given.keys().eq(arguments),
            "cannot call `{}`: its arguments are ({}), not ({})",
            signature.to_lowercase(),
            list(arguments),
            list(self.given.keys())
        );
        Ok(())
    }

    fn signature(&self) -> String {
        let TableName {
            schema_name,
            table_name,
        } = &self.function;
        format!("{schema_name}.{table_name}").to_uppercase()
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.join(", ").to_lowercase()
}

/// Whether an expression is a call of a function of the connector's.
pub(super) fn is_call(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else {
        return false;
    };
    let is_named = |argument: &FunctionArg| matches!(argument, FunctionArg::Named { .. });
    let has_names = match &function.args {
        FunctionArguments::List(list) => list.args.iter().any(is_named),
        _ => false,
    };
    function.name.0.len() > 1 || has_names
}

/// The arguments of a call for a person, a line each.
pub(super) fn describe(arguments: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    let given = arguments
        .iter()
        .filter(|(name, _)| *name != FUNCTION_ARGUMENT);
    given.map(|(name, text)| format!("{} => '{}'", name.to_lowercase(), text.replace('\'', "''")))
}

/// Puts a table in the place of a call, and the call to the others.
pub(super) fn rewrite(factor: &mut TableFactor, calls: &mut Vec<Call>) -> Result<(), String> {
    match factor {
        TableFactor::TableFunction { expr, alias } => {
            let number = calls.len();
            calls.push(call(expr)?);
            *factor = TableFactor::Table {
                name: ObjectName::from(
                    [CATALOG, CALLS, &number.to_string()]
                        .map(|part| Ident::with_quote('"', part))
                        .to_vec(),
                ),
                alias: alias.take(),
                args: None,
                with_hints: Vec::new(),
                version: None,
                with_ordinality: false,
                partitions: Vec::new(),
                json_path: None,
                sample: None,
                index_hints: Vec::new(),
            };
            Ok(())
        }
        TableFactor::Table {
            name,
            args: Some(_),
            ..
        } => Err(format!(
            "`{name}` is called like a function; hint: write TABLE({name}(…))"
        )),
        _ => Ok(()),
    }
}

fn call(expr: &Expr) -> Result<Call, String> {
    let Expr::Function(Function {
        name,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(list),
        filter: None,
        over: None,
        null_treatment: None,
        ..
    }) = expr
    else {
        return Err(
            "TABLE(…) needs a call, such as `system.query(query => 'SELECT 1')`".to_owned(),
        );
    };
    let parts: Option<Vec<String>> = name
        .0
        .iter()
        .map(ObjectNamePart::as_ident)
        .map(|ident| Some(ident?.value.to_lowercase()))
        .collect();
    let function = match parts.as_deref() {
        Some([schema, table]) => (schema, table),
        Some([catalog, schema, table]) if catalog == CATALOG => (schema, table),
        _ => {
            return Err(format!(
                "`{name}` is no function of catalog `{CATALOG}`; hint: write `{CATALOG}.system.query`"
            ));
        }
    };
    let mut given = BTreeMap::new();
    for argument in &list.args {
        let (argument, text) = text(argument).ok_or_else(|| {
            format!(
                "`{name}` takes each argument as `name => 'text'`; quotes in the text are doubled"
            )
        })?;
        if given.insert(argument.clone(), text).is_some() {
            return Err(format!(
                "`{name}` is given `{}` twice",
                argument.to_lowercase()
            ));
        }
    }
    Ok(Call {
        function: TableName {
            schema_name: function.0.clone(),
            table_name: function.1.clone(),
        },
        given,
    })
}

/// `query => 'SELECT …'`
fn text(argument: &FunctionArg) -> Option<(String, String)> {
    let FunctionArg::Named {
        name,
        arg:
            FunctionArgExpr::Expr(Expr::Value(ValueWithSpan {
                value: Value::SingleQuotedString(text),
                ..
            })),
        operator: FunctionArgOperator::RightArrow,
    } = argument
    else {
        return None;
    };
    Some((name.value.to_uppercase(), text.clone()))
}
