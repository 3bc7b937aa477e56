//! An S3 server in this process: real HTTP on the loopback address, signatures, multipart, conditional puts.
//!
//! It is s3s-fs over a temporary folder, with two differences to it, both as S3 does it: a list with an empty
//! `delimiter=` is a list without one, and of several puts with `If-None-Match: *` at once exactly one succeeds
//! (s3s-fs looks for the object first and writes it later).
//!
//! ```
//! use shopstream_testkit::s3::S3Server;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let server = S3Server::start().await?;
//! server.create_bucket("lake")?;
//! assert!(server.endpoint().starts_with("http://127.0.0.1:"));
//! # std::io::Result::Ok(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use hyper::{Method, Request, body::Incoming, header::IF_NONE_MATCH, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    S3Request, S3Result,
    access::S3Access,
    auth::SimpleAuth,
    dto::{ListObjectsInput, ListObjectsV2Input},
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::Mutex,
    task::{JoinHandle, JoinSet},
};

const ACCESS_KEY: &str = "testkit";
const SECRET_KEY: &str = "testkit-secret";

/// An S3 server of one's own; stopped and emptied when dropped.
#[derive(Debug)]
pub struct S3Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    folder: TempDir,
}

impl S3Server {
    /// Starts a server without buckets, on the runtime that this is called on.
    ///
    /// # Errors
    /// If there is no room for a temporary folder, or no free port.
    pub async fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("shopstream-s3-").tempdir()?;
        let files = FileSystem::new(folder.path()).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        builder.set_access(EmptyDelimiters);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, builder.build()));
        Ok(Self { address, accepting, folder })
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// If there is one of that name.
    pub fn create_bucket(&self, name: &str) -> io::Result<()> {
        fs::create_dir(self.folder.path().join(name))
    }

    /// The server's address, `http://127.0.0.1:…`; buckets are the first part of the path.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The access key's id.
    pub fn access_key(&self) -> &'static str {
        ACCESS_KEY
    }

    /// The secret of the access key.
    pub fn secret_key(&self) -> &'static str {
        SECRET_KEY
    }

    /// The folder that holds a folder a bucket, in which each object is a file: for tests that damage them.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves each connection, until this is dropped; then none goes on.
async fn accept(listener: TcpListener, service: S3Service) {
    let http = auto::Builder::new(TokioExecutor::new());
    let conditional = Arc::new(Mutex::new(()));
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        // An answer's head and body come apart: neither waits for the client to acknowledge the other.
        let _ = socket.set_nodelay(true);
        let (service, conditional) = (service.clone(), conditional.clone());
        let answer = service_fn(move |request| answer(service.clone(), conditional.clone(), request));
        let connection = http.serve_connection(TokioIo::new(socket), answer).into_owned();
        connections.spawn(async move {
            // A client that goes away is no news.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers a request; puts that ask for an object not to be there wait for each other.
async fn answer(
    service: S3Service,
    conditional: Arc<Mutex<()>>,
    request: Request<Incoming>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    let writes = matches!(*request.method(), Method::PUT | Method::POST);
    let _turn = match writes && request.headers().contains_key(IF_NONE_MATCH) {
        true => Some(conditional.lock().await),
        false => None,
    };
    hyper::service::Service::call(&service, request).await
}

/// Lets in whoever signed, and mends the lists' delimiter on the way.
struct EmptyDelimiters;

#[async_trait::async_trait]
impl S3Access for EmptyDelimiters {
    async fn list_objects(&self, request: &mut S3Request<ListObjectsInput>) -> S3Result<()> {
        request.input.delimiter.take_if(|delimiter| delimiter.is_empty());
        Ok(())
    }

    async fn list_objects_v2(&self, request: &mut S3Request<ListObjectsV2Input>) -> S3Result<()> {
        request.input.delimiter.take_if(|delimiter| delimiter.is_empty());
        Ok(())
    }
}
