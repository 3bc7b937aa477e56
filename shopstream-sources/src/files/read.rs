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

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

struct Reading {
    place: Place,
    file: Take<File>,
    chunk: Vec<u8>,
    /// `None` behind the end.
    decoder: Option<TextDecoder>,
    ready: VecDeque<RecordBatch>,
}

/// What every error names.
struct Place {
    table: TableRef,
    path: PathBuf,
}

/// Opens the file, as long as it is now.
pub(super) async fn open(table: &TableRef, path: &Path, decoder: TextDecoder) -> Result<BatchStream> {
    let place = Place { table: table.clone(), path: path.to_owned() };
    // Before it is opened: to open a pipe would wait for somebody to write to it.
    let metadata = fs::metadata(path).await.map_err(|e| place.failed(e))?;
    if !metadata.is_file() {
        return Err(place.at(Error::config("not a file: a folder, or something else that has no end")));
    }
    let file = File::open(path).await.map_err(|e| place.failed(e))?;
    let length = file.metadata().await.map_err(|e| place.failed(e))?.len();
    let reading = Reading {
        place,
        file: file.take(length),
        chunk: Vec::with_capacity(CHUNK),
        decoder: Some(decoder),
        ready: VecDeque::new(),
    };
    Ok(Box::pin(stream::try_unfold(reading, |mut reading| async move {
        Ok(reading.next().await?.map(|batch| (batch, reading)))
    })))
}

impl Reading {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            self.chunk.clear();
            let read = self.file.read_buf(&mut self.chunk).await.map_err(|e| self.place.failed(e))?;
            if read > 0 {
                self.ready.extend(decoder.push(&self.chunk).map_err(|e| self.place.at(e))?);
            } else if self.file.limit() > 0 {
                return Err(self.place.at(Error::conflict("the file got shorter while it was read: read it again")));
            } else if let Some(decoder) = self.decoder.take() {
                self.ready.extend(decoder.finish().map_err(|e| self.place.at(e))?);
            }
        }
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
