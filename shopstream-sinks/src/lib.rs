//! Where rows go: lakes in object stores, the local warehouse, and Snowflake.
#![deny(missing_docs)]

#[cfg(feature = "lake")]
pub mod lake;
// Its one atomic step is the swap of a symbolic link.
#[cfg(all(feature = "local", unix))]
pub mod local;
#[cfg(feature = "snowflake")]
pub mod snowflake;
