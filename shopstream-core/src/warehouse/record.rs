//! What a load has to do.

use serde::{Deserialize, Serialize};

use super::LoadOptions;
use crate::{Date, Error, Manifest, Result, TableRef};

/// What a table was loaded from: what a warehouse remembers to keep loads from happening twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadRecord {
    /// The table landed in.
    pub table: TableRef,
    /// The date of the partition.
    pub date: Date,
    /// The digest of its manifest.
    pub digest: String,
    /// Its rows.
    pub rows: u64,
}

impl LoadRecord {
    /// The record of loading a manifest into a table.
    pub fn new(manifest: &Manifest, target: &TableRef) -> Self {
        Self {
            table: target.clone(),
            date: manifest.partition.date,
            digest: manifest.digest().to_owned(),
            rows: manifest.rows,
        }
    }

    /// Decides on a load from what the table holds.
    ///
    /// # Errors
    /// `Conflict` when the manifest's date is older than what the table holds, and that was not asked for; and when
    /// the manifest goes on from one that the table does not hold.
    pub fn action(held: Option<&LoadRecord>, manifest: &Manifest, options: &LoadOptions) -> Result<LoadAction> {
        let date = manifest.partition.date;
        let conflict = |message: &'static str| Error::conflict(message).with("table", &options.target);
        let Some(since) = manifest.since() else {
            return match held {
                Some(held) if date < held.date && !options.allow_older => Err(conflict(
                    "the table holds a later date; load the older one only if that is meant (allow_older)",
                )
                .with("holds", held.date)
                .with("date", date)),
                Some(held) if held.is(manifest) => Ok(LoadAction::Nothing),
                _ => Ok(LoadAction::Replace),
            };
        };
        match held {
            None => Err(conflict("the table holds nothing that the increment could go on from: load its series first")
                .with("load_first", since)
                .with("date", date)),
            Some(held) if held.is(manifest) => Ok(LoadAction::Nothing),
            Some(held) if date < held.date => {
                Err(conflict("the table holds a later date than the increment: load its series from the beginning")
                    .with("holds", held.date)
                    .with("date", date))
            }
            Some(held) if held.date < since => {
                Err(conflict("the increment goes on from a later date than the table holds: load that first")
                    .with("holds", held.date)
                    .with("load_first", since)
                    .with("date", date))
            }
            Some(_) => Ok(LoadAction::Merge),
        }
    }

    fn is(&self, manifest: &Manifest) -> bool {
        self.date == manifest.partition.date && self.digest == manifest.digest()
    }
}

/// What a load has to do. A warehouse must know all of it, so that another action would be another contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadAction {
    /// The table holds the manifest already.
    Nothing,
    /// The rows of the manifest become the table: see [`Landing`](super::Landing).
    Replace,
    /// The rows of the manifest are merged into the table: see [`Merging`](super::Merging).
    Merge,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Format, Increment, Partition, date, timestamp};
    use arrow::datatypes::Schema;
    use std::sync::Arc;

    #[test]
    fn what_a_load_does_follows_from_what_the_table_holds() {
        let day = |day: i32| date!("2026-01-01").plus_days(day);
        let manifest = |on: i32, since: Option<i32>| {
            let partition = Partition::new("t", day(on));
            let at = timestamp!("2026-01-14 02:00:00").plus_micros(since.map_or(0, i64::from));
            let mut manifest = Manifest::new(partition, &Arc::new(Schema::empty()), Format::Parquet, at);
            manifest.increment = since.map(|since| Increment::new(Some(day(since))));
            manifest.encode().unwrap();
            manifest
        };
        let options = LoadOptions::new("raw.t".into(), timestamp!("2026-01-14 02:00:00"));
        let (conflict, nothing) = (Err(ErrorKind::Conflict), Ok(LoadAction::Nothing));
        for (held, load, older, expected) in [
            (None, (5, None), false, Ok(LoadAction::Replace)),
            (None, (5, Some(4)), true, conflict),
            (Some((5, None)), (5, None), false, nothing),
            (Some((5, None)), (6, None), false, Ok(LoadAction::Replace)),
            (Some((5, None)), (4, None), false, conflict),
            (Some((5, None)), (4, None), true, Ok(LoadAction::Replace)),
            (Some((5, Some(4))), (5, Some(4)), false, nothing),
            // Of the date before, of one between, of its own date.
            (Some((4, None)), (5, Some(4)), false, Ok(LoadAction::Merge)),
            (Some((4, None)), (5, Some(2)), false, Ok(LoadAction::Merge)),
            (Some((5, None)), (5, Some(4)), false, Ok(LoadAction::Merge)),
            // A gap, and an older one: to allow it does not help, as later rows cannot be taken out.
            (Some((3, None)), (5, Some(4)), true, conflict),
            (Some((6, None)), (5, Some(4)), true, conflict),
        ] {
            let held = held.map(|(on, since)| LoadRecord::new(&manifest(on, since), &options.target));
            let options = options.clone().with_allow_older(older);
            let load = manifest(load.0, load.1);
            let action = LoadRecord::action(held.as_ref(), &load, &options);
            assert_eq!(action.map_err(|e| e.kind()), expected, "{held:?} {:?}", load.increment);
        }
    }
}
