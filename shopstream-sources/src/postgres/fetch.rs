//! The rows of one statement, decoded where the socket's bytes lie.
//!
//! They are asked for by the extended query protocol and not by COPY: a row costs the server less, and each column comes
//! in the format that it makes more cheaply, texts as they are and all else as binary.
//!
//! The server sends a message for each row. Handing each of them on as a piece of memory of its own costs more than
//! decoding it, so the socket is borrowed back from the client library here, and read into one buffer.
//!
//! Protocol: PostgreSQL's "Extended Query" and "Message Formats" (frontend/backend protocol 3.0).

use arrow::array::RecordBatch;
use shopstream_core::{Error, Result};
use std::{collections::VecDeque, io, ops::Range};

use super::{
    connection::Connection,
    decode::{Decoder, Format},
    errors,
};

/// Bytes that are read at once, at most.
const BUFFER: usize = 128 << 10;
/// Where so few bytes are left behind the last ones, what is there moves to the front before more is read.
const TAIL: usize = 32 << 10;
/// A type and a length.
const HEAD: usize = 5;
/// What messages other than rows may have: errors and notices, which are of some hundred bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// A statement under way whose rows are read. Dropped before its end, it is cancelled on the server.
pub(super) struct Fetch {
    connection: Connection,
    buffer: Vec<u8>,
    /// What of the buffer is not read yet.
    from: usize,
    to: usize,
    /// Bytes of a message of rows that is larger than the buffer, still to come.
    rest: usize,
    /// The rows, as the server counted them at their end.
    counted: Option<u64>,
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
            let (&[b'D', a, b, c, d], body) = bytes.split_first_chunk::<HEAD>()? else { return None };
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

impl Fetch {
    /// Asks for the rows, with each column in a format of its own.
    pub(super) async fn start(connection: Connection, sql: &str, formats: &[Format]) -> Result<Self> {
        let request = request(sql, formats)?;
        let buffer = vec![0; BUFFER];
        let mut fetch = Self { connection, buffer, from: 0, to: 0, rest: 0, counted: None, ended: false };
        fetch.send(&request).await.map_err(|e| fetch.broken(e))?;
        Ok(fetch)
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
                        self.connection.fetched();
                    }
                    decoder.finish(ready)?;
                    if self.counted != Some(decoder.decoded()) {
                        return Err(Error::data("the rows that came are not as many as the server counted")
                            .with("server", self.connection.target())
                            .with("rows", decoder.decoded()));
                    }
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
                b'C' => {
                    self.counted = counted(body);
                    Message::Other
                }
                b'E' => return Err(errors::of_message(body).with("server", self.connection.target())),
                b'Z' => Message::End,
                // ParseComplete and BindComplete; notices, settings and notifications may come at any time.
                b'1' | b'2' | b'N' | b'S' | b'A' => Message::Other,
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

/// One statement from Parse to Sync: without a name, parameters, or a bound on its rows.
fn request(sql: &str, formats: &[Format]) -> Result<Vec<u8>> {
    let count = u16::try_from(formats.len()).map_err(|_| Error::internal("a statement of too many columns"))?;
    let codes: Vec<u8> = formats.iter().flat_map(|format| [0, u8::from(*format == Format::Binary)]).collect();
    let mut request = vec![];
    let mut put = |kind: u8, body: &[&[u8]]| {
        let length = 4 + body.iter().map(|bytes| bytes.len()).sum::<usize>();
        let length = u32::try_from(length).map_err(|_| Error::internal("a statement of gigabytes"))?;
        request.push(kind);
        request.extend_from_slice(&length.to_be_bytes());
        body.iter().for_each(|bytes| request.extend_from_slice(bytes));
        Ok::<_, Error>(())
    };
    let (no_name, none) = (&[0][..], &[0; 2][..]);
    put(b'P', &[no_name, sql.as_bytes(), &[0], none])?;
    put(b'B', &[no_name, no_name, none, none, &count.to_be_bytes(), &codes])?;
    put(b'E', &[no_name, &[0; 4]])?;
    put(b'S', &[])?;
    Ok(request)
}

/// The rows that CommandComplete tells of: `SELECT 42`.
fn counted(body: &[u8]) -> Option<u64> {
    let text = str::from_utf8(body.strip_suffix(&[0])?).ok()?;
    text.strip_prefix("SELECT ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use shopstream_core::ErrorKind;
    use std::{
        io::{Read, Write},
        net::TcpListener,
        sync::Arc,
        thread,
    };

    use super::*;
    use crate::postgres::{
        config::Target,
        decode::{Framing, Kind, Rule},
    };

    const SQL: &str = r#"SELECT "name" FROM "users""#;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
    }

    fn row(text: &[u8]) -> Vec<u8> {
        message(b'D', &[&[0, 1][..], &(text.len() as u32).to_be_bytes(), text].concat())
    }

    /// The texts that are read where a server gives this answer.
    async fn read(answer: Vec<u8>) -> Result<Vec<String>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("postgres://reader@{}/shop?sslmode=disable", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut socket = listener.accept().unwrap().0;
            let mut length = [0; 4];
            socket.read_exact(&mut length).unwrap();
            socket.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4]).unwrap();
            socket.write_all(&[message(b'R', &[0; 4]), message(b'Z', b"I")].concat()).unwrap();
            let mut asked = vec![0; request(SQL, &[Format::Text]).unwrap().len()];
            socket.read_exact(&mut asked).unwrap();
            // Who is not content closes the socket before the end.
            let _ = socket.write_all(&answer);
            asked
        });
        let connection = Connection::open(&Target::parse(&target).unwrap()).await.unwrap();
        let rule = Rule { kind: Kind::Text, item: None, nullable: true, specials_null: false };
        let schema = Arc::new(Schema::new(vec![Field::new("name", DataType::Utf8View, true)]));
        let mut decoder = Decoder::new(Framing::None, schema, &[rule], 1000, 1 << 20);
        let mut fetch = connection.fetch(SQL, &[rule.format()]).await.unwrap();
        let (mut ready, mut texts) = (VecDeque::new(), vec![]);
        while !fetch.ended {
            fetch.read(&mut decoder, &mut ready).await?;
            for batch in ready.drain(..) {
                let column = batch.column(0).as_string_view();
                texts.extend((0..column.len()).map(|i| column.value(i).to_owned()));
            }
        }
        assert_eq!(server.join().unwrap(), request(SQL, &[Format::Text]).unwrap());
        Ok(texts)
    }

    fn answer(rows: &[Vec<u8>], tag: &[u8]) -> Vec<u8> {
        let bound = [message(b'1', b""), message(b'2', b"")].concat();
        [bound, rows.concat(), message(b'C', tag), message(b'Z', b"T")].concat()
    }

    #[test]
    fn a_request_is_what_the_protocol_says() {
        let expected = [
            message(b'P', b"\0SELECT 1, 2\0\0\0"),
            message(b'B', b"\0\0\0\0\0\0\0\x02\0\x01\0\0"),
            message(b'E', b"\0\0\0\0\0"),
            message(b'S', b""),
        ];
        assert_eq!(request("SELECT 1, 2", &[Format::Binary, Format::Text]).unwrap(), expected.concat());
    }

    #[tokio::test]
    async fn rows_are_read_whole_also_those_larger_than_the_buffer() {
        let large = "é".repeat(BUFFER);
        let rows = [row(b"Ada"), row(large.as_bytes()), message(b'N', b"M\0\0"), row(b"")];
        assert_eq!(read(answer(&rows, b"SELECT 3\0")).await.unwrap(), ["Ada", &large, ""]);
        assert_eq!(read(answer(&[], b"SELECT 0\0")).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn rows_that_are_not_as_many_as_the_server_counted_are_an_error() {
        for (rows, tag) in [
            (vec![row(b"Ada")], &b"SELECT 2\0"[..]),
            (vec![row(b"Ada"), row(b"Bo")], b"SELECT 1\0"),
            (vec![row(b"Ada")], b"SELECT\0"),
            (vec![row(b"Ada")], b"SELECT 1"),
            (vec![row(b"Ada")], b"COPY 1\0"),
        ] {
            let error = read(answer(&rows, tag)).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.context("rows")),
                (ErrorKind::Data, Some(&*rows.len().to_string())),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_row_that_is_longer_or_shorter_than_its_message_is_an_error() {
        let good = row(b"Ada");
        // A field that claims a byte more, one less, and no row at all.
        let (mut longer, mut shorter) = (good.clone(), good.clone());
        longer[10] += 1;
        shorter[10] -= 1;
        for wrong in [longer, shorter, message(b'D', &[0xFF, 0xFF]), message(b'D', b"")] {
            for rows in [vec![wrong.clone()], vec![wrong.clone(), good.clone()], vec![good.clone(), wrong.clone()]] {
                let tag = format!("SELECT {}\0", rows.len());
                let error = read(answer(&rows, tag.as_bytes())).await.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Data | ErrorKind::Unavailable), "{error}");
                assert!(!error.to_string().contains("Ada"), "{error}");
            }
        }
    }
}
