//! One error for the whole library: a kind that says what to do next, a message, and where it happened.

use std::{borrow::Cow, error::Error as StdError, fmt};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong or missing: change it.
    Config,
    /// What was asked for is not there: check the name, or make it first.
    NotFound,
    /// Somebody else was first, or holds a lock: look again, then decide.
    Conflict,
    /// Columns or types are not those that were declared: evolve the declaration or the data.
    Schema,
    /// A value is not what its column allows: mend the data, or pick an option that allows it.
    Data,
    /// A server or a disk does not answer: try again later.
    Unavailable,
    /// Credentials or rights are not enough: ask for them.
    Permission,
    /// This implementation cannot do that: the message names who can.
    Unsupported,
    /// The work was given up on request.
    Cancelled,
    /// A promise inside the library was broken: report it.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Config => "configuration",
            ErrorKind::NotFound => "not found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Schema => "schema",
            ErrorKind::Data => "data",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Permission => "permission",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::Internal => "internal",
        })
    }
}

/// An error of any part of the library.
///
/// Its text names table, column, file, line and cause, and what to do; never a cell's value, never a secret.
/// Match on [`kind`](Error::kind): the text is for people and may change.
///
/// ```
/// use shopstream_core::{Error, ErrorKind};
///
/// let error = Error::data("not an integer").with("file", "customers.csv").with("line", 7);
/// assert_eq!(error.kind(), ErrorKind::Data);
/// assert_eq!(error.to_string(), "not an integer (file: customers.csv, line: 7)");
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error {
    // Boxed, so that a Result stays as small as its value.
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    retryable: bool,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),+ $(,)?) => {
        impl Error { $(
            $(#[$doc])*
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Self { Self::new(ErrorKind::$kind, message) }
        )+ }
    };
}

constructors! {
    /// A wrong or missing setting.
    config => Config,
    /// Something that is not there.
    not_found => NotFound,
    /// Somebody else was first.
    conflict => Conflict,
    /// Columns or types that are not as declared.
    schema => Schema,
    /// A value that its column does not allow.
    data => Data,
    /// A server or a disk that does not answer; retryable.
    unavailable => Unavailable,
    /// Credentials or rights that are not enough.
    permission => Permission,
    /// Something that this implementation cannot do.
    unsupported => Unsupported,
    /// Work given up on request.
    cancelled => Cancelled,
    /// A broken promise inside the library.
    internal => Internal,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let retryable = kind == ErrorKind::Unavailable;
        Self { inner: Box::new(Inner { kind, message: message.into(), context: vec![], source: None, retryable }) }
    }

    /// Adds where it happened: `error.with("table", "users")`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.inner.context.push((key, value.to_string()));
        self
    }

    /// Adds the cause, which is shown after the message and by [`source`](StdError::source).
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Says whether the same call may succeed later. [`ErrorKind::Unavailable`] is retryable unless said otherwise.
    #[must_use]
    pub fn retryable(mut self, yes: bool) -> Self {
        self.inner.retryable = yes;
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The message alone, without context and cause.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The value of a context key: `error.context("table")`.
    pub fn context(&self, key: &str) -> Option<&str> {
        self.inner.context.iter().find(|(k, _)| *k == key).map(|(_, v)| v.as_str())
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.inner.retryable
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (i, (key, value)) in self.context.iter().enumerate() {
            write!(f, "{}{key}: {value}", if i == 0 { " (" } else { ", " })?;
        }
        if !self.context.is_empty() {
            f.write_str(")")?;
        }
        let mut cause = self.source.as_deref().map(|s| s as &(dyn StdError + 'static));
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            // One of ours has already told its own causes.
            cause = if error.is::<Error>() { None } else { error.source() };
        }
        Ok(())
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} error: {self}", self.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}

impl StdError for Inner {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Error::internal("Arrow refused an operation").caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_context_and_the_whole_chain_of_causes() {
        let inner = Error::unavailable("no answer").with("host", "db").caused_by(std::io::Error::other("refused"));
        let outer = Error::config("cannot extract").with("table", "users").caused_by(inner);
        assert_eq!(outer.to_string(), "cannot extract (table: users): no answer (host: db): refused");
        assert_eq!(format!("{outer:?}"), format!("configuration error: {outer}"));
        assert_eq!(outer.context("table"), Some("users"));
        assert!(!outer.is_retryable() && Error::unavailable("x").is_retryable());
    }

    #[test]
    fn is_one_pointer() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
