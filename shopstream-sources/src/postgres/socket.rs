//! The socket below a connection: how the server is reached, and who may use it when.

use shopstream_core::{Error, Result};
use std::{
    fmt, io, mem,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::{self, TcpStream},
    time,
};
use tokio_postgres::config::{Config, Host};

/// One address of a server.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    Tcp {
        address: SocketAddr,
        /// What the server calls itself in its certificate.
        name: Option<String>,
    },
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Peer {
    /// The addresses of all hosts of a configuration, in the order in which they are to be tried.
    pub(super) async fn all(config: &Config) -> Result<Vec<Self>> {
        let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
        let count = hosts.len().max(addresses.len());
        let lengths = [hosts.len(), addresses.len()].iter().all(|n| [0, count].contains(n));
        if count == 0 || !lengths || ports.len() > 1 && ports.len() != count {
            return Err(Error::config("a PostgreSQL address has as many hosts as host addresses and ports"));
        }
        let (mut peers, mut failed) = (vec![], None);
        for i in 0..count {
            let port = ports.get(i).or(ports.first()).copied().unwrap_or(5432);
            let name = match hosts.get(i) {
                Some(Host::Tcp(name)) => Some(name.clone()),
                #[cfg(unix)]
                Some(Host::Unix(folder)) if addresses.is_empty() => {
                    peers.push(Peer::Unix(folder.join(format!(".s.PGSQL.{port}"))));
                    continue;
                }
                _ => None,
            };
            match (addresses.get(i), &name) {
                (Some(ip), _) => peers.push(Peer::Tcp { address: (*ip, port).into(), name }),
                (None, Some(host)) => match net::lookup_host((host.as_str(), port)).await {
                    Ok(found) => peers.extend(found.map(|address| Peer::Tcp { address, name: name.clone() })),
                    Err(error) => failed = Some(error),
                },
                (None, None) => {}
            }
        }
        match failed {
            Some(error) if peers.is_empty() => {
                Err(Error::unavailable("the server's name means no address here").caused_by(error))
            }
            _ => Ok(peers),
        }
    }

    /// Whether it can speak TLS: nothing is gained by it between processes of one machine.
    pub(super) fn may_encrypt(&self) -> bool {
        matches!(self, Peer::Tcp { .. })
    }

    /// The name that a certificate must be for, or the address.
    #[cfg(feature = "tls")]
    pub(super) fn name(&self) -> String {
        match self {
            Peer::Tcp { name: Some(name), .. } => name.clone(),
            Peer::Tcp { address, name: None } => address.ip().to_string(),
            #[cfg(unix)]
            Peer::Unix(_) => String::new(),
        }
    }

    /// Opens a socket.
    pub(super) async fn reach(&self, config: &Config, patience: Duration) -> io::Result<Socket> {
        let opening = async {
            Ok(match self {
                Peer::Tcp { address, .. } => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    keep_alive(&stream, config)?;
                    Socket::Tcp(stream)
                }
                #[cfg(unix)]
                Peer::Unix(path) => Socket::Unix(net::UnixStream::connect(path).await?),
            })
        };
        time::timeout(patience, opening).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Tcp { address, name: Some(name) } => write!(f, "{address} ({name})"),
            Peer::Tcp { address, name: None } => address.fmt(f),
            #[cfg(unix)]
            Peer::Unix(path) => path.display().fmt(f),
        }
    }
}

fn keep_alive(stream: &TcpStream, config: &Config) -> io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    #[cfg(target_os = "linux")]
    if let Some(timeout) = config.get_tcp_user_timeout() {
        socket.set_tcp_user_timeout(Some(*timeout))?;
    }
    if !config.get_keepalives() {
        return Ok(());
    }
    let mut alive = socket2::TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        alive = alive.with_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        alive = alive.with_retries(retries);
    }
    socket.set_tcp_keepalive(&alive)
}

/// An open socket.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(net::UnixStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// Does the same with the stream in it, whichever that is.
macro_rules! each {
    ($socket:expr, $stream:ident => $body:expr) => {
        match $socket {
            Socket::Tcp($stream) => $body,
            #[cfg(unix)]
            Socket::Unix($stream) => $body,
            #[cfg(feature = "tls")]
            Socket::Tls($stream) => $body,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

/// A socket that is lent to the client library for the start of a session and its queries, and borrowed back to be read
/// in place.
#[derive(Clone, Debug)]
pub(super) struct Lent(Arc<Mutex<Loan>>);

#[derive(Debug)]
enum Loan {
    There(Socket),
    /// Whoever holds the loan waits, and has maybe said so.
    Borrowed(Option<Waker>),
    Ended,
}

impl Lent {
    pub(super) fn new(socket: Socket) -> Self {
        Self(Arc::new(Mutex::new(Loan::There(socket))))
    }

    fn replace(&self, loan: Loan) -> Option<Socket> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match mem::replace(&mut *place, loan) {
            Loan::There(socket) => Some(socket),
            Loan::Borrowed(waiting) => {
                if let Some(waker) = waiting {
                    waker.wake();
                }
                None
            }
            Loan::Ended => None,
        }
    }

    /// Takes it; for whoever holds the loan the connection is closed then.
    pub(super) fn take(&self) -> Option<Socket> {
        self.replace(Loan::Ended)
    }

    /// Takes it for a while; for whoever holds the loan no byte comes and none goes meanwhile.
    pub(super) fn borrow(&self) -> Option<Socket> {
        self.replace(Loan::Borrowed(None))
    }

    /// Puts it back, maybe with another layer on it.
    pub(super) fn put(&self, socket: Socket) {
        self.replace(Loan::There(socket));
    }

    /// Waits until the other side closes it, or breaks off.
    pub(super) async fn ended(mut self) {
        let mut buffer = [0; 64];
        while self.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    }

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut Socket>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Loan::There(socket) => poll(Pin::new(socket), cx),
            Loan::Borrowed(waiting) => {
                *waiting = Some(cx.waker().clone());
                Poll::Pending
            }
            Loan::Ended => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for Lent {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |socket, cx| socket.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |socket, cx| socket.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |socket, cx| socket.poll_flush(cx))
    }

    /// It is closed by whoever lent it.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
