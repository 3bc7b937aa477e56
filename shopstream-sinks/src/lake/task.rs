//! Work beside the caller's own task.

use shopstream_core::{Error, Result};
use std::thread;
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    task::JoinError,
};

/// The runtime that the lake's work runs in.
pub(super) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| Error::config("a lake is used within a Tokio runtime"))
}

/// Computes for a while without holding up the runtime's other tasks.
pub(super) async fn compute<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    outcome(runtime()?.spawn_blocking(work).await)
}

/// Runs work that computes much between its waits on a thread of its own, until it ends or what says so is dropped.
///
/// What it allocates stays the thread's: allocators keep memory for each thread that has used some.
pub(super) async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
    mut stop: watch::Receiver<()>,
) -> Result<T> {
    let runtime = runtime()?;
    let (done, outcome) = oneshot::channel();
    let run = async move {
        let ended = tokio::select! {
            result = work => result,
            _ = stop.changed() => Err(given_up()),
        };
        // Nobody may be waiting for it any more.
        let _ = done.send(ended);
    };
    let thread = thread::Builder::new()
        .name("lake-part".to_owned())
        .spawn(move || runtime.block_on(run))
        .map_err(|e| Error::unavailable("no thread to work on").caused_by(e))?;
    let ended = outcome.await.unwrap_or_else(|_| Err(Error::internal("a task of the lake panicked")));
    // It has nothing left to do but to end; then its memory is the next thread's.
    let _ = thread.join();
    ended
}

/// Why work ended that was told to stop.
pub(super) fn given_up() -> Error {
    Error::cancelled("the work was given up")
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
