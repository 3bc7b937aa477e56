//! The client of Snowflake, provisioning, and the warehouse, against the emulator: a process of `testkit/emulator` each.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod errors;
mod exact;
mod fixture;
mod loads;
mod provision;
mod results;
mod transactions;
mod values;
mod warehouse;
