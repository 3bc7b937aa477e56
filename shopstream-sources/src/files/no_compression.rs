//! In the place of what undoes a compression, where the feature is off.

use shopstream_core::{Error, Result};

use super::form::Compression;

/// Nothing: there is none.
pub(super) enum Unpacker {}

impl Unpacker {
    pub(super) fn new(_: Compression) -> Result<Self> {
        Err(Error::config("a compressed file needs the feature `compression`: turn it on in Cargo.toml"))
    }

    pub(super) fn feed(&mut self, _: &[u8]) {
        match *self {}
    }

    pub(super) fn read(&mut self, _: &mut [u8]) -> Result<Option<usize>> {
        match *self {}
    }
}
