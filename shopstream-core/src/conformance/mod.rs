//! The contracts of the connector traits as suites: plain async functions that every implementation passes, a
//! user's own too. They give the first broken promise as an error.

pub mod lake;
mod recording;
mod source;
pub mod warehouse;

pub use recording::{Recorded, RecordingWarehouse};
pub use source::{SourceFixture, source};
