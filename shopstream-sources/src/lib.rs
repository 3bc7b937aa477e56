//! Sources of shopstream: PostgreSQL by its wire protocol, CSV and JSON files.
#![deny(missing_docs)]

#[cfg(feature = "files")]
pub mod files;

#[cfg(feature = "postgres")]
pub mod postgres;
