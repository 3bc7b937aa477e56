//! Snowflake: the client of its protocol, its SQL, written safely, what has to be there before the first load, and the
//! warehouse.

pub mod client;
pub mod provision;
pub mod sql;
pub mod warehouse;
