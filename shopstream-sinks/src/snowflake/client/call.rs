//! A statement on its way, and the frame that the crate puts around it.

use reqwest::Request;
use serde_json::Value;
use shopstream_core::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Statement, reply::Reply};

/// A statement on its way.
pub(super) struct Call {
    pub(super) statement: Statement,
    progress: Mutex<Progress>,
    outcome: Mutex<Option<Result<Reply>>>,
}

/// How far it is.
#[derive(Clone, Default)]
pub(super) struct Progress {
    /// Its id, once it was sent: the same each time.
    pub(super) request_id: Option<String>,
    pub(super) query_id: Option<String>,
    pub(super) polls: u32,
    pub(super) resends: u32,
    pub(super) logins: u32,
    /// Whether the server has done with it.
    pub(super) finished: bool,
}

impl Call {
    pub(super) fn new(statement: Statement) -> Self {
        Self { statement, progress: Mutex::default(), outcome: Mutex::default() }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what became of it: the crate is told no more than that it is over.
    pub(super) fn settle(&self, outcome: Result<Reply>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    pub(super) fn outcome(&self) -> Option<Result<Reply>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// An error with what is known of the statement.
    pub(super) fn blame(&self, error: Error) -> Error {
        let progress = self.progress().clone();
        let named =
            [("model", &self.statement.model), ("query_id", &progress.query_id), ("request_id", &progress.request_id)];
        named.into_iter().fold(error, |error, (key, value)| match value {
            Some(value) if error.context(key).is_none() => error.with(key, value),
            _ => error,
        })
    }
}

/// A request as the crate frames it.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) request_id: String,
    pub(super) body: Value,
}

impl Frame {
    pub(super) fn of(request: &Request) -> Result<Self> {
        let unlike = || Error::internal("the crate snowflake-api made a request that is not known");
        let pairs = request.url().query_pairs();
        let request_id = pairs.into_iter().find(|(name, _)| name == "requestId").map(|(_, id)| id.into_owned());
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .and_then(|body| serde_json::from_slice(body).ok())
            .filter(Value::is_object);
        Ok(Self { request_id: request_id.ok_or_else(unlike)?, body: body.ok_or_else(unlike)? })
    }
}
