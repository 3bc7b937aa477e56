//! The suite passes a right source, and catches wrong ones.

use arrow::{
    array::{Int64Array, RecordBatch, StringViewArray},
    datatypes::{DataType, Field, Schema},
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{SourceFixture, compare, source};
use crate::{
    Bounds, Error, ErrorKind, ReadOptions, Result, Snapshot, SnapshotInfo, Source, TableRead, TableRef, TableSchema,
    memory::MemorySource,
};

/// What a source does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    NoName,
    ShowsSecret,
    OtherType,
    OtherOrder,
    LosesRow,
    DoublesRow,
    ChangesCell,
    IgnoresProjection,
    SortsProjection,
    IgnoresBatchRows,
    IgnoresBounds,
    ForgetsBounds,
    IgnoresKeys,
    OtherBatchSchema,
    MissingTableIsEmpty,
    MissingTableIsData,
    MissingColumnIsLeftOut,
    ForgetsSnapshot,
    TakesAnySnapshot,
    OneReadAtATime,
    DropBreaksIt,
    EmptyBatch,
}

struct Wrong {
    fault: Fault,
    inner: MemorySource,
    open: Arc<AtomicUsize>,
    connections: usize,
}

/// Counts a read as open until its stream has ended; one that is dropped before stays so.
struct Open {
    open: Arc<AtomicUsize>,
    closes: bool,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.fault == Fault::NoName { "" } else { "wrong" })
    }
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.fault == Fault::ShowsSecret { "Wrong { password: hunter2 }" } else { "Wrong" })
    }
}

fn batch(ids: &[i64]) -> RecordBatch {
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8View, true)]);
    let names: StringViewArray = ids.iter().map(|id| (id % 2 == 0).then(|| format!("name {id}"))).collect();
    RecordBatch::try_new(schema.into(), vec![Arc::new(Int64Array::from(ids.to_vec())), Arc::new(names)]).unwrap()
}

fn wrong(fault: Fault) -> Wrong {
    let schema = batch(&[]).schema();
    let inner = MemorySource::new()
        .with_batches("t", &schema, vec![batch(&[1, 2]), batch(&[3])])
        .and_then(|s| s.with_batches("empty", &schema, vec![]))
        .unwrap();
    Wrong { fault, inner, open: Arc::default(), connections: 5 }
}

fn fixture() -> SourceFixture {
    SourceFixture::new("t", batch(&[3, 1, 2])).with_empty("empty").with_secret("hunter2")
}

#[async_trait]
impl Source for Wrong {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        let described = self.inner.describe(table).await;
        match self.fault {
            Fault::MissingTableIsData => described.map_err(|e| Error::data("what?").caused_by(e)),
            Fault::OtherType => described.map(|mut s| {
                s.columns[0].data_type = DataType::Int32;
                s
            }),
            Fault::IgnoresKeys => described.map(|s| TableSchema { primary_key: vec!["id".into()], ..s }),
            Fault::OtherOrder => described.map(|mut s| {
                s.columns.reverse();
                s
            }),
            _ => described,
        }
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        let info = SnapshotInfo { id: "1".into(), ..SnapshotInfo::default() };
        Ok(Some(Snapshot::new(info, self.open.clone())))
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let mut inner = options.clone();
        let snapshot = inner.snapshot.take();
        if let Some(snapshot) = &snapshot
            && snapshot.guard::<Arc<AtomicUsize>>().is_none()
            && self.fault != Fault::TakesAnySnapshot
        {
            return Err(Error::config("a snapshot of another source"));
        }
        let missing = |c: &String| c.starts_with("shopstream_");
        match (self.fault, &mut inner.columns) {
            (Fault::IgnoresProjection, columns) if !columns.iter().flatten().any(missing) => *columns = None,
            (Fault::SortsProjection, Some(columns)) => columns.sort(),
            (Fault::MissingColumnIsLeftOut, Some(columns)) => columns.retain(|c| !missing(c)),
            (Fault::IgnoresBatchRows, _) => inner.batch_rows = 100,
            (Fault::IgnoresBounds, _) => inner.bounds = Bounds::Full,
            (Fault::IgnoresKeys, _) => inner.keys = None,
            _ => {}
        }
        let allowed = match self.fault {
            Fault::OneReadAtATime => 1,
            // As a pool of connections is used up by those that are not given back.
            Fault::DropBreaksIt => self.connections,
            _ => usize::MAX,
        };
        if self.open.load(Ordering::SeqCst) >= allowed {
            return Err(Error::unavailable("busy"));
        }
        let read = match self.inner.read(table, &inner).await {
            Err(e) if e.kind() == ErrorKind::NotFound && self.fault == Fault::MissingTableIsEmpty => {
                TableRead::from_batches(batch(&[]).schema(), vec![])
            }
            read => read?,
        };
        let (schema, fault) = (read.schema.clone(), self.fault);
        let mut batches: Vec<RecordBatch> = read.into_stream().try_collect().await?;
        match fault {
            Fault::LosesRow => drop(batches.pop()),
            Fault::DoublesRow => batches.extend(batches.last().cloned()),
            Fault::ChangesCell if options.columns.is_none() && !batches.is_empty() => batches[0] = batch(&[1, 4]),
            Fault::EmptyBatch => batches.push(RecordBatch::new_empty(schema.clone())),
            Fault::OtherBatchSchema => {
                let other = Schema::new_with_metadata(schema.fields().clone(), [("a".into(), "b".into())].into());
                batches = batches.into_iter().map(|b| b.with_schema(other.clone().into()).unwrap()).collect();
            }
            _ => {}
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        let mut guard = Open { open: self.open.clone(), closes: fault != Fault::DropBreaksIt };
        let steps = futures::stream::iter(batches).then(|batch| async {
            tokio::task::yield_now().await;
            Ok(batch)
        });
        let end = futures::stream::poll_fn(move |_| {
            guard.close();
            std::task::Poll::Ready(None)
        });
        let info = if fault == Fault::ForgetsSnapshot { None } else { snapshot.map(|s| s.info().clone()) };
        let bounds = if fault == Fault::ForgetsBounds { Bounds::Full } else { options.bounds.clone() };
        Ok(TableRead::new(schema, Box::pin(steps.chain(end))).with_snapshot(info).with_bounds(bounds))
    }
}

impl Open {
    fn close(&mut self) {
        self.closes = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.closes {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn passes_what_is_right() {
    source(&wrong(Fault::None).inner, &fixture()).await.unwrap();
    source(&wrong(Fault::None), &fixture()).await.unwrap();
}

#[tokio::test]
async fn catches_what_is_wrong() {
    for (fault, check, promise) in [
        (Fault::NoName, "names", "Display and a Debug"),
        (Fault::ShowsSecret, "names", "shows a secret"),
        (Fault::OtherType, "describe", "expected id Int64 NOT NULL, found id Int32 NOT NULL"),
        (Fault::OtherOrder, "describe", "expected id Int64 NOT NULL, found name Utf8View"),
        (Fault::LosesRow, "rows", "exactly the table's rows (table: t, lost: 1, more: 0"),
        (Fault::DoublesRow, "rows", "exactly the table's rows (table: t, lost: 0, more: 1"),
        (Fault::ChangesCell, "rows", "exactly the table's rows (table: t, lost: 1, more: 1"),
        (Fault::OtherBatchSchema, "rows", "exactly the schema of its read"),
        (Fault::IgnoresProjection, "projection", "in that order"),
        (Fault::SortsProjection, "projection", "in that order"),
        (Fault::IgnoresBatchRows, "batch_rows", "batch_rows rows at most"),
        (Fault::IgnoresBounds, "bounds", "exactly the rows within its bounds"),
        (Fault::ForgetsBounds, "bounds", "records the bounds"),
        (Fault::IgnoresKeys, "keys", "and with its keys"),
        (Fault::MissingTableIsEmpty, "missing", "to read a missing table is NotFound"),
        (Fault::MissingTableIsData, "missing", "to describe a missing table is NotFound"),
        (Fault::MissingColumnIsLeftOut, "missing", "to read a missing column is NotFound"),
        (Fault::ForgetsSnapshot, "snapshot", "records which one"),
        (Fault::TakesAnySnapshot, "snapshot", "of another source is refused"),
        (Fault::EmptyBatch, "empty", "yields no batch"),
    ] {
        let error = source(&wrong(fault), &fixture()).await.unwrap_err();
        assert_eq!((error.kind(), error.context("check")), (ErrorKind::Internal, Some(check)), "{fault:?}: {error}");
        assert!(error.to_string().contains(promise), "{fault:?}: {error}");
    }
    for (fault, check) in [(Fault::OneReadAtATime, "snapshot"), (Fault::DropBreaksIt, "given_up")] {
        let error = source(&wrong(fault), &fixture()).await.unwrap_err();
        assert_eq!(error.context("check"), Some(check), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn a_fixture_that_shows_nothing_is_refused() {
    let error = source(&wrong(Fault::None), &SourceFixture::new("t", batch(&[1, 2]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn rows_are_compared_with_their_number() {
    assert_eq!(compare(&batch(&[1, 2, 2]), &batch(&[2, 1, 2])).unwrap(), (0, 0));
    assert_eq!(compare(&batch(&[1, 2, 2]), &batch(&[2, 1, 1])).unwrap(), (1, 1));
    assert_eq!(compare(&batch(&[1]), &batch(&[])).unwrap(), (1, 0));
    assert_eq!(compare(&batch(&[]), &batch(&[5, 5])).unwrap(), (0, 2));
}
