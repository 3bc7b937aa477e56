//! Errors of the server, by their code.

use shopstream_core::{Error, ErrorKind};

use super::reply::Reply;

/// The error of a statement that the server refused: its code, SQLSTATE and query id, and what to do.
///
/// Snowflake publishes no list of its codes: these are the ones that its guides and drivers name. The classes of
/// SQLSTATE are the standard's, and any code that is not here is told as it is.
pub(super) fn refusal(reply: &Reply) -> Error {
    let code = reply.code();
    let state = reply.data().and_then(|data| data.sql_state.as_deref()).unwrap_or_default();
    let (kind, message) = kind(code.trim_start_matches('0'), state);
    let error = Error::new(kind, message).with("code", plain(&code));
    if state.is_empty() { error } else { error.with("sqlstate", plain(state)) }
}

/// The error of a login that the server refused.
pub(super) fn login_refusal(reply: &Reply) -> Error {
    Error::permission("Snowflake refused the login: check account, user, role, and password, token or key")
        .with("code", plain(&reply.code()))
}

/// A code is short and plain; anything else in its place is not repeated.
fn plain(text: &str) -> &str {
    if text.len() <= 10 && text.bytes().all(|b| b.is_ascii_alphanumeric()) { text } else { "unreadable" }
}

fn kind(code: &str, state: &str) -> (ErrorKind, &'static str) {
    match (code, state) {
        ("3001", _) | (_, "42501") => {
            (ErrorKind::Permission, "the role may not do that in Snowflake: grant it the right")
        }
        ("2003" | "2043", _) | (_, "02000" | "42S02") => {
            (ErrorKind::NotFound, "something that a statement names is not there, or the role may not see it")
        }
        ("904", _) => (ErrorKind::Schema, "a statement names a column that is not there"),
        ("2002", _) | (_, "42710") => (ErrorKind::Conflict, "something of that name is there already"),
        ("625", _) | (_, "40001") => {
            (ErrorKind::Conflict, "another transaction holds what a statement needs: try again when it has ended")
        }
        ("606", _) => (ErrorKind::Config, "the session has no virtual warehouse: name one that the role may use"),
        ("630", _) => (ErrorKind::Cancelled, "a statement reached its time limit in Snowflake: allow it more time"),
        ("604" | "605", _) | (_, "57014") => (ErrorKind::Cancelled, "a statement was cancelled in Snowflake"),
        (_, state) if state.starts_with("22") || state.starts_with("23") => (
            ErrorKind::Data,
            "a value is not what its column allows: see the message in the query history, by the query's id",
        ),
        _ => (
            ErrorKind::Config,
            "Snowflake refused a statement: see the message in the query history, by the query's id",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_say_what_to_do_and_messages_are_dropped() {
        for (code, state, expected) in [
            ("003001", "42501", ErrorKind::Permission),
            ("002003", "02000", ErrorKind::NotFound),
            ("000904", "42000", ErrorKind::Schema),
            ("002002", "42710", ErrorKind::Conflict),
            ("000625", "57014", ErrorKind::Conflict),
            ("000606", "57P03", ErrorKind::Config),
            ("000604", "57014", ErrorKind::Cancelled),
            ("000630", "57014", ErrorKind::Cancelled),
            ("100038", "22018", ErrorKind::Data),
            ("100072", "22000", ErrorKind::Data),
            ("001003", "42000", ErrorKind::Config),
        ] {
            let reply = json!({"success": false, "code": code, "message": "planted", "data": {"sqlState": state, "queryId": "1"}});
            let error = refusal(&serde_json::from_value(reply).unwrap());
            assert_eq!((error.kind(), error.context("code")), (expected, Some(code)));
            assert_eq!(error.context("sqlstate"), Some(state));
            assert!(!format!("{error:?}").contains("planted"));
        }
        let odd = json!({"code": "planted value", "data": {"sqlState": "planted value"}});
        assert!(!format!("{:?}", refusal(&serde_json::from_value(odd).unwrap())).contains("planted"));
    }
}
