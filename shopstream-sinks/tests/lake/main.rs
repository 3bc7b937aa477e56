//! The lake in object stores: memory, a local folder, and S3 over real HTTP.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)]

mod clean_up;
mod damage;
mod encodings;
mod faults;
mod fixture;
mod keys;
mod kills;
#[cfg(feature = "s3")]
mod proxy;
#[cfg(feature = "s3")]
mod retries;
#[cfg(feature = "s3")]
mod s3;
mod stores;
mod types;
