//! The vocabulary of shopstream: typed tables over Arrow, the traits of connectors, compute kernels, models, data
//! tests, and the pipeline that ties them. It does no I/O itself.
#![deny(missing_docs)]

extern crate self as shopstream_core;

mod check;
mod clock;
pub mod compute;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod doctor;
mod error;
mod key_set;
mod lake;
pub mod memory;
mod model;
mod pipeline;
mod project;
mod schema;
mod secret;
mod source;
pub mod sql;
mod table;
pub mod text;
mod value;
mod warehouse;

#[doc(hidden)]
pub use arrow::array::ArrayRef;
pub use check::{Aggregate, Check, CheckOutcome, Comparison, Condition, Measure, Operand, Rule, Severity, evaluate};
pub use clock::{Clock, FixedClock, SystemClock};
pub use error::{Error, ErrorKind, Result};
pub use lake::{
    ColumnStats, DataFile, Encoding, FilePart, Format, Increment, Lake, Layout, Manifest, Orphans, Partition,
    StatsCollector, WriteId, WriteOptions,
};
pub use model::{Cleaned, Dropped, Input, IntoOutput, Model, ModelFn, ModelOutput};
pub use pipeline::{
    CursorSync, DroppedRows, Event, LeftOut, Observer, Pipeline, PipelineBuilder, RunReport, Step, StepReport,
    SyncMode, SyncState, TableReport,
};
pub use project::{Project, ProjectBuilder, RunOptions, Selection};
pub use schema::{ColumnSchema, OnChange, SchemaChange, SchemaPolicy, TableRef, TableSchema};
pub use secret::Secret;
pub use shopstream_derive::Table;
pub use source::{
    BatchStream, Bounds, CursorRange, CursorValue, ReadOptions, RowFilter, Snapshot, SnapshotInfo, Source, TableRead,
};
pub use table::{Batch, ColumnDecl, Columns, ForeignKey, Landed, LandedColumns, Pii, Table, TableDecl};
pub use value::{Col, Column, Date, Decimal, Dialect, Json, Timestamp};
pub use warehouse::{
    Build, Capabilities, Landing, LoadAction, LoadOptions, LoadRecord, LoadReport, Materialization, Materialized,
    Merging, Published, QueryTable, RunId, Usage, Warehouse, WarehouseExt, conform,
};
