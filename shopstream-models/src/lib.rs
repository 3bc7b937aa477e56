//! The shop itself: the six tables of its database, and the models that make of them a star schema and marts.
//!
//! A model is a typed pure function from tables to a table, in a file of its own with the table that it makes:
//! [`staging`] cleans what was loaded, [`core`] is the star schema, [`marts`] is what people look at. What varies
//! from run to run stands in [`Params`]. The feature `demo` adds rows for the six tables, of any number.
#![deny(missing_docs)]

pub mod core;
#[cfg(feature = "demo")]
pub mod demo;
pub mod marts;
pub mod oltp;
pub mod staging;

mod checks;
#[cfg(test)]
mod fixture;
mod lake;
mod params;
mod project;

pub use checks::checks;
pub use lake::lake_layout;
pub use params::Params;
pub use project::{models, project};
