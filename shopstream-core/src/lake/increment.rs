//! Partitions that build on each other.

use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::Date;

/// What makes a partition one of a series: each holds what came and changed since the one before it, and all of them
/// together, merged on the key of their schema in the order of their dates, make the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Increment {
    /// The date of the one before it; `None` begins a series, and is a table by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// The keys of all rows that the source's table had in the same snapshot, a partition of their own, where they
    /// were read: a row with another key is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Box<Manifest>>,
}

impl Increment {
    /// What came since a date.
    pub fn new(since: Option<Date>) -> Self {
        Self { since, keys: None }
    }

    /// Says which keys the source's table had.
    #[must_use]
    pub fn with_keys(mut self, keys: Manifest) -> Self {
        self.keys = Some(Box::new(keys.within()));
        self
    }
}
