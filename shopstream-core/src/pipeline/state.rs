//! How far tables were read: kept in the lake, beside what was read.

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::SyncMode;
use crate::{
    Batch, Bounds, CursorRange, CursorValue, Date, Error, Format, Lake, Manifest, Partition, Result, Table, TableRead,
    Timestamp, WriteOptions,
};

/// How far a table was read by the run of a date. It lies in the lake as the partition `{table}.state` of the date, a
/// row as JSON, and is written when the table's own partition is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncState {
    /// The table, as it is called in the lake.
    pub table: String,
    /// The logical date.
    pub date: Date,
    /// How it was read: `cursor` or `key_difference`.
    pub mode: String,
    /// The range that was read, when it was by a cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<CursorRange>,
    /// The date that it went on from; `None` when it read from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// The number of the manifest that has the rows.
    pub number: u32,
    /// Its digest.
    pub digest: String,
}

/// A [`SyncState`] in the lake.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "lake", name = "state", grain(table))]
struct StateRow {
    /// The table.
    table: String,
    /// How it was read.
    mode: String,
    /// The cursor.
    column: Option<String>,
    /// The first value in the range.
    from: Option<String>,
    /// The first value behind it.
    to: Option<String>,
    /// The date that it went on from.
    since: Option<Date>,
    /// The number of the manifest that has the rows.
    number: i64,
    /// Its digest.
    digest: String,
}

impl SyncState {
    /// What a manifest says of how it was read; `None` when that was not in this mode.
    fn of(manifest: &Manifest, mode: &SyncMode) -> Option<Self> {
        let increment = manifest.increment.as_ref()?;
        let range = match &manifest.bounds {
            Bounds::Range(range) => Some(range.clone()),
            Bounds::Full => None,
        };
        let state = Self {
            table: manifest.partition.table.clone(),
            date: manifest.partition.date,
            mode: mode.name().to_owned(),
            range,
            since: increment.since,
            number: manifest.number,
            digest: manifest.digest().to_owned(),
        };
        state.is_of(mode).then_some(state)
    }

    /// Whether a run in this mode can go on from it.
    pub(super) fn is_of(&self, mode: &SyncMode) -> bool {
        self.mode == mode.name() && self.range.as_ref().map(|r| r.column.as_str()) == mode.column()
    }

    fn row(&self) -> StateRow {
        let range = self.range.as_ref();
        StateRow {
            table: self.table.clone(),
            mode: self.mode.clone(),
            column: range.map(|r| r.column.clone()),
            from: range.and_then(|r| r.from).map(|v| v.to_string()),
            to: range.map(|r| r.to.to_string()),
            since: self.since,
            number: self.number.into(),
            digest: self.digest.clone(),
        }
    }

    fn of_row(row: StateRow, date: Date) -> Result<Self> {
        let value = |text: Option<String>| text.map(|text| text.parse::<CursorValue>()).transpose();
        let range = match (row.column, value(row.to)?) {
            (Some(column), Some(to)) => Some(CursorRange::new(column, value(row.from)?, to)),
            _ => None,
        };
        let number = u32::try_from(row.number).map_err(|_| Error::data("a state has no manifest's number"))?;
        let StateRow { table, mode, since, digest, .. } = row;
        Ok(Self { table, date, mode, range, since, number, digest })
    }
}

/// The states of a table.
#[derive(Clone, Copy)]
pub(super) struct States<'a> {
    pub(super) lake: &'a dyn Lake,
    pub(super) table: &'a str,
}

impl States<'_> {
    fn partition(&self, date: Date) -> Partition {
        Partition::new(format!("{}.state", self.table), date)
    }

    async fn dates(&self) -> Result<Vec<Date>> {
        let partitions: Vec<Partition> = self.lake.list(&format!("{}.state", self.table)).try_collect().await?;
        Ok(partitions.into_iter().map(|p| p.date).collect())
    }

    /// All of them, in the order of their dates.
    pub(super) async fn all(&self) -> Result<Vec<SyncState>> {
        let mut states = vec![];
        for date in self.dates().await? {
            states.extend(self.of_date(date).await?);
        }
        Ok(states)
    }

    async fn of_date(&self, date: Date) -> Result<Option<SyncState>> {
        let Some(manifest) = self.lake.manifest(&self.partition(date)).await? else { return Ok(None) };
        let batches: Vec<_> = self.lake.read(&manifest, None).await?.try_collect().await?;
        let mut rows = vec![];
        for batch in batches {
            rows.extend(Batch::<StateRow>::try_new(batch).map_err(|e| self.at(date, e))?.rows());
        }
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => SyncState::of_row(row, date).map(Some).map_err(|e| self.at(date, e)),
            _ => Err(self.at(date, Error::data("a state is one row, and this one is not: reset the table"))),
        }
    }

    fn at(&self, date: Date, error: Error) -> Error {
        error.with("table", format_args!("{}.state", self.table)).with("date", date)
    }

    /// The last state before a date that a run in this mode can go on from, with the manifest of its rows.
    pub(super) async fn before(&self, date: Date, mode: &SyncMode) -> Result<Option<(SyncState, Manifest)>> {
        for earlier in self.dates().await?.into_iter().rev().filter(|d| *d < date) {
            let Some(state) = self.of_date(earlier).await?.filter(|s| s.is_of(mode)) else { continue };
            if let Some(manifest) = self.lake.manifest(&Partition::new(self.table, earlier)).await? {
                return Ok(Some((state, manifest)));
            }
        }
        Ok(None)
    }

    /// What an earlier run of the date has fixed already. When that run died between the manifest and the state, the
    /// manifest has it, and the state is written now.
    pub(super) async fn recorded(&self, date: Date, mode: &SyncMode, now: Timestamp) -> Result<Option<SyncState>> {
        let kept = self.of_date(date).await?;
        let finished = kept.is_some();
        let found = match kept {
            Some(state) => Some(state),
            None => {
                let manifest = self.lake.manifest(&Partition::new(self.table, date)).await?;
                manifest.and_then(|manifest| SyncState::of(&manifest, mode))
            }
        };
        let Some(state) = found.filter(|s| s.is_of(mode)) else { return Ok(None) };
        // After a reset it goes on from what is there no longer.
        if let Some(since) = state.since
            && self.of_date(since).await?.is_none()
        {
            return Ok(None);
        }
        if !finished {
            self.write(&state, now).await?;
        }
        Ok(Some(state))
    }

    /// Moves the state of a date on: its rows are durable.
    pub(super) async fn moved(&self, manifest: &Manifest, mode: &SyncMode, now: Timestamp) -> Result<()> {
        match SyncState::of(manifest, mode) {
            Some(state) => self.write(&state, now).await,
            None => Ok(()),
        }
    }

    async fn write(&self, state: &SyncState, now: Timestamp) -> Result<()> {
        let row = Batch::from_rows(&[state.row()]).into_record_batch();
        let (read, options) = (TableRead::from_batches(row.schema(), vec![row]), WriteOptions::new(now));
        self.lake.write(&self.partition(state.date), read, &options.with_format(Format::Ndjson)).await.map(drop)
    }

    /// Forgets all of them.
    pub(super) async fn reset(&self) -> Result<()> {
        for date in self.dates().await? {
            self.lake.delete(&self.partition(date)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date;

    #[test]
    fn a_state_is_what_its_row_says() {
        let date = date!("2026-01-14");
        let to = CursorValue::Timestamp(date.plus_days(1).midnight().plus_micros(7));
        let ranges = [
            None,
            Some(CursorRange::new("at", None, to)),
            Some(CursorRange::new("at", Some(CursorValue::Date(date)), CursorValue::Date(date.plus_days(1)))),
            Some(CursorRange::new("id", Some(CursorValue::Int(-5)), CursorValue::Int(i64::MAX))),
        ];
        for range in ranges {
            let state = SyncState {
                table: "orders".into(),
                date,
                mode: "cursor".into(),
                range,
                since: Some(date.plus_days(-1)),
                number: 3,
                digest: "00".into(),
            };
            assert_eq!(SyncState::of_row(state.row(), date).unwrap(), state);
        }
    }
}
