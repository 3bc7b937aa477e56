//! Throwaway servers for shopstream's tests and its demo: each lives in a temporary folder, listens on the loopback
//! address alone, and goes away with its owner.
//!
//! * [`postgres`]: a real PostgreSQL from the binaries that are installed (Unix only).
//! * `s3` (feature `s3`): an S3 server in this process, over real HTTP, with signatures and multipart.
//! * `snowflake` (feature `snowflake`): an emulator of Snowflake, in Python (Unix only).

#[cfg(unix)]
pub mod postgres;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(all(feature = "snowflake", unix))]
pub mod snowflake;
