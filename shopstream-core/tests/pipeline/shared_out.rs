//! Several tables, shared out among workers.

use async_trait::async_trait;
use shopstream_core::{ReadOptions, Result, Snapshot, Source, TableRead, TableRef, TableSchema, memory::MemorySource};
use std::{
    fmt,
    sync::{Arc, Mutex},
};

use crate::shop::{Place, source};

/// A source whose tables have sizes, and that remembers what it was asked.
#[derive(Clone, Debug)]
struct Sized {
    tables: MemorySource,
    sizes: [Option<u64>; 2],
    /// Each read: the table, and the parts that it was asked for in.
    reads: Arc<Mutex<Vec<(String, usize)>>>,
}

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables.fmt(f)
    }
}

#[async_trait]
impl Source for Sized {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        self.tables.describe(table).await
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn sizes(&self, tables: &[TableRef]) -> Result<Vec<Option<u64>>> {
        assert_eq!(tables, [TableRef::new("public", "users"), TableRef::new("public", "orders")]);
        Ok(self.sizes.to_vec())
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        self.reads.lock().unwrap().push((table.table().to_owned(), options.parts));
        self.tables.read(table, options).await
    }
}

/// What is read of tables of these sizes, in the order of the reads.
async fn reads(sizes: [Option<u64>; 2], workers: usize) -> Vec<(String, usize)> {
    let source = Sized { tables: source(), sizes, reads: Arc::default() };
    let pipeline = Place::default().pipeline(source.clone()).workers(workers).build().unwrap();
    let report = pipeline.extract().await.unwrap();
    // In the project's order all the same.
    let tables: Vec<String> = report.steps[0].tables.iter().map(|t| t.table.to_string()).collect();
    assert_eq!(tables, ["users", "orders"]);
    let reads = source.reads.lock().unwrap();
    reads.clone()
}

fn in_parts(reads: [(&str, usize); 2]) -> Vec<(String, usize)> {
    reads.map(|(table, parts)| (table.to_owned(), parts)).into()
}

#[tokio::test]
async fn tables_are_read_whole_where_that_keeps_all_workers_busy() {
    assert_eq!(reads([Some(10), Some(11)], 2).await, in_parts([("orders", 1), ("users", 1)]));
    assert_eq!(reads([Some(1), Some(11)], 2).await, in_parts([("orders", 2), ("users", 1)]));
    assert_eq!(reads([Some(1), Some(11)], 1).await, in_parts([("users", 1), ("orders", 1)]));
    // Of an unknown size, as most sources' are: whoever can divide a table, does.
    assert_eq!(reads([Some(1), None], 2).await, in_parts([("orders", 2), ("users", 2)]));
    assert_eq!(reads([None, None], 3).await, in_parts([("users", 3), ("orders", 3)]));
}
