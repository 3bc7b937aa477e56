//! Threads for what computes much between its waits.

use shopstream_core::{Error, Result};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread,
};
use tokio::sync::{oneshot, watch};

use super::task;

/// Threads that run a future each. One that is done is used again before there is another: allocators keep memory for
/// each thread that has used some. They end when nobody holds them any more.
#[derive(Debug, Default)]
pub(super) struct Threads {
    idle: Mutex<Vec<mpsc::Sender<Job>>>,
}

/// Runs something, and answers with how to say so.
type Run = Box<dyn FnOnce() -> Answer + Send>;
type Answer = Box<dyn FnOnce()>;

/// What a thread runs, and where it waits for more.
struct Job {
    run: Run,
    thread: mpsc::Sender<Job>,
}

/// The threads of a lake, there as long as somebody writes to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Weak<Threads>>>);

impl Shared {
    /// The threads, which others who hold them share.
    pub(super) fn hold(&self) -> Arc<Threads> {
        let mut shared = lock(&self.0);
        shared.upgrade().unwrap_or_else(|| {
            let threads = Arc::default();
            *shared = Arc::downgrade(&threads);
            threads
        })
    }
}

impl Threads {
    /// Runs work on a thread of its own, until it ends or what says so is dropped.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T>> + Send + 'static,
        mut stop: watch::Receiver<()>,
    ) -> Result<T> {
        let runtime = task::runtime()?;
        let (done, outcome) = oneshot::channel();
        let run = async move {
            tokio::select! {
                result = work => result,
                _ = stop.changed() => Err(given_up()),
            }
        };
        self.start(Box::new(move || {
            let ended = runtime.block_on(run);
            // Nobody may be waiting for it any more.
            Box::new(move || drop(done.send(ended)))
        }))?;
        outcome.await.unwrap_or_else(|_| Err(Error::internal("a task of the lake panicked")))
    }

    fn start(self: &Arc<Self>, mut run: Run) -> Result<()> {
        loop {
            let Some(thread) = lock(&self.idle).pop() else { break };
            match thread.send(Job { run, thread: thread.clone() }) {
                Ok(()) => return Ok(()),
                // It panicked.
                Err(mpsc::SendError(job)) => run = job.run,
            }
        }
        let (thread, jobs) = mpsc::channel::<Job>();
        let threads = Arc::downgrade(self);
        let serve = move || {
            for Job { run, thread } in jobs {
                let answer = run();
                // Before the answer: who has it may start the next at once.
                match threads.upgrade() {
                    Some(threads) => lock(&threads.idle).push(thread),
                    None => return answer(),
                }
                answer();
            }
        };
        let failed = |e| Error::unavailable("no thread to work on").caused_by(e);
        thread::Builder::new().name("lake".to_owned()).spawn(serve).map_err(failed)?;
        let job = Job { run, thread: thread.clone() };
        thread.send(job).map_err(|_| Error::internal("a thread ended before its work"))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why work ended that was told to stop.
pub(super) fn given_up() -> Error {
    Error::cancelled("the work was given up")
}
