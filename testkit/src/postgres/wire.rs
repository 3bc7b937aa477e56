//! The few messages of PostgreSQL's protocol that it takes to run a statement over the server's socket: the testkit
//! must not lean on the client that is being tested.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::{Error, Result};

/// A row of a result: each value as text, or NULL.
pub type Row = Vec<Option<String>>;

const PROTOCOL: i32 = 3 << 16;

/// Runs statements as `user`, who needs no password, and returns the rows of all of them.
pub(super) fn query(socket: &Path, user: &str, database: &str, sql: &str) -> Result<Vec<Row>> {
    let mut stream = UnixStream::connect(socket).map_err(lost)?;
    stream.set_read_timeout(Some(Duration::from_secs(300))).map_err(lost)?;
    let startup =
        [&PROTOCOL.to_be_bytes()[..], b"user\0", user.as_bytes(), b"\0database\0", database.as_bytes(), b"\0\0"];
    send(&mut stream, None, &startup.concat())?;
    converse(&mut stream, None)?;
    send(&mut stream, Some(b'Q'), &[sql.as_bytes(), b"\0"].concat())?;
    let mut rows = vec![];
    converse(&mut stream, Some(&mut rows))?;
    send(&mut stream, Some(b'X'), &[])?;
    Ok(rows)
}

/// Listens until the server is ready for the next statement.
fn converse(stream: &mut UnixStream, mut rows: Option<&mut Vec<Row>>) -> Result<()> {
    loop {
        let (kind, body) = receive(stream).map_err(lost)?;
        match kind {
            b'Z' => return Ok(()),
            b'E' => return Err(refusal(&body)),
            b'R' if body != [0; 4] => return Err(lost(io::Error::other("the server wants a password on its socket"))),
            b'D' => {
                let row = row(&body).ok_or_else(|| lost(io::ErrorKind::InvalidData.into()))?;
                rows.iter_mut().for_each(|rows| rows.push(row.clone()));
            }
            _ => {}
        }
    }
}

fn lost(source: io::Error) -> Error {
    Error::Io { what: "cannot talk to the throwaway PostgreSQL".to_owned(), source }
}

fn send(stream: &mut UnixStream, kind: Option<u8>, body: &[u8]) -> Result<()> {
    let length = i32::try_from(body.len() + 4).map_err(|_| lost(io::ErrorKind::InvalidInput.into()))?;
    let mut message: Vec<u8> = kind.into_iter().collect();
    message.extend(length.to_be_bytes());
    message.extend(body);
    stream.write_all(&message).map_err(lost)
}

fn receive(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let mut body = vec![0; (length as usize).checked_sub(4).ok_or(io::ErrorKind::InvalidData)?];
    stream.read_exact(&mut body)?;
    Ok((head[0], body))
}

/// The fields of an error: a letter and a text each.
fn refusal(body: &[u8]) -> Error {
    let field = |letter: u8| {
        let mut fields = body.split(|byte| *byte == 0);
        let text = fields.find_map(|field| field.strip_prefix(&[letter])).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    Error::Refused { code: field(b'C'), message: field(b'M') }
}

/// The values of a row: a length and the text each, NULL with the length -1.
fn row(mut body: &[u8]) -> Option<Row> {
    let count = u16::from_be_bytes(*body.split_off(..2)?.first_chunk()?);
    let mut value = || {
        let length = i32::from_be_bytes(*body.split_off(..4)?.first_chunk()?);
        let Ok(length) = usize::try_from(length) else { return Some(None) };
        Some(Some(String::from_utf8_lossy(body.split_off(..length)?).into_owned()))
    };
    (0..count).map(|_| value()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rows_and_refuses_cut_ones() {
        let body = b"\0\x02\0\0\0\x03abc\xff\xff\xff\xff";
        assert_eq!(row(body), Some(vec![Some("abc".to_owned()), None]));
        (0..body.len()).for_each(|end| assert_eq!(row(&body[..end]), None, "cut at {end}"));
    }

    #[test]
    fn reads_the_fields_of_an_error() {
        let error = refusal(b"SFATAL\0C28P01\0Mno entry\0\0");
        assert_eq!(error.to_string(), "PostgreSQL refused: no entry (SQLSTATE 28P01)");
    }
}
