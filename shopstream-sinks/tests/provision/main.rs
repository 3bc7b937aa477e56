//! The provisioning plan for Snowflake, against an account in memory that reads its SQL.
#![cfg(feature = "snowflake")]
#![allow(clippy::unwrap_used)]

mod account;
mod aws;
mod changes;
mod from_nothing;
mod governance;
mod names;
mod tables;
