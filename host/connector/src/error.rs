//! The one public error: what Athena is told, whose doing it was, and the chain of causes for the log.
//!
//! Two texts (style.md, section 9): the *message* is shown to the person who asked and names table, column and
//! plugin, never a literal or a statement; the *chain* is for the log only.

use std::error::Error as StdError;
use std::fmt;

/// A result whose error Athena can be told.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What Athena is told: the codes of the Glue API's `FederationSourceErrorCode`, one to one.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the codes' own names")]
pub enum Code {
    AccessDenied,
    EntityNotFound,
    InvalidCredentials,
    InvalidInput,
    InvalidResponse,
    OperationTimeout,
    OperationNotSupported,
    Internal,
    PartialFailure,
    Throttling,
}

impl Code {
    /// The code's text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::EntityNotFound => "EntityNotFoundException",
            Self::InvalidCredentials => "InvalidCredentialsException",
            Self::InvalidInput => "InvalidInputException",
            Self::InvalidResponse => "InvalidResponseException",
            Self::OperationTimeout => "OperationTimeoutException",
            Self::OperationNotSupported => "OperationNotSupportedException",
            Self::Internal => "InternalServiceException",
            Self::PartialFailure => "PartialFailureException",
            Self::Throttling => "ThrottlingException",
        }
    }
}

/// Whose doing it most likely was. Logged, never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the five parties")]
pub enum Fault {
    Caller,
    Plugin,
    Timestream,
    Storage,
    Host,
}

/// Why a request failed.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    fault: Fault,
    message: String,
    /// The message without what was added to it that is not ours, where something was.
    summary: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    is_unreachable: bool,
    is_refusal: bool,
}

impl Error {
    /// An error with its message: `cannot <what>: <why>`, lower case, no full stop.
    pub fn new(code: Code, fault: Fault, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            fault,
            message: message.into(),
            summary: None,
            source: None,
            is_unreachable: false,
            is_refusal: false,
        }))
    }

    /// The caller asked for something malformed or impossible.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidInput, Fault::Caller, message)
    }

    /// Something that cannot happen did: debug builds panic, others ask for a report.
    #[track_caller]
    pub fn bug(what: impl fmt::Display) -> Self {
        let place = std::panic::Location::caller();
        let message = format!(
            "bug in the connector at {}:{}: {what}; please report it",
            place.file(),
            place.line()
        );
        debug_assert!(false, "{message}");
        Self::new(Code::Internal, Fault::Host, message)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same without its causes, for the next one who asks.
    #[must_use]
    pub(crate) fn again(&self) -> Self {
        let Inner {
            code,
            fault,
            message,
            summary,
            source: _,
            is_unreachable,
            is_refusal,
        } = &*self.0;
        Self(Box::new(Inner {
            code: *code,
            fault: *fault,
            message: message.clone(),
            summary: summary.clone(),
            source: None,
            is_unreachable: *is_unreachable,
            is_refusal: *is_refusal,
        }))
    }

    /// Adds a text that is not ours, such as a service's: the person who asked sees it, the log above debug does not,
    /// because it may name a value.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        let ours = self.0.message.clone();
        self.0.message = format!("{ours}: {detail}");
        self.0.summary.get_or_insert(ours);
        self
    }

    /// Takes away again what is not ours, where it may tell the person who asked what that person may not see. A refusal
    /// keeps its words, which are meant for that person.
    #[must_use]
    pub(crate) fn without_detail(mut self) -> Self {
        if self.0.is_refusal {
            return self;
        }
        if let Some(summary) = self.0.summary.take() {
            self.0.message = format!(
                "{summary} (the reason may quote a row or a rule, and is not shown under a policy)"
            );
            self.0.summary = Some(summary);
        }
        self
    }

    /// Names the query of Timestream that failed, as its console shows it.
    #[must_use]
    pub fn of_query(self, query_id: &str) -> Self {
        self.noting(format_args!("Timestream's query {query_id}"))
    }

    /// Names Athena's query, by which the function's log is searched.
    #[must_use]
    pub(crate) fn of_athena_query(self, query_id: &str) -> Self {
        self.noting(format_args!("Athena's query {query_id}"))
    }

    fn noting(mut self, what: fmt::Arguments<'_>) -> Self {
        for text in self.texts() {
            *text = format!("{text} ({what})");
        }
        self
    }

    /// Adds what the person who asked may do.
    #[must_use]
    pub fn with_hint(mut self, hint: &str) -> Self {
        for text in self.texts() {
            let joint = if text.contains("; hint: ") {
                ", or "
            } else {
                "; hint: "
            };
            text.push_str(joint);
            text.push_str(hint);
        }
        self
    }

    /// The message without what is not ours, for the log.
    pub fn summary(&self) -> &str {
        self.0.summary.as_deref().unwrap_or(&self.0.message)
    }

    /// Puts what was being done before the message.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        for text in self.texts() {
            *text = format!("{what}: {text}");
        }
        self
    }

    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        std::iter::once(&mut self.0.message).chain(&mut self.0.summary)
    }

    /// What Athena is told.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whether it is a plugin's own refusal, and nothing that went wrong.
    pub fn is_refusal(&self) -> bool {
        self.0.is_refusal
    }

    /// The same as a plugin's own refusal.
    pub(crate) fn into_refusal(mut self) -> Self {
        self.0.is_refusal = true;
        self
    }

    /// Whether it is that nobody answered a call.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.0.is_unreachable
    }

    /// The same error, of a call that nobody answered.
    #[must_use]
    pub(crate) fn unreachable(mut self) -> Self {
        self.0.is_unreachable = true;
        self
    }

    /// Whose doing it was.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }

    /// The text for the person who asked.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The causes, outermost first, for the log.
    pub fn chain(&self) -> String {
        let mut text = String::new();
        let mut source = self.source();
        while let Some(error) = source {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

/// What to tell where IAM does not allow `action`. The service's reason is shown if it names no role: Lake Formation's
/// tells which permission lacks.
pub(crate) fn denied(action: &str, reason: Option<&str>) -> String {
    let reason = reason.filter(|reason| !reason.contains("arn:"));
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("the function's role may not{reason}; allow it `{action}`")
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            code,
            fault,
            message,
            ..
        } = &*self.0;
        write!(formatter, "{code:?} ({fault:?}): {message}")?;
        if self.0.source.is_some() {
            write!(formatter, ": {}", self.chain())
        } else {
            Ok(())
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
