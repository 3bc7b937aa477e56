//! DataFusion's errors as ours. What is said of the query's text and of types is passed on; what is said of rows is
//! not, for it may hold a cell's value.

use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, SchemaError};
use shopstream_core::{Error, ErrorKind};

/// An error of DataFusion as ours.
pub(super) fn of(error: DataFusionError) -> Error {
    let error = match error {
        DataFusionError::External(cause) => match cause.downcast::<Error>() {
            Ok(ours) => return *ours,
            Err(other) => DataFusionError::External(other),
        },
        other => other,
    };
    match error.find_root() {
        DataFusionError::External(cause) => {
            cause.downcast_ref::<Error>().map_or_else(|| unknown("the query failed outside of DataFusion"), again)
        }
        DataFusionError::SQL(cause, _) => Error::config("the query cannot be read as SQL").with("cause", cause),
        DataFusionError::SchemaError(cause, _) => match &**cause {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let has: Vec<String> = valid_fields.iter().map(ToString::to_string).collect();
                let missing = Error::not_found("the query names a column that its tables do not have");
                missing.with("column", field).with("columns", has.join(", "))
            }
            other => Error::config("the query names its columns ambiguously").with("cause", other),
        },
        DataFusionError::Plan(cause) => Error::config("the query does not fit together").with("cause", cause),
        DataFusionError::NotImplemented(cause) => {
            Error::unsupported("the local warehouse's SQL cannot do that").with("cause", cause)
        }
        DataFusionError::ArrowError(cause, _) => match &**cause {
            ArrowError::DivideByZero => Error::data("the query divides by zero"),
            ArrowError::ArithmeticOverflow(_) => Error::data("a number of the query is too large for its type"),
            _ => Error::data("a value of the query cannot be computed or converted"),
        },
        DataFusionError::Execution(_) => Error::data("a value of the query cannot be computed"),
        DataFusionError::ResourcesExhausted(_) => Error::unavailable("the query needs more memory than there is"),
        DataFusionError::IoError(cause) => Error::unavailable("the query could not read").with("cause", cause.kind()),
        _ => unknown("the query failed within DataFusion"),
    }
}

/// The same error once more, for DataFusion shares the one that it has: without its causes, which cannot be copied.
fn again(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.message().to_owned()).retryable(error.is_retryable());
    for key in ["table", "file", "warehouse", "function"] {
        if let Some(value) = error.context(key) {
            copy = copy.with(key, value);
        }
    }
    copy
}

fn unknown(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, message)
}
