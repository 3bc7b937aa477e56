//! Another try for what broke off on its way.
//!
//! The S3 client itself tries again what the server refuses for now (429, 5xx) and what never reached it. It leaves
//! what broke off in the midst of an answer, and requests that it does not know to be repeatable; all of the lake's
//! are: an object is created with a text of its own, what is gone is removed already.

use object_store::Error as StoreError;
use std::{pin::pin, time::Duration};
use tokio::time::sleep;

/// How often, and for how long, something is tried again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retry {
    pub(super) times: usize,
    pub(super) within: Duration,
}

/// The pause before the first further try; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub(super) async fn again<T, F>(retry: Retry, mut work: impl FnMut() -> F) -> object_store::Result<T>
where
    F: Future<Output = object_store::Result<T>>,
{
    if retry.times == 0 {
        return work().await;
    }
    let mut too_late = pin!(sleep(retry.within));
    let (mut left, mut pause) = (retry.times, PAUSE);
    loop {
        match work().await {
            Err(error) if left > 0 && broke_off(&error) => {
                tokio::select! {
                    biased;
                    () = &mut too_late => return Err(error),
                    () = sleep(pause) => {}
                }
                left -= 1;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            outcome => return outcome,
        }
    }
}

/// Whether the way failed, and not the store.
#[cfg(feature = "s3")]
fn broke_off(error: &StoreError) -> bool {
    use object_store::client::{HttpError, HttpErrorKind};
    let mut causes = super::error::causes(error).filter_map(|cause| cause.downcast_ref::<HttpError>());
    // Where nobody answers at all the client tried again already.
    causes.any(|error| error.kind() != HttpErrorKind::Connect)
}

/// Only a network breaks off.
#[cfg(not(feature = "s3"))]
fn broke_off(_: &StoreError) -> bool {
    false
}
