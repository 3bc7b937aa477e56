//! The server's and the client's errors as ours.
//!
//! PostgreSQL's DETAIL, CONTEXT and some of its messages repeat rows, so of an error only the SQLSTATE is kept, and
//! the message where it names nothing but objects.

use super::config::Target;
use shopstream_core::{Error, ErrorKind};
use std::{error::Error as _, io};

/// An error of the client as ours, saying which server it is about.
pub(super) fn of_client(error: tokio_postgres::Error, target: &Target) -> Error {
    let ours = match error.as_db_error() {
        Some(db) => of_server(&Answer {
            code: db.code().code(),
            message: db.message(),
            table: db.table(),
            column: db.column(),
            constraint: db.constraint(),
        }),
        None => without_answer(error),
    };
    ours.with("server", target)
}

/// A connection that could not be used in time.
pub(super) fn timeout(target: &Target) -> Error {
    Error::unavailable(
        "PostgreSQL did not answer in time; is it running, can it be reached from here, and has it, or a pooler before \
         it, room for another connection?",
    )
    .with("timeout_s", target.connect_timeout().as_secs_f64())
    .with("server", target)
}

/// Whether it is of a server that turned a connection away for having too many.
pub(super) fn is_full(error: &Error) -> bool {
    error.context("sqlstate") == Some("53300")
}

/// Whether there may be room when another session has ended: a pooler keeps waiting whom it has no session for.
pub(super) fn is_no_room(error: &Error) -> bool {
    is_full(error) || error.context("timeout_s").is_some()
}

fn without_answer(error: tokio_postgres::Error) -> Error {
    // The client tells its kinds by their text alone.
    let text = error.to_string();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    match text.as_str() {
        _ if error.is_closed() => Error::unavailable("PostgreSQL closed the connection"),
        "invalid configuration" if cause.contains("password missing") => {
            Error::permission("PostgreSQL asks for a password, and none was given: put one into the URL")
        }
        "authentication error" => Error::permission("PostgreSQL and this client found no common way to authenticate"),
        "error performing TLS handshake" => with_tls(
            Error::unavailable(
                "no TLS connection could be made: does the server speak TLS, and is its certificate one that sslmode \
                 and sslrootcert let pass?",
            )
            .retryable(false),
            error,
        ),
        "invalid configuration" => Error::config("PostgreSQL cannot be connected to with these settings"),
        "error communicating with the server" => {
            with_io(Error::unavailable("the connection to PostgreSQL broke"), error)
        }
        "error parsing response from server" | "unexpected message from server" => {
            Error::unavailable("what answers does not speak PostgreSQL's protocol").retryable(false)
        }
        _ => Error::internal("the PostgreSQL client failed").with("cause", text),
    }
}

/// Keeps what the handshake says as the cause: it speaks of certificates only.
fn with_tls(ours: Error, error: tokio_postgres::Error) -> Error {
    match error.into_source() {
        Some(cause) => ours.with("cause", cause),
        None => ours,
    }
}

/// Keeps an operating system's error as the cause; others may carry data.
fn with_io(ours: Error, error: tokio_postgres::Error) -> Error {
    match error.into_source().map(|cause| cause.downcast::<io::Error>()) {
        Some(Ok(cause)) => ours.caused_by(*cause),
        _ => ours,
    }
}

/// What of a server's error is kept.
#[derive(Debug, Default)]
struct Answer<'a> {
    code: &'a str,
    message: &'a str,
    table: Option<&'a str>,
    column: Option<&'a str>,
    constraint: Option<&'a str>,
}

/// The fields of an ErrorResponse as ours: each has a letter, a text and a zero, and a zero ends them.
pub(super) fn of_message(mut fields: &[u8]) -> Error {
    let mut answer = Answer::default();
    while let Some((&kind, rest)) = fields.split_first()
        && kind != 0
    {
        let end = rest.iter().position(|b| *b == 0).unwrap_or(rest.len());
        let text = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        match kind {
            b'C' => answer.code = text,
            b'M' => answer.message = text,
            b't' => answer.table = Some(text),
            b'c' => answer.column = Some(text),
            b'n' => answer.constraint = Some(text),
            _ => {}
        }
        fields = rest.get(end + 1..).unwrap_or_default();
    }
    of_server(&answer)
}

/// A server that no socket could be opened to.
pub(super) fn unreachable(error: io::Error) -> Error {
    Error::unavailable("cannot connect to PostgreSQL; is the server running, and can it be reached from here?")
        .caused_by(error)
}

fn of_server(answer: &Answer<'_>) -> Error {
    let code = answer.code;
    let (kind, message) = classify(code);
    // A serialization failure or a deadlock passes.
    let retryable = kind == ErrorKind::Unavailable || matches!(code, "40001" | "40P01");
    let mut error =
        if names_only(code) { Error::new(kind, answer.message.to_owned()) } else { Error::new(kind, message) };
    error = error.retryable(retryable).with("sqlstate", code);
    for (key, name) in [("table", answer.table), ("column", answer.column), ("constraint", answer.constraint)] {
        if let Some(name) = name {
            error = error.with(key, name);
        }
    }
    error
}

/// What a code means to the caller, and what we say where the server's own words may repeat data.
fn classify(code: &str) -> (ErrorKind, &'static str) {
    use ErrorKind::*;
    match code {
        "42P01" | "3D000" | "3F000" | "42703" | "42704" | "42883" => (NotFound, "no such object in the database"),
        "42501" => (Permission, "no right to do this"),
        "42P07" | "42P06" | "42P04" | "42701" | "42710" | "42723" => (Conflict, "the object exists already"),
        "42601" => (Config, "PostgreSQL cannot parse the statement"),
        "57014" => (Cancelled, "the statement was cancelled"),
        "55P03" | "55006" => (Conflict, "somebody else holds the object"),
        "25006" => (Unsupported, "the server takes no writes"),
        "22021" => (Data, "a text is not valid in the database's encoding"),
        "22003" => (Data, "a number is out of its column's range"),
        "22001" => (Data, "a text is longer than its column allows"),
        "22008" | "22007" => (Data, "a date or timestamp is out of its column's range"),
        "22P02" | "22P03" | "22P04" | "22032" => (Data, "a value is not in its type's format"),
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "53" | "57" | "58" => (Unavailable, "the server cannot serve this now"),
            "28" => (Permission, "the server refuses this user"),
            "22" => (Data, "a value is not what its column or function allows"),
            "23" => (Data, "a row breaks a constraint"),
            "40" => (Conflict, "the transaction was rolled back"),
            "42" => (Schema, "the statement does not fit the database"),
            "0A" | "54" => (Unsupported, "the server cannot do this"),
            "XX" => (Unavailable, "the server failed inside; see its log"),
            _ => (Data, "PostgreSQL refused the statement; see its log"),
        },
    }
}

/// Whether the message of a code names objects only. Class 22 repeats values, 42601 the statement's text, and
/// raised and internal errors anything.
fn names_only(code: &str) -> bool {
    code != "42601"
        && matches!(
            code.get(..2),
            Some("08" | "0A" | "23" | "25" | "28" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58")
        )
}
