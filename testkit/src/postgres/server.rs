//! A running throwaway server.

use std::{fmt, net::Ipv4Addr, path::Path, process::Child};

use super::{
    Binaries, Builder, Error, Result, Row, account::Account, cluster, cluster::Cluster, folder::Folder, process, wire,
};

/// A PostgreSQL server of one's own, which is stopped and removed when this is dropped.
///
/// A `static` is never dropped: what is held in one stays until another server starts.
pub struct Server {
    child: Child,
    folder: Folder,
    binaries: Binaries,
    port: u16,
    user: String,
    password: Option<String>,
}

impl Server {
    /// Starts a server that lets in whoever reaches the loopback address.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// Says what the server is to be like.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn launch(builder: Builder, binaries: Binaries) -> Result<Self> {
        let account = Account::needed().map_err(Error::io("no account to run PostgreSQL as"))?;
        let folder = Folder::create(builder.parent.as_deref(), account)?;
        let cluster = Cluster { binaries: &binaries, account, folder: &folder };
        cluster.init(&builder)?;
        let (child, port) = cluster.serve(&builder)?;
        let Builder { user, password, .. } = builder;
        Ok(Self { child, folder, binaries, port, user, password })
    }

    /// The address of the database `postgres`, as clients take it; with the password, if there is one.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of a database of this server.
    pub fn url_of(&self, database: &str) -> String {
        let password = self.password.iter().map(|password| format!(":{}", encoded(password))).collect::<String>();
        let Self { user, port, .. } = self;
        format!("postgresql://{}{password}@{}:{port}/{}", encoded(user), self.host(), encoded(database))
    }

    /// The address that the server listens on.
    pub fn host(&self) -> Ipv4Addr {
        Ipv4Addr::LOCALHOST
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The folder that is removed in the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the server's socket, where no password is asked for.
    pub fn socket_folder(&self) -> std::path::PathBuf {
        self.folder.data()
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The programs that it was started with.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Makes an empty database and returns its address.
    ///
    /// # Errors
    /// [`Error::Refused`], e.g. when there is one of that name.
    pub fn create_database(&self, name: &str) -> Result<String> {
        self.query("postgres", &format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")))?;
        Ok(self.url_of(name))
    }

    /// Runs statements in a database as the superuser, and returns the rows of all of them.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's message; [`Error::Io`] when the server is gone.
    pub fn query(&self, database: &str, sql: &str) -> Result<Vec<Row>> {
        wire::query(&cluster::socket(&self.folder, self.port), &self.user, database, sql)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("version", &self.binaries.version())
            .field("port", &self.port)
            .field("folder", &self.folder.path())
            .finish_non_exhaustive()
    }
}

/// Text as it may stand anywhere in a URL.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_url_are_encoded() {
        assert_eq!(encoded("p@ss:w/rd é"), "p%40ss%3Aw%2Frd%20%C3%A9");
    }
}
