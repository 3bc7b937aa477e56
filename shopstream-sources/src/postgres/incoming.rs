//! The socket while rows come over it.
//!
//! The server sends 8 KiB at a time. For a reader that is faster, being told of each of them costs a good part of its
//! work: the runtime is woken, and wakes the reader in turn. So once rows come in masses, the runtime does not watch the
//! socket: a reader that finds nothing looks again a moment later, when there is more. Where nothing comes for a while,
//! the runtime watches again.

use std::{io, io::Read, net, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

use super::socket::Socket;

/// How long a reader leaves a socket that nothing lies in: so long that the server can go on for a while.
const PAUSE: Duration = Duration::from_millis(3);
/// How often it looks in vain.
const LOOKS: u32 = 8;
/// Bytes after which rows come in masses.
const MANY: u64 = 1 << 20;

/// A socket that is read by one reader.
#[derive(Debug)]
pub(super) struct Incoming {
    /// There but while it changes.
    way: Option<Way>,
    bytes: u64,
}

#[derive(Debug)]
enum Way {
    Watched(Socket),
    Tcp(net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Incoming {
    pub(super) fn new(socket: Socket) -> Self {
        Self { way: Some(Way::Watched(socket)), bytes: 0 }
    }

    /// Sends all of these bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.watch()?;
        match &mut self.way {
            Some(Way::Watched(socket)) => {
                socket.write_all(bytes).await?;
                socket.flush().await
            }
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads what is there, or waits until something is; 0 is the end.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut looks = 0;
        loop {
            let found = match &mut self.way {
                Some(Way::Watched(socket)) => {
                    let read = socket.read(buffer).await?;
                    self.bytes += read as u64;
                    if self.bytes >= MANY {
                        self.unwatch()?;
                    }
                    return Ok(read);
                }
                Some(Way::Tcp(stream)) => stream.read(buffer),
                #[cfg(unix)]
                Some(Way::Unix(stream)) => stream.read(buffer),
                None => return Err(io::ErrorKind::NotConnected.into()),
            };
            match found {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && looks < LOOKS => {
                    looks += 1;
                    sleep(PAUSE).await;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.watch()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                found => return found,
            }
        }
    }

    /// The socket, for other uses.
    pub(super) fn into_socket(mut self) -> io::Result<Socket> {
        self.watch()?;
        match self.way {
            Some(Way::Watched(socket)) => Ok(socket),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Has the runtime watch it.
    fn watch(&mut self) -> io::Result<()> {
        self.way = match self.way.take() {
            Some(Way::Tcp(stream)) => Some(Way::Watched(Socket::Tcp(tokio::net::TcpStream::from_std(stream)?))),
            #[cfg(unix)]
            Some(Way::Unix(stream)) => Some(Way::Watched(Socket::Unix(tokio::net::UnixStream::from_std(stream)?))),
            way => way,
        };
        Ok(())
    }

    /// Has the runtime leave it alone, if nothing lies between it and its reader.
    fn unwatch(&mut self) -> io::Result<()> {
        self.way = match self.way.take() {
            Some(Way::Watched(Socket::Tcp(stream))) => Some(Way::Tcp(stream.into_std()?)),
            #[cfg(unix)]
            Some(Way::Watched(Socket::Unix(stream))) => Some(Way::Unix(stream.into_std()?)),
            way => way,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tokio::{net::TcpStream, task::spawn_blocking};

    /// Bytes that tell where they are.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|i| (i % 251) as u8).collect()
    }

    #[tokio::test]
    async fn all_bytes_come_in_their_order_however_they_are_sent() {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut other, _) = listener.accept().unwrap();
        let sent = bytes(3 * MANY as usize);
        let sending = sent.clone();
        let sender = spawn_blocking(move || {
            let (many, rest) = sending.split_at(2 * MANY as usize);
            other.write_all(many).unwrap();
            // An answer, which the reader gives when it has read so far: it waits longer than it looks in vain.
            let mut asked = [0; 3];
            other.read_exact(&mut asked).unwrap();
            std::thread::sleep(2 * LOOKS * PAUSE);
            rest.chunks(8192).for_each(|piece| other.write_all(piece).unwrap());
            asked
        });
        let mut incoming = Incoming::new(Socket::Tcp(stream));
        let (mut received, mut buffer, mut unwatched, mut asked) = (vec![], vec![0; 128 << 10], false, false);
        loop {
            let read = incoming.read(&mut buffer).await.unwrap();
            if read == 0 {
                break;
            }
            received.extend_from_slice(&buffer[..read]);
            unwatched |= matches!(incoming.way, Some(Way::Tcp(_)));
            if received.len() == 2 * MANY as usize && !asked {
                incoming.send(b"on!").await.unwrap();
                asked = true;
            }
        }
        assert!(received == sent && unwatched);
        assert_eq!(&sender.await.unwrap(), b"on!");
    }

    #[tokio::test]
    async fn a_few_bytes_are_told_of_at_once() {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut other, _) = listener.accept().unwrap();
        other.write_all(b"few").unwrap();
        let mut incoming = Incoming::new(Socket::Tcp(stream));
        let mut buffer = [0; 8];
        assert_eq!(incoming.read(&mut buffer).await.unwrap(), 3);
        assert!(matches!(incoming.way, Some(Way::Watched(_))));
    }
}
