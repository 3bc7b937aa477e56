//! The rows of one COPY, decoded where the socket's bytes lie.
//!
//! The server sends a message for each row. Handing each of them on as a piece of memory of its own costs more than
//! decoding it, so the socket is borrowed back from the client library here, and read into one buffer.
//!
//! Protocol: PostgreSQL's "Message Formats" (frontend/backend protocol 3.0).

use arrow::array::RecordBatch;
use shopstream_core::{Error, Result};
use std::{collections::VecDeque, io, ops::Range};

use super::{connection::Connection, decode::Decoder, errors};

/// Bytes that are read at once, at most.
const BUFFER: usize = 128 << 10;
/// Where so few bytes are left behind the last ones, what is there moves to the front before more is read.
const TAIL: usize = 32 << 10;
/// A type and a length.
const HEAD: usize = 5;
/// What messages other than rows may have: errors and notices, which are of some hundred bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// A COPY under way. Dropped before its end, it is cancelled on the server.
pub(super) struct CopyOut {
    connection: Connection,
    buffer: Vec<u8>,
    /// What of the buffer is not read yet.
    from: usize,
    to: usize,
    /// Bytes of a message of rows that is larger than the buffer, still to come.
    rest: usize,
    ended: bool,
}

/// What a message was.
enum Message {
    Other,
    /// It is not complete.
    Wanting,
    End,
}

/// Where rows lie in the buffer: in the next messages, up to what is another message or not all there.
struct Rows<'a> {
    buffer: &'a [u8],
    from: &'a mut usize,
    to: usize,
    rest: &'a mut usize,
}

impl Iterator for Rows<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let bytes = &self.buffer[*self.from..self.to];
        if *self.rest == 0 {
            let (&[b'd', a, b, c, d], body) = bytes.split_first_chunk::<HEAD>()? else { return None };
            let length = (u32::from_be_bytes([a, b, c, d]) as usize).checked_sub(4)?;
            if length <= body.len() {
                let start = *self.from + HEAD;
                *self.from = start + length;
                return Some(start..*self.from);
            } else if HEAD + length <= self.buffer.len() {
                return None;
            }
            *self.from += HEAD;
            *self.rest = length;
        }
        let piece = *self.from..self.to.min(*self.from + *self.rest);
        *self.from = piece.end;
        *self.rest -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }
}

impl CopyOut {
    /// Asks for the rows.
    pub(super) async fn start(connection: Connection, sql: &str) -> Result<Self> {
        let buffer = vec![0; BUFFER];
        let mut copy = Self { connection, buffer, from: 0, to: 0, rest: 0, ended: false };
        let mut query = vec![b'Q'];
        let length = u32::try_from(sql.len() + 5).map_err(|_| Error::internal("a statement of gigabytes"))?;
        query.extend_from_slice(&length.to_be_bytes());
        query.extend_from_slice(sql.as_bytes());
        query.push(0);
        copy.send(&query).await.map_err(|e| copy.broken(e))?;
        Ok(copy)
    }

    /// Reads on until a batch is ready, or there are no more rows. The server sends no further than the socket's
    /// buffers hold while nobody asks here.
    pub(super) async fn read(&mut self, decoder: &mut Decoder, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        while ready.is_empty() && !self.ended {
            let rows = Rows { buffer: &self.buffer, from: &mut self.from, to: self.to, rest: &mut self.rest };
            decoder.push(&self.buffer, rows, ready)?;
            if !ready.is_empty() {
                break;
            }
            match self.message()? {
                Message::Other => {}
                Message::Wanting => self.fill().await?,
                Message::End => {
                    self.ended = true;
                    if self.from == self.to {
                        self.connection.copied();
                    }
                    decoder.finish(ready)?;
                }
            }
        }
        Ok(())
    }

    /// The connection, for other uses: once there are no more rows, and if nothing came behind them.
    pub(super) fn into_connection(self) -> Option<Connection> {
        (self.ended && self.from == self.to).then_some(self.connection)
    }

    /// Takes the next message, which is not one of rows.
    fn message(&mut self) -> Result<Message> {
        let bytes = &self.buffer[self.from..self.to];
        let Some((&[kind, a, b, c, d], body)) = bytes.split_first_chunk::<HEAD>() else { return Ok(Message::Wanting) };
        let Some(length) = (u32::from_be_bytes([a, b, c, d]) as usize).checked_sub(4) else {
            return Err(self.foreign());
        };
        if let Some(body) = body.get(..length) {
            let message = match kind {
                b'E' => return Err(errors::of_message(body).with("server", self.connection.target())),
                b'Z' => Message::End,
                // CopyOutResponse, CopyDone, CommandComplete; notices, settings and notifications may come at any time.
                b'H' | b'c' | b'C' | b'N' | b'S' | b'A' => Message::Other,
                _ => return Err(self.foreign()),
            };
            self.from += HEAD + length;
            return Ok(message);
        }
        if HEAD + length > self.buffer.len() {
            if length > MAX_MESSAGE {
                return Err(self.foreign());
            }
            self.buffer.resize(HEAD + length, 0);
        }
        Ok(Message::Wanting)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        } else if self.buffer.len() - self.to < TAIL {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        let read = match self.connection.incoming() {
            Ok(incoming) => incoming.read(&mut self.buffer[self.to..]).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(0) => {
                Err(Error::unavailable("PostgreSQL closed the connection").with("server", self.connection.target()))
            }
            Ok(read) => {
                self.to += read;
                Ok(())
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.incoming()?.send(bytes).await
    }

    #[cold]
    fn broken(&self, error: io::Error) -> Error {
        Error::unavailable("the connection to PostgreSQL broke")
            .with("server", self.connection.target())
            .caused_by(error)
    }

    #[cold]
    fn foreign(&self) -> Error {
        Error::unavailable("what answers does not speak PostgreSQL's protocol")
            .retryable(false)
            .with("server", self.connection.target())
    }
}
