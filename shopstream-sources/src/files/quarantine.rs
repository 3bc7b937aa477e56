//! What becomes of bad rows: the policy, and the count that it is held against.

use shopstream_core::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// Places that an error names.
const NAMED: usize = 3;

/// What becomes of a row that its columns do not allow: one with a value of another type, without a value that must be
/// there, with more or fewer fields than the header, or a line of JSON that is no object.
///
/// What hides where the next row starts, such as a quote in a CSV that is never closed, always stops the read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum BadRows {
    /// The read stops at the first, with a `Data` error.
    #[default]
    Stop,
    /// They are left out, and are rows of the table [`Rejects`](super::Rejects) instead, up to a threshold.
    Quarantine(Threshold),
}

/// How many rows of a file may be bad. One more is a `Data` error, which names the first of them; nothing of the read
/// counts then.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Threshold {
    /// So many rows of a file (default 1,000).
    pub max_rows: u64,
    /// This share of a file's rows, good and bad, from 0 to 1 (default 1: any). What is no number allows none.
    pub max_share: f64,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { max_rows: 1000, max_share: 1.0 }
    }
}

impl Threshold {
    /// Allows so many bad rows.
    #[must_use]
    pub fn with_max_rows(mut self, rows: u64) -> Self {
        self.max_rows = rows;
        self
    }

    /// Allows this share of bad rows, from 0 to 1: it is known, and checked, at the end of the file.
    #[must_use]
    pub fn with_max_share(mut self, share: f64) -> Self {
        self.max_share = share;
        self
    }
}

/// Counts the bad rows of one read.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    threshold: Threshold,
    found: Arc<Mutex<Found>>,
}

#[derive(Debug, Default)]
struct Found {
    rows: u64,
    first: Vec<String>,
}

impl Tally {
    pub(super) fn new(threshold: Threshold) -> Self {
        Self { threshold, found: Arc::default() }
    }

    /// Counts a bad row by its error.
    pub(super) fn add(&self, error: &Error) -> Result<()> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.rows += 1;
        if found.first.len() < NAMED {
            let line = error.context("line").unwrap_or("unknown");
            let column = error.context("column").map(|c| format!(", column {c}")).unwrap_or_default();
            found.first.push(format!("line {line}{column}: {}", error.message()));
        }
        if found.rows > self.threshold.max_rows {
            return Err(found.too_many().with("allowed", self.threshold.max_rows));
        }
        Ok(())
    }

    /// Holds what was counted against the share that is allowed, beside so many good rows.
    pub(super) fn check(&self, good: usize) -> Result<()> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let all = found.rows.saturating_add(u64::try_from(good).unwrap_or(u64::MAX));
        // Counts of rows are exact in a float, and one that is no number is never enough.
        let allowed = self.threshold.max_share * all as f64;
        if found.rows == 0 || found.rows as f64 <= allowed {
            return Ok(());
        }
        Err(found.too_many().with("rows", all).with("allowed_share", self.threshold.max_share))
    }
}

impl Found {
    fn too_many(&self) -> Error {
        Error::data("more rows are bad than may be set aside: mend the file, or raise the threshold")
            .with("bad", self.rows)
            .with("first", self.first.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(line: u64) -> Error {
        Error::data("expected a day").with("column", "born").with("line", line)
    }

    #[test]
    fn one_row_more_than_allowed_is_too_many() {
        let tally = Tally::new(Threshold::default().with_max_rows(3));
        (1..=3).for_each(|line| tally.add(&bad(line)).unwrap());
        assert_eq!(
            tally.add(&bad(9)).unwrap_err().to_string(),
            "more rows are bad than may be set aside: mend the file, or raise the threshold (bad: 4, first: \
             line 1, column born: expected a day; line 2, column born: expected a day; line 3, column born: \
             expected a day, allowed: 3)"
        );
    }

    #[test]
    fn a_share_is_of_all_rows() {
        for (share, good, fine) in [
            (0.25, 3, true),
            (0.25, 2, false),
            (1.0, 0, true),
            (0.0, 1_000_000, false),
            (f64::NAN, 1_000_000, false),
            (-1.0, 1_000_000, false),
        ] {
            let tally = Tally::new(Threshold::default().with_max_share(share));
            tally.check(0).unwrap();
            tally.add(&bad(1)).unwrap();
            let checked = tally.check(good);
            assert_eq!(checked.is_ok(), fine, "{share} of {good} and one");
            if let Err(error) = checked {
                assert_eq!((error.context("bad"), error.context("rows")), (Some("1"), Some(&*(good + 1).to_string())));
            }
        }
    }
}
