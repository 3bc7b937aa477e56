//! The shop in Snowflake: provisioned, loaded from the lake, its models run there as SQL, tested, published, and the same
//! as in the local warehouse. On the emulator; and, when somebody asks for it, in a real account.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod account;
mod emulator;
mod scenario;
