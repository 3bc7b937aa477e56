//! Compressed bytes, as they come, to those of the text.

use flate2::bufread::MultiGzDecoder;
use shopstream_core::{Error, Result};
use std::io::{self, BufRead, ErrorKind, Read};
use zstd::stream::read::Decoder as ZstdDecoder;

use super::form::Compression;

/// What undoes a file's compression: all of its gzip members, or zstd frames, one behind the other.
///
/// It holds what it was given last and its window, which is 32 KiB for gzip and at most 128 MiB for zstd, whatever the
/// bytes grow to.
pub(super) struct Unpacker {
    compression: Compression,
    decoder: Decoder,
}

enum Decoder {
    Gzip(Box<MultiGzDecoder<Fed>>),
    Zstd(ZstdDecoder<'static, Fed>),
}

/// The compressed bytes that are there already.
#[derive(Default)]
struct Fed {
    bytes: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl Unpacker {
    pub(super) fn new(compression: Compression) -> Result<Self> {
        let decoder = match compression {
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(Fed::default()))),
            Compression::Zstd => Decoder::Zstd(
                ZstdDecoder::with_buffer(Fed::default())
                    .map_err(|e| Error::internal("zstd cannot be set up").caused_by(e))?,
            ),
        };
        Ok(Self { compression, decoder })
    }

    /// Gives it the next bytes, once all those before are taken; none say that the file has ended.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let fed = match &mut self.decoder {
            Decoder::Gzip(gzip) => gzip.get_mut(),
            Decoder::Zstd(zstd) => zstd.get_mut(),
        };
        fed.bytes.clear();
        fed.bytes.extend_from_slice(bytes);
        (fed.taken, fed.ended) = (0, bytes.is_empty());
    }

    /// Puts the text's next bytes into `out` and says how many, 0 at its end; `None` when it has to be fed first.
    ///
    /// # Errors
    /// `Data` when the file is damaged, or ends too early.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<Option<usize>> {
        let read = match &mut self.decoder {
            Decoder::Gzip(gzip) => gzip.read(out),
            Decoder::Zstd(zstd) => zstd.read(out),
        };
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.damaged(error)),
        }
    }

    fn damaged(&self, error: io::Error) -> Error {
        let what = match (self.compression, error.kind()) {
            (Compression::Gzip, ErrorKind::UnexpectedEof) => "the gzip file ends too early: it was cut off",
            (Compression::Zstd, ErrorKind::UnexpectedEof) => "the zstd file ends too early: it was cut off",
            (Compression::Gzip, _) => "the file is no gzip, or damaged",
            (Compression::Zstd, _) => "the file is no zstd, or damaged",
        };
        // The libraries' own words are of the format alone.
        Error::data(what).caused_by(error)
    }
}

impl BufRead for Fed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &self.bytes[self.taken..] {
            [] if !self.ended => Err(ErrorKind::WouldBlock.into()),
            rest => Ok(rest),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
    }
}

impl Read for Fed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression as Level, write::GzEncoder};
    use proptest::{collection::vec, prelude::*};
    use std::io::Write;

    fn gzip(text: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Level::new(level));
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn pack(compression: Compression, parts: &[Vec<u8>]) -> Vec<u8> {
        let pack = |part: &Vec<u8>| match compression {
            Compression::Gzip => gzip(part, 6),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(vec![], 3).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap()
            }
        };
        parts.iter().flat_map(pack).collect()
    }

    /// Unpacks chunks of these sizes, again and again, with so much room for the text at once.
    fn unpack(compression: Compression, mut bytes: &[u8], cuts: &[usize], room: usize) -> Result<Vec<u8>> {
        let (mut unpacker, mut text) = (Unpacker::new(compression)?, vec![]);
        let (mut out, mut cuts) = (vec![0; room], cuts.iter().cycle());
        loop {
            match unpacker.read(&mut out)? {
                Some(0) => return Ok(text),
                Some(read) => text.extend_from_slice(&out[..read]),
                None => {
                    let (chunk, rest) = bytes.split_at(cuts.next().copied().unwrap_or(1).min(bytes.len()));
                    unpacker.feed(chunk);
                    bytes = rest;
                }
            }
        }
    }

    const BOTH: [Compression; 2] = [Compression::Gzip, Compression::Zstd];

    proptest! {
        #[test]
        fn members_come_back_wherever_they_are_cut(
            parts in vec(prop_oneof![vec(any::<u8>(), 0..200), vec(0u8..3, 0..3000)], 1..4),
            cuts in vec(1usize..50, 1..5), room in 1usize..300,
        ) {
            for compression in BOTH {
                let packed = pack(compression, &parts);
                prop_assert_eq!(unpack(compression, &packed, &cuts, room).unwrap(), parts.concat());
            }
        }

        #[test]
        fn what_is_cut_off_or_damaged_is_an_error(
            part in vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), bit in 0u8..8, cut in 1usize..50,
        ) {
            for compression in BOTH {
                let mut packed = pack(compression, std::slice::from_ref(&part));
                let short = unpack(compression, &packed[..at.index(packed.len())], &[cut], 64).unwrap_err();
                prop_assert!(short.to_string().contains("ends too early"), "{}", short);
                // Some bits of a header say nothing of the contents.
                let at = at.index(packed.len());
                packed[at] ^= 1 << bit;
                match unpack(compression, &packed, &[cut], 64) {
                    Ok(text) => prop_assert_eq!(&text, &part),
                    Err(error) => prop_assert_eq!(error.kind(), shopstream_core::ErrorKind::Data),
                }
            }
        }
    }

    #[test]
    fn what_stands_behind_the_end_is_an_error() {
        for compression in BOTH {
            let packed = [pack(compression, &[b"text".to_vec()]), b"rubbish".to_vec()].concat();
            let error = unpack(compression, &packed, &[5], 64).unwrap_err();
            assert_eq!(error.kind(), shopstream_core::ErrorKind::Data, "{error}");
        }
    }
}
