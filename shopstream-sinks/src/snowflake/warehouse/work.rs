//! Statements on behalf of a table, and what they take.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use shopstream_core::{Clock, Error, Result, Usage};
use std::{sync::Arc, time::Duration};

use crate::snowflake::{
    client::{Answer, Session, Settings, Statement},
    provision,
    sql::Ident,
};

/// A role that works, with its virtual warehouse.
pub(super) struct Worker {
    settings: Settings,
    session: Session,
    compute: String,
    /// Credits an hour, where they are known.
    rate: Option<f64>,
    clock: Arc<dyn Clock>,
}

impl Worker {
    /// A worker with this role and virtual warehouse, where the settings do not name others.
    pub(super) fn new(
        settings: &Settings,
        database: &Ident,
        role: &Ident,
        warehouse: &provision::VirtualWarehouse,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let rate = settings.warehouse.is_none().then(|| f64::from(warehouse.size().credits_per_hour()));
        let role = settings.role.clone().unwrap_or_else(|| role.as_str().to_owned());
        let compute = settings.warehouse.clone().unwrap_or_else(|| warehouse.name().as_str().to_owned());
        let settings =
            settings.clone().with_database(database.as_str()).with_role(role).with_warehouse(compute.clone());
        // Where functions are found from any schema.
        let settings = settings.with_schema("PUBLIC");
        let session = Session::new(settings.clone(), clock.clone())?;
        Ok(Self { settings, session, compute, rate, clock })
    }

    /// A session of its own, for a transaction.
    pub(super) fn separate(&self) -> Result<Session> {
        Session::new(self.settings.clone(), self.clock.clone())
    }

    /// Begins work on behalf of something.
    pub(super) fn on(&self, what: impl ToString) -> Work<'_> {
        self.within(&self.session, what)
    }

    /// Begins work on behalf of something in another of its sessions.
    pub(super) fn within<'a>(&'a self, session: &'a Session, what: impl ToString) -> Work<'a> {
        Work { worker: self, session, what: what.to_string(), took: Duration::ZERO }
    }
}

/// Statements on behalf of a table.
pub(super) struct Work<'a> {
    worker: &'a Worker,
    session: &'a Session,
    what: String,
    took: Duration,
}

impl Work<'_> {
    /// Runs a statement.
    pub(super) async fn run(&mut self, statement: impl Into<Statement>) -> Result<Answer> {
        let statement = statement.into().with_model(self.what.clone());
        let answer = self.session.execute(statement).await.map_err(|e| self.blame(e))?;
        self.took += answer.report().elapsed;
        Ok(answer)
    }

    /// Runs a statement for its rows.
    pub(super) async fn rows(&mut self, statement: impl Into<Statement>) -> Result<Vec<RecordBatch>> {
        let answer = self.run(statement).await?;
        answer.batches().await.map_err(|e| self.blame(e))
    }

    /// Runs a statement that may run twice and leave the same.
    pub(super) async fn again(&mut self, sql: impl Into<String>) -> Result<()> {
        self.run(Statement::new(sql).with_repeatable(true)).await.map(drop)
    }

    /// The sum of the numbers in the only row of an answer: how many rows a statement changed, or a count.
    pub(super) async fn number(&mut self, statement: impl Into<Statement>) -> Result<u64> {
        let batches = self.rows(statement).await?;
        let row = batches.iter().find(|batch| batch.num_rows() > 0);
        let row = row.ok_or_else(|| self.blame(Error::data("Snowflake answered without the number of rows")))?;
        let mut sum = 0;
        for column in row.columns().iter().filter(|c| c.data_type().is_numeric()) {
            let whole = cast(column, &DataType::Int64)?;
            let whole = whole.as_primitive::<Int64Type>();
            sum += if whole.is_valid(0) { u64::try_from(whole.value(0)).unwrap_or_default() } else { 0 };
        }
        Ok(sum)
    }

    /// What it took so far.
    pub(super) fn usage(&self) -> Usage {
        let usage = Usage::new(self.worker.compute.clone(), self.took.as_secs_f64());
        match self.worker.rate {
            Some(rate) => usage.with_rate(rate),
            None => usage,
        }
    }

    /// An error with what the work is on.
    pub(super) fn blame(&self, error: Error) -> Error {
        if error.context("table").is_some() { error } else { error.with("table", &self.what) }
    }
}
