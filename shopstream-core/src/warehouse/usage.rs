//! What work in a warehouse takes, where it is paid for by time.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What work took of a warehouse's computers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// The computers, as the warehouse calls them: in Snowflake, a virtual warehouse.
    pub compute: String,
    /// How long they were at work on it, in seconds, waiting included.
    pub seconds: f64,
    /// What that comes to in credits, an estimate from their size and the time: what is billed are the seconds for which
    /// they run, at least 60 each time that they are started, shared by all that they do then.
    #[serde(default)]
    pub credits: Option<f64>,
}

impl Usage {
    /// So many seconds of these computers.
    pub fn new(compute: impl Into<String>, seconds: f64) -> Self {
        Self { compute: compute.into(), seconds, credits: None }
    }

    /// Says what they cost, in credits an hour.
    #[must_use]
    pub fn with_rate(mut self, credits_an_hour: f64) -> Self {
        self.credits = Some(self.seconds * credits_an_hour / 3600.0);
        self
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.1} s", self.compute, self.seconds)?;
        match self.credits {
            Some(credits) => write!(f, ", about {credits:.4} credits"),
            None => Ok(()),
        }
    }
}
