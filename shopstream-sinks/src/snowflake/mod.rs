//! Snowflake: its SQL, written safely, and what has to be there before the first load.

pub mod provision;
pub mod sql;
