//! Each model of the shop beside its twin in SQL, which runs on DataFusion, and on an emulator of Snowflake: the same
//! rows, each cell the same. What rows: the demo shop's, random ones that are dirtier than any real shop's, and none.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod covered;
mod demo;
mod differential;
mod emulator;
mod shop;
mod strategies;
