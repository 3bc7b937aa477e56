//! Time, as it is given to the library: nothing in it asks the machine.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::Timestamp;

/// Where the time of a run comes from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, in UTC: for what is written down.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, never going back: for how long things take.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts the clock.
    // The one place that asks the machine; whoever wants to, hands it in.
    #[allow(clippy::disallowed_methods)]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        let since = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => since(after),
            Err(before) => -since(before.duration()),
        })
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still: for tests, and for runs that must be the same to the bit.
///
/// ```
/// use shopstream_core::{Clock, FixedClock, timestamp};
///
/// let clock = FixedClock(timestamp!("2026-01-14 02:00:00"));
/// assert_eq!(clock.now(), timestamp!("2026-01-14 02:00:00"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
