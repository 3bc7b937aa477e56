//! Values of a table's cells: what a Rust type is in Arrow, PostgreSQL and Snowflake.

mod column;
mod date;
mod decimal;
mod json;
mod timestamp;

pub use column::{Col, Column, Dialect};
pub use date::Date;
pub use decimal::Decimal;
pub(crate) use decimal::{parse_units, write_units};
pub use json::Json;
pub use timestamp::Timestamp;
