//! Bytes to pages.

use bytes::Bytes;
use parquet::{
    basic::Compression,
    errors::{ParquetError, Result},
};
use zstd::{bulk::Compressor, zstd_safe::compress_bound};

/// What pages are made in, one after the other.
pub(in crate::lake) struct Press {
    compressor: Compressor<'static>,
    pub(super) page: Vec<u8>,
    compressed: Vec<u8>,
}

impl Press {
    /// That compresses at a level of zstd.
    pub(in crate::lake) fn new(level: i32) -> Result<Self> {
        Ok(Self { compressor: Compressor::new(level)?, page: vec![], compressed: vec![] })
    }

    /// Bytes of the page.
    pub(super) fn size(&self) -> Result<usize> {
        match i32::try_from(self.page.len()) {
            Ok(_) => Ok(self.page.len()),
            Err(_) => Err(ParquetError::General("a value takes more than the 2 GiB of a page".to_owned())),
        }
    }

    /// The page, as it is stored.
    pub(super) fn stored(&mut self, compression: Compression) -> Result<Bytes> {
        if compression == Compression::UNCOMPRESSED {
            return Ok(Bytes::copy_from_slice(&self.page));
        }
        self.compressed.clear();
        self.compressed.reserve(compress_bound(self.page.len()));
        self.compressor.compress_to_buffer(&self.page, &mut self.compressed)?;
        Ok(Bytes::copy_from_slice(&self.compressed))
    }
}
