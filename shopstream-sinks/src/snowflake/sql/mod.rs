//! Snowflake's SQL, put together so that no name and no text can leave its place: a name is always quoted, and kept
//! as Snowflake keeps one that is not, in upper case; a text is always a literal.

mod data_type;
mod ident;
mod literal;
mod name;

pub use data_type::DataType;
pub use ident::Ident;
pub use literal::literal;
pub use name::Name;
