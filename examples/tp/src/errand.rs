//! What the command does instead of a run: examine, tell, forget, tidy up.

use serde::Serialize;
use shopstream::{
    Clock, Date, Error, Lake, Orphans, Result, Source, TableRef, Timestamp,
    doctor::{Finding, Severity},
    models::oltp,
    sources::postgres::PostgresSource,
};
use std::{fmt::Display, sync::Arc};

use crate::{args::Action, database::Database, run::Run};

const HOUR: i64 = 3_600_000_000;

impl Run<'_> {
    /// Does an errand; the answer is whether all is well.
    pub(crate) async fn errand(&self, errand: Action, database: Option<&Database>, date: Date) -> Result<bool> {
        match errand {
            Action::Doctor => return self.doctor(database).await,
            Action::State => {
                let states = self.pipeline(date, None, Arc::new(()))?.sync_states().await?;
                self.show(&states, |state| {
                    let range = state.range.as_ref().map_or_else(|| state.mode.clone(), ToString::to_string);
                    format!("{} {}: {range}, manifest {}", state.table, state.date, state.number)
                })?;
            }
            Action::Reset => {
                let pipeline = self.pipeline(date, None, Arc::new(()))?;
                for table in self.tables() {
                    pipeline.reset(&table).await?;
                }
            }
            _ => {
                let before = self.clock.now().plus_micros(-HOUR * i64::from(self.args.older));
                let removed = self.clean_up(if self.is_own() { self.clock.now() } else { before }).await?;
                self.show(&removed, Clone::clone)?;
            }
        }
        Ok(true)
    }

    async fn doctor(&self, database: Option<&Database>) -> Result<bool> {
        let now = self.clock.now();
        let mut findings = vec![];
        if let Some(database) = database {
            let tables: Vec<TableRef> = self.tables().iter().map(|t| TableRef::new("public", t)).collect();
            findings.extend(PostgresSource::connect(database.url())?.doctor(&tables, now).await);
        }
        findings.extend(self.lake.doctor(now).await);
        self.show(&findings, Finding::to_string)?;
        Ok(!findings.iter().any(|finding| finding.severity == Severity::Problem))
    }

    /// Removes what dead runs left in a lake that nobody else can be at work on.
    pub(crate) async fn tidy_up(&self) -> Result<()> {
        if self.is_own() { self.clean_up(self.clock.now()).await.map(drop) } else { Ok(()) }
    }

    /// Whether the lake is below the output folder, which is locked.
    fn is_own(&self) -> bool {
        self.args.lake.is_none()
    }

    async fn clean_up(&self, before: Timestamp) -> Result<Vec<String>> {
        let mut removed = vec![];
        for table in self.tables() {
            for part in [table.clone(), format!("{table}.keys"), format!("{table}.state")] {
                let Orphans { claims, files, .. } = self.lake.clean_up(&part, before).await?;
                removed.extend(claims.into_iter().chain(files));
            }
        }
        Ok(removed)
    }

    /// The tables that are asked for, by their names.
    fn tables(&self) -> Vec<String> {
        match self.args.tables.as_slice() {
            [] => oltp::tables().iter().map(|t| t.name.to_owned()).collect(),
            some => some.to_vec(),
        }
    }

    /// Prints one a line, or all as JSON.
    fn show<T: Serialize, D: Display>(&self, all: &[T], line: impl Fn(&T) -> D) -> Result<()> {
        if self.args.json {
            let json = serde_json::to_string_pretty(all);
            println!("{}", json.map_err(|e| Error::internal("an answer is no JSON").caused_by(e))?);
        } else {
            all.iter().for_each(|one| println!("{}", line(one)));
        }
        Ok(())
    }
}
