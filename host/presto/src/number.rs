//! Numbers.

use crate::function::{Function, Type, form};
use crate::value::Value;

use Type::Double;

pub(crate) fn all() -> Vec<Function> {
    vec![
        // Java's, which of a negative number is NaN: users write NaN so.
        Function::new(
            "sqrt",
            [form(&[Double], Double, |arguments| {
                Ok(Value::Double(arguments[0].double().sqrt()))
            })],
        ),
    ]
}
