//! Work beside the caller's own task.

use shopstream_core::{Error, Result};
use tokio::{runtime::Handle, task::JoinError};

/// The runtime that the lake's work runs in.
pub(super) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| Error::config("a lake is used within a Tokio runtime"))
}

/// Computes for a while without holding up the runtime's other tasks.
pub(super) async fn compute<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    outcome(runtime()?.spawn_blocking(work).await)
}

/// Runs to the end, also when the caller is dropped.
pub(super) async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    outcome(runtime()?.spawn(work).await)
}

fn outcome<T>(ended: std::result::Result<Result<T>, JoinError>) -> Result<T> {
    ended.map_err(|e| match e.is_panic() {
        true => Error::internal("a task of the lake panicked"),
        false => Error::cancelled("the runtime was shut down"),
    })?
}
