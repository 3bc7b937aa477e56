//! What goes wrong in a store, in our words.

use object_store::Error as StoreError;
use shopstream_core::{Error, ErrorKind};
use std::{error::Error as StdError, io};

/// The codes by which S3 says that the credentials are not enough.
const DENIED: [&str; 6] =
    ["AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "NotSignedUp", "SignatureDoesNotMatch"];

/// The error of a store's operation on a key.
///
/// Only what is known to be harmless of a store's own text is kept: a server's answer may repeat keys and signatures
/// of the request.
pub(super) fn store_error(error: &StoreError, key: &str) -> Error {
    let io = causes(error).find_map(|e| e.downcast_ref::<io::Error>());
    let code = server_code(error);
    let kind = match error {
        StoreError::NotFound { .. } => ErrorKind::NotFound,
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => ErrorKind::Conflict,
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => ErrorKind::Permission,
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => ErrorKind::Unsupported,
        StoreError::InvalidPath { .. } | StoreError::UnknownConfigurationKey { .. } => ErrorKind::Config,
        StoreError::JoinError { .. } => ErrorKind::Cancelled,
        // What the store has no word for, as when it lists.
        _ => match (code.as_deref(), io.map(io::Error::kind)) {
            (Some(code), _) if DENIED.contains(&code) => ErrorKind::Permission,
            (Some("NoSuchBucket"), _) => ErrorKind::NotFound,
            (_, Some(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)) => ErrorKind::Permission,
            (_, Some(io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)) => ErrorKind::Config,
            _ => ErrorKind::Unavailable,
        },
    };
    let message = match kind {
        ErrorKind::NotFound => "it is not in the lake",
        ErrorKind::Conflict => "it is in the lake already",
        ErrorKind::Permission => "the lake does not permit it: check credentials and rights",
        ErrorKind::Unsupported => "the lake's store cannot do it",
        ErrorKind::Config if io.is_some() => {
            "a file stands where the lake needs a folder, or a folder where it needs a file"
        }
        ErrorKind::Config => "the lake's store does not take this key",
        ErrorKind::Cancelled => "the work was given up",
        _ => "the lake does not answer",
    };
    let mut ours = Error::new(kind, message).with("key", key);
    if let Some(code) = code {
        ours = ours.with("code", code);
    }
    match io {
        // The system's own text of its number alone: an error made from text could hold anything.
        Some(io) => match io.raw_os_error() {
            Some(number) => ours.caused_by(io::Error::from_raw_os_error(number)),
            None => ours.with("cause", io.kind()),
        },
        None => ours,
    }
}

pub(super) fn causes<'a>(error: &'a StoreError) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let first: &'a (dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |cause: &&'a (dyn StdError + 'static)| {
        let cause: &'a (dyn StdError + 'static) = *cause;
        cause.source()
    })
}

/// The code of an S3 answer: `<Code>NoSuchBucket</Code>`.
fn server_code(error: &StoreError) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric())).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn StdError + Send + Sync>>) -> StoreError {
        StoreError::Generic { store: "S3", source: source.into() }
    }

    #[test]
    fn says_what_to_do_next() {
        for (error, kind) in [
            (generic(io::Error::from(io::ErrorKind::PermissionDenied)), ErrorKind::Permission),
            (generic(io::Error::from_raw_os_error(28)), ErrorKind::Unavailable),
            (generic("anything"), ErrorKind::Unavailable),
            (StoreError::NotFound { path: "a".into(), source: "b".into() }, ErrorKind::NotFound),
            (StoreError::PermissionDenied { path: "a".into(), source: "b".into() }, ErrorKind::Permission),
        ] {
            let ours = store_error(&error, "raw/users");
            assert_eq!((ours.kind(), ours.context("key")), (kind, Some("raw/users")), "{ours}");
        }
        let full = store_error(&generic(io::Error::from_raw_os_error(28)), "k").to_string();
        assert!(full.contains("No space left on device"), "{full}");
    }

    #[test]
    fn keeps_a_servers_code_and_nothing_else_of_its_answer() {
        let answer =
            "403: <Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIAPLANTED</AWSAccessKeyId></Error>";
        let ours = store_error(&generic(answer), "k");
        assert_eq!((ours.kind(), ours.context("code")), (ErrorKind::Permission, Some("SignatureDoesNotMatch")));
        assert!(!format!("{ours} {ours:?}").contains("PLANTED"));
        let from_text = store_error(&generic(io::Error::other("AKIAPLANTED")), "k");
        assert!(!format!("{from_text} {from_text:?}").contains("PLANTED"));
    }
}
