//! Bytes in pieces of a size: a single vector would be copied each time it grows, and leave a hole as large as a row group
//! in the allocator's memory each time it goes.

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};
use std::{
    io::{self, Read, Write},
    mem,
    sync::{Mutex, PoisonError},
    vec,
};

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 << 10;

/// Bytes that were written, in pieces.
#[derive(Default)]
pub(super) struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    /// The pieces so far; what is written next begins another.
    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        mem::take(&mut self.0)
    }

    /// Appends those of others.
    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.last().is_none_or(|piece| piece.len() == piece.capacity()) {
            self.0.push(Vec::with_capacity(PIECE_BYTES));
        }
        match self.0.last_mut() {
            Some(piece) => {
                let bytes = &bytes[..bytes.len().min(piece.capacity() - piece.len())];
                piece.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Pieces to be read once, from the beginning: each is gone when it was read, so that its room is there for what is made
/// of it.
pub(super) struct ReadOnce {
    pieces: Mutex<Pieces>,
    bytes: u64,
}

impl From<Pieces> for ReadOnce {
    fn from(pieces: Pieces) -> Self {
        let bytes = pieces.0.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: Mutex::new(pieces), bytes }
    }
}

impl Length for ReadOnce {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for ReadOnce {
    type T = Reading;

    fn get_read(&self, start: u64) -> Result<Reading> {
        if start > 0 {
            return Err(ParquetError::NYI("pages are read from the first on".to_owned()));
        }
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Reading { piece: io::Cursor::default(), next: pieces.into_iter() })
    }

    fn get_bytes(&self, _start: u64, _length: usize) -> Result<Bytes> {
        Err(ParquetError::NYI("pages are read in order".to_owned()))
    }
}

/// Reads pieces, and frees them.
pub(super) struct Reading {
    piece: io::Cursor<Vec<u8>>,
    next: vec::IntoIter<Vec<u8>>,
}

impl Read for Reading {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(to)?;
            if read > 0 || to.is_empty() {
                return Ok(read);
            }
            match self.next.next() {
                Some(piece) => self.piece = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_once(lengths in prop::collection::vec(0usize..200_000, 0..6), cut in 0usize..6) {
            let mut expected = vec![];
            let mut written = [Pieces::default(), Pieces::default()];
            for (number, length) in lengths.iter().enumerate() {
                let bytes: Vec<u8> = (0..*length).map(|i| (i * 7 + number) as u8).collect();
                written[usize::from(number >= cut)].write_all(&bytes).unwrap();
                expected.extend(bytes);
            }
            let [mut all, others] = written;
            all.append(others);
            prop_assert!(all.0.iter().all(|piece| piece.capacity() == PIECE_BYTES));
            let once = ReadOnce::from(all);
            prop_assert_eq!(once.len(), expected.len() as u64);
            for expected in [expected, vec![]] {
                let mut read = vec![];
                once.get_read(0).unwrap().read_to_end(&mut read).unwrap();
                prop_assert!(read == expected);
            }
        }
    }
}
