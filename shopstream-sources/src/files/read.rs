//! A file, chunk by chunk, through a decoder.

use arrow::array::RecordBatch;
use futures::stream;
use shopstream_core::{BatchStream, Error, Result, TableRef, text::TextDecoder};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, Take},
};

use super::{compression::Unpacker, form::Compression, quarantine::Tally};

/// Bytes read at once, and bytes of text unpacked at once.
const CHUNK: usize = 256 << 10;

/// A file on its way to rows.
pub(super) struct Reading {
    place: Place,
    text: Text,
    /// `None` behind the end.
    decoder: Option<TextDecoder>,
    tally: Option<Tally>,
    rows: usize,
    ready: VecDeque<RecordBatch>,
}

/// The bytes of the file's text.
struct Text {
    file: Packed,
    /// What undoes its compression, and room for what comes of it.
    unpacker: Option<(Unpacker, Vec<u8>)>,
}

/// The bytes of the file itself, with those that were read last.
struct Packed {
    file: Take<File>,
    chunk: Vec<u8>,
}

/// What every error names.
struct Place {
    table: TableRef,
    path: PathBuf,
}

impl Reading {
    /// Opens the file, as long as it is now.
    pub(super) async fn open(
        table: &TableRef,
        path: &Path,
        compression: Option<Compression>,
        decoder: TextDecoder,
    ) -> Result<Self> {
        let place = Place { table: table.clone(), path: path.to_owned() };
        // Before it is opened: to open a pipe would wait for somebody to write to it.
        let metadata = fs::metadata(path).await.map_err(|e| place.failed(e))?;
        if !metadata.is_file() {
            return Err(place.at(Error::config("not a file: a folder, or something else that has no end")));
        }
        let file = File::open(path).await.map_err(|e| place.failed(e))?;
        let length = file.metadata().await.map_err(|e| place.failed(e))?.len();
        let unpacker = compression.map(Unpacker::new).transpose()?.map(|unpacker| (unpacker, vec![0; CHUNK]));
        let file = Packed { file: file.take(length), chunk: Vec::with_capacity(CHUNK) };
        let text = Text { file, unpacker };
        Ok(Self { place, text, decoder: Some(decoder), tally: None, rows: 0, ready: VecDeque::new() })
    }

    /// Holds the bad rows that are set aside against the share of them that may be.
    pub(super) fn with_tally(mut self, tally: Tally) -> Self {
        self.tally = Some(tally);
        self
    }

    /// The rows.
    pub(super) fn into_stream(self) -> BatchStream {
        Box::pin(stream::try_unfold(self, |mut reading| async move {
            loop {
                if let Some(batch) = reading.ready.pop_front() {
                    return Ok(Some((batch, reading)));
                }
                if !reading.step().await? {
                    return Ok(None);
                }
            }
        }))
    }

    /// Reads the next chunk, in the place of the rows of the last one; false at the end.
    pub(super) async fn step(&mut self) -> Result<bool> {
        self.ready.clear();
        let Some(mut decoder) = self.decoder.take() else { return Ok(false) };
        let text = self.text.next(&self.place).await?;
        if text.is_empty() {
            self.ready.extend(decoder.finish().map_err(|e| self.place.at(e))?);
        } else {
            self.ready.extend(decoder.push(text).map_err(|e| self.place.at(e))?);
            self.decoder = Some(decoder);
        }
        self.rows += self.ready.iter().map(RecordBatch::num_rows).sum::<usize>();
        match &self.tally {
            Some(tally) if self.decoder.is_none() => tally.check(self.rows).map_err(|e| self.place.at(e))?,
            _ => {}
        }
        Ok(true)
    }
}

impl Text {
    /// The next bytes; none at the end.
    async fn next(&mut self, place: &Place) -> Result<&[u8]> {
        let Some((unpacker, room)) = &mut self.unpacker else { return self.file.next(place).await };
        loop {
            match unpacker.read(room).map_err(|e| place.at(e))? {
                Some(read) => return Ok(&room[..read]),
                None => unpacker.feed(self.file.next(place).await?),
            }
        }
    }
}

impl Packed {
    /// The next bytes; none at the end.
    async fn next(&mut self, place: &Place) -> Result<&[u8]> {
        self.chunk.clear();
        let read = self.file.read_buf(&mut self.chunk).await.map_err(|e| place.failed(e))?;
        if read == 0 && self.file.limit() > 0 {
            return Err(place.at(Error::conflict("the file got shorter while it was read: read it again")));
        }
        Ok(&self.chunk)
    }
}

impl Place {
    fn at(&self, error: Error) -> Error {
        error.with("table", &self.table).with("file", self.path.display())
    }

    fn failed(&self, error: io::Error) -> Error {
        let what = match error.kind() {
            ErrorKind::NotFound => Error::not_found("no such file"),
            ErrorKind::PermissionDenied => Error::permission("no right to read the file"),
            ErrorKind::NotADirectory => Error::not_found("no such file: a part of its path is no folder"),
            _ => Error::unavailable("the file cannot be read"),
        };
        self.at(what).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::ErrorKind as Kind;

    #[test]
    fn errors_of_the_system_say_what_to_do() {
        let place = Place { table: "people".into(), path: "folder/people.csv".into() };
        for (from, to) in [
            (ErrorKind::NotFound, Kind::NotFound),
            (ErrorKind::NotADirectory, Kind::NotFound),
            (ErrorKind::PermissionDenied, Kind::Permission),
            (ErrorKind::Other, Kind::Unavailable),
        ] {
            let error = place.failed(from.into());
            assert_eq!((error.kind(), error.context("file")), (to, Some("folder/people.csv")), "{error}");
        }
    }
}
