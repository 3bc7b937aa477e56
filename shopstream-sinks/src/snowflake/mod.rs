//! Snowflake.

pub mod client;
