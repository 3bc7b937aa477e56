//! The lake in object stores: memory, a local folder, and S3 over real HTTP.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)]

mod damage;
mod doctor;
mod faults;
mod fixture;
mod keys;
#[cfg(feature = "s3")]
mod s3;
mod stores;
