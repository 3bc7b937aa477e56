//! A throwaway PostgreSQL: a cluster of its own in a temporary folder, from the binaries that are installed.
//!
//! It starts in about half a second, also when run as root, and is stopped and removed when the [`Server`] is dropped,
//! be it by a panic. What an owner leaves behind that was killed outright, the next start stops and removes.
//!
//! ```
//! use shopstream_testkit::postgres::Server;
//!
//! let server = Server::start()?;
//! let url = server.create_database("shop")?;
//! assert!(url.starts_with("postgresql://postgres@127.0.0.1:"));
//! let zone = server.query("shop", "SHOW TimeZone")?;
//! assert_eq!(zone, [[Some("UTC".to_owned())]]);
//! # Ok::<(), shopstream_testkit::postgres::Error>(())
//! ```
//!
//! A [`Pooler`] is a PgBouncer between a server and its clients.

mod account;
mod binaries;
mod builder;
mod cluster;
mod error;
mod folder;
mod pooler;
mod process;
mod server;
mod wire;

pub use binaries::{Binaries, find_binaries};
pub use builder::Builder;
pub use error::{Error, Result};
pub use pooler::{Pooler, Pooling};
pub use server::Server;
pub use wire::Row;
