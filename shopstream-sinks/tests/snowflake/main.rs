//! The client of Snowflake against a server of the test, which speaks the protocol over real HTTP.
#![cfg(feature = "snowflake")]
#![allow(clippy::unwrap_used)]

mod failures;
mod lost;
mod results;
mod secrets;
mod server;
mod sessions;
mod statements;
