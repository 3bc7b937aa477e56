//! The modern data stack of an online shop as a library: PostgreSQL → lake → warehouse → staging, star schema and
//! marts as typed functions over Arrow batches → data tests → publish. See the README for the whole picture.
//!
//! This crate ties the others together. [`core`] is the vocabulary: typed tables, connector traits, kernels, models,
//! the pipeline. The connectors are in `sources` and `sinks`, the shop itself in `models`, each behind its feature.
#![deny(missing_docs)]

pub use shopstream_core as core;
#[cfg(feature = "models")]
pub use shopstream_models as models;
#[cfg(any(feature = "lake", feature = "local", feature = "snowflake"))]
pub use shopstream_sinks as sinks;
#[cfg(any(feature = "files", feature = "postgres"))]
pub use shopstream_sources as sources;

pub use shopstream_core::*;

/// What a program that uses the library needs nearly always: `use shopstream::prelude::*;`
pub mod prelude {
    pub use shopstream_core::{
        Batch, Check, Clock, Col, Columns, Condition, Date, Decimal, Error, ErrorKind, Format, Json, Lake, Landed,
        Layout, Model, Pipeline, Project, Result, Rule, RunReport, Source, SystemClock, Table, TableRef, Timestamp,
        Warehouse, WarehouseExt, date, dec, timestamp,
    };

    #[cfg(feature = "models")]
    pub use shopstream_models::Params;
    #[cfg(feature = "lake")]
    pub use shopstream_sinks::lake::ObjectStoreLake;
    #[cfg(feature = "local")]
    pub use shopstream_sinks::local::LocalWarehouse;
    #[cfg(feature = "files")]
    pub use shopstream_sources::files::FileSource;
    #[cfg(feature = "postgres")]
    pub use shopstream_sources::postgres::PostgresSource;
}
