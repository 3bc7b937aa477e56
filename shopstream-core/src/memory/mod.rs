//! Connectors in memory, for tests and for what need not outlive the process: they keep the contracts of the real
//! ones, and nothing else.

mod lake;
mod source;
mod warehouse;

pub use lake::MemoryLake;
pub use source::MemorySource;
pub use warehouse::MemoryWarehouse;
