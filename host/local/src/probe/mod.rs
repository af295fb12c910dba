//! What Athena and Timestream really do: harmless questions to a real account, whose answers settle what documentation
//! leaves open.
//!
//! A [`Question`] is about one belief of `tests/README.md` and holds some asks. A report of the answers holds no name, value
//! or account of the one who asks: what is about a user's own table is counted, not shown, and texts of services pass
//! through [`redact`](Redactor).

mod athena;
mod compare;
mod questions;
mod redact;
mod report;
mod timestream;

pub use athena::{Catalog, Columns, Shape, ask_athena, columns, shapes};
pub use compare::{Comparison, compare};
pub use questions::{Ask, Call, Question, questions};
pub use redact::Redactor;
pub use report::{Answered, Outcome, Report};
pub use timestream::{TableName, ask_timestream};
