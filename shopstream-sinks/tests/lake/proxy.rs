//! A way to the S3 server that fails once, or always.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is refused for now, with this status, and does not reach the server.
    Refused(u16),
    /// The connection is reset before it reaches the server.
    Reset,
    /// The server does it, and the connection is reset in the place of its answer.
    LostAnswer,
    /// The server does it, and the answer breaks off in its midst.
    HalfAnswer,
    /// Nothing happens, for as long as the client waits.
    Silence,
}

/// Which requests it happens to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Never,
    /// The request of this number, from 0 on.
    Once(usize),
    Always,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr, fault: Fault, when: When) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::default();
        let seen = Arc::clone(&requests);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                connections.spawn(async move { pass(socket, server, fault, when, &seen).await });
            }
        });
        Self { address, requests, accepting }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes on one request and its answer; then the connection ends.
async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    fault: Fault,
    when: When,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let request = read_request(&mut client).await?;
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(line);
        seen.len() - 1
    };
    let fails = match when {
        When::Never => false,
        When::Once(at) => at == number,
        When::Always => true,
    };
    match fault {
        Fault::Refused(status) if fails => {
            let code = if status == 403 { "AccessDenied" } else { "SlowDown" };
            let body = format!("<Error><Code>{code}</Code></Error>");
            let head = format!("HTTP/1.1 {status} No\r\nconnection: close\r\ncontent-length: {}", body.len());
            let answer = format!("{head}\r\n\r\n{body}");
            client.write_all(answer.as_bytes()).await?;
            return client.shutdown().await;
        }
        Fault::Reset if fails => return client.set_zero_linger(),
        Fault::Silence if fails => return client.read(&mut [0]).await.map(|_| ()),
        _ => {}
    }
    let answer = ask(server, &request).await?;
    let body = end_of_head(&answer).unwrap_or(answer.len());
    match fault {
        Fault::LostAnswer if fails => return client.set_zero_linger(),
        // An answer without a body breaks off in its head.
        Fault::HalfAnswer if fails && body == answer.len() => client.write_all(&answer[..body / 2]).await?,
        Fault::HalfAnswer if fails => client.write_all(&answer[..body + (answer.len() - body) / 2]).await?,
        _ => client.write_all(&answer).await?,
    }
    client.shutdown().await
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

async fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = vec![];
    let head = loop {
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = end_of_head(&request) {
            break head;
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while request.len() < head + length {
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(request)
}

/// The server's whole answer to a request, which says that the connection ends with it.
async fn ask(server: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let head = end_of_head(request).unwrap() - 2;
    let mut upstream = TcpStream::connect(server).await?;
    upstream.write_all(&request[..head]).await?;
    upstream.write_all(b"connection: close\r\n\r\n").await?;
    upstream.write_all(&request[head + 2..]).await?;
    let mut answer = vec![];
    upstream.read_to_end(&mut answer).await?;
    Ok(answer)
}
