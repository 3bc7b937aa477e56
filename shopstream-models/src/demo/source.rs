//! Demo data as a source.

use arrow::array::RecordBatch;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use shopstream_core::{
    Error, ReadOptions, Result, RowFilter, Snapshot, SnapshotInfo, Source, Table, TableDecl, TableRead, TableRef,
    TableSchema,
};
use std::{
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    task::{Context, Poll},
};

use super::{Batches, Demo, DemoOptions};
use crate::oltp;

/// The demo shop as a [`Source`]: what a database with the demo data in it gives, without a database. Tables are
/// those of the schema `public`, which need not be named.
///
/// ```
/// use shopstream_core::{Source, TableRef};
/// use shopstream_models::demo::{Demo, DemoOptions, DemoSource};
///
/// # async fn example() -> shopstream_core::Result<()> {
/// let source = DemoSource::new(Demo::new(DemoOptions::default())?);
/// let users = source.describe(&TableRef::from("public.users")).await?;
/// assert_eq!(users.primary_key, ["id"]);
/// # Ok(())
/// # }
/// # futures::executor::block_on(example()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct DemoSource {
    demo: Demo,
}

impl DemoSource {
    /// Reads this demo data.
    pub fn new(demo: Demo) -> Self {
        Self { demo }
    }

    fn info(&self) -> SnapshotInfo {
        let DemoOptions { scale, seed, now } = self.demo.options();
        let position = [("scale", scale.to_string()), ("seed", seed.to_string()), ("now", now.to_string())];
        SnapshotInfo {
            id: format!("demo-{scale}-{seed}-{}", now.micros()),
            position: position.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<BTreeMap<_, _>>(),
        }
    }

    fn declaration(&self, table: &TableRef) -> Result<TableDecl> {
        let known = matches!(table.schema(), "" | "public");
        oltp::tables()
            .into_iter()
            .find(|t| known && t.name == table.table())
            .ok_or_else(|| Error::not_found("the demo shop has no such table").with("table", table))
    }

    fn batches(&self, table: &str, rows: usize) -> Option<RecordBatches> {
        let demo = &self.demo;
        Some(match table {
            oltp::Users::NAME => untyped(demo.users(), rows),
            oltp::Products::NAME => untyped(demo.products(), rows),
            oltp::Orders::NAME => untyped(demo.orders(), rows),
            oltp::OrderItems::NAME => untyped(demo.order_items(), rows),
            oltp::Events::NAME => untyped(demo.events(), rows),
            oltp::CrmContacts::NAME => untyped(demo.crm_contacts(), rows),
            _ => return None,
        })
    }
}

type RecordBatches = Box<dyn Iterator<Item = RecordBatch> + Send>;

fn untyped<T: Table>(batches: Batches<T>, rows: usize) -> RecordBatches {
    Box::new(batches.with_batch_rows(rows).map(|batch| batch.into_record_batch()))
}

/// Lets other tasks run, between two batches that took some time to make.
async fn pause() {
    let mut paused = false;
    poll_fn(|context: &mut Context<'_>| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[async_trait]
impl Source for DemoSource {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        Ok(self.declaration(table)?.table_schema())
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(Some(Snapshot::new(self.info(), self.demo.options().clone())))
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let declared = self.declaration(table)?;
        if let Some(snapshot) = &options.snapshot
            && snapshot.guard::<DemoOptions>() != Some(self.demo.options())
        {
            return Err(Error::config("the snapshot is of another source: take it of this one")
                .with("table", table)
                .with("snapshot", &snapshot.info().id));
        }
        let filter = RowFilter::new(&declared.table_schema(), options).map_err(|e| e.with("table", table))?;
        let position = |column: &String| declared.columns.iter().position(|c| c.name == *column);
        let indexes: Vec<usize> = filter.columns().iter().filter_map(position).collect();
        let batches = self
            .batches(declared.name, options.batch_rows)
            .ok_or_else(|| Error::internal("a declared table has no demo data").with("table", table))?;
        let stream = stream::unfold((batches, indexes), |(mut batches, indexes)| async move {
            pause().await;
            let batch = batches.next()?;
            Some((batch.project(&indexes).map_err(Error::from), (batches, indexes)))
        });
        Ok(filter.read(vec![Box::pin(stream.fuse())]).with_snapshot(Some(self.info())))
    }
}

impl fmt::Display for DemoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DemoOptions { scale, seed, now } = self.demo.options();
        write!(f, "demo data of scale {scale}, seed {seed}, as of {now}")
    }
}
