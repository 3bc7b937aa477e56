//! Snowflake: the client of its protocol, its SQL, written safely, and what has to be there before the first load.

pub mod client;
pub mod provision;
pub mod sql;
