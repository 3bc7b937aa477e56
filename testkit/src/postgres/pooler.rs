//! PgBouncer between a throwaway server and its clients.

use std::{
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
};

use super::{Error, Result, Row, Server, account::Account, binaries::path_folders, cluster, folder::Folder, wire};

/// How long a client keeps a session of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Until it leaves.
    Session,
    /// Until its transaction ends; the next one gets the session that has waited longest.
    Transaction,
}

/// A pooler of one's own, which is stopped and removed when this is dropped. It lets in whoever reaches the loopback
/// address, as the server's superuser.
pub struct Pooler {
    child: Child,
    folder: Folder,
    port: u16,
    user: String,
}

impl Pooler {
    /// Puts a pooler before a server that asks for no password, with so many sessions of the server at most.
    ///
    /// # Errors
    /// [`Error::NoPooler`] where PgBouncer is not installed; [`Error::Program`] when it did not start, with the end of
    /// what it wrote; what the system refused.
    pub fn start(server: &Server, pooling: Pooling, sessions: usize) -> Result<Self> {
        let program = find().ok_or(Error::NoPooler)?;
        let account = Account::needed().map_err(Error::io("no account to run PgBouncer as"))?;
        let folder = Folder::create(None, account)?;
        let port = cluster::free_port().map_err(Error::io("no free port on 127.0.0.1"))?;
        let settings = folder.data().join("pgbouncer.ini");
        fs::write(&settings, configuration(server, pooling, sessions, port, &folder.data()))
            .and_then(|()| account.map_or(Ok(()), |account| account.owns(&settings)))
            .map_err(Error::io("cannot write PgBouncer's configuration"))?;
        let log = File::create(folder.log()).map_err(Error::io("cannot write the pooler's log"))?;
        let mut command = Command::new(program);
        command.arg("-q").arg(&settings).current_dir(folder.data());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        if let Some(account) = account {
            account.runs(&mut command);
        }
        let child = command.spawn().map_err(Error::io("cannot run pgbouncer"))?;
        let mut pooler = Self { child, folder, port, user: server.user().to_owned() };
        pooler.wait()?;
        Ok(pooler)
    }

    /// Waits until it leads to the server.
    fn wait(&mut self) -> Result<()> {
        for _ in 0..cluster::PATIENCE {
            match self.query("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                // It does not listen yet.
                Err(Error::Io { .. }) => {}
                Err(other) => return Err(other),
            }
            if self.child.try_wait().map_err(Error::io("cannot wait for pgbouncer"))?.is_some() {
                break;
            }
            sleep(cluster::PAUSE);
        }
        let log = fs::read_to_string(self.folder.log()).unwrap_or_default();
        Err(Error::Program { name: "pgbouncer", output: cluster::tail(&log) })
    }

    /// The address of the database `postgres` behind it, as clients take it.
    pub fn url(&self) -> String {
        format!("postgresql://{}@127.0.0.1:{}/postgres", self.user, self.port)
    }

    /// Runs statements in a database behind it, on whichever session it chooses, and returns the rows of all of them.
    ///
    /// # Errors
    /// As [`Server::query`].
    pub fn query(&self, database: &str, sql: &str) -> Result<Vec<Row>> {
        wire::query(&cluster::socket(&self.folder, self.port), &self.user, database, sql)
    }
}

/// Where the program is; packages put it where the system's own daemons are, which is not in everybody's PATH.
fn find() -> Option<PathBuf> {
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    path_folders().into_iter().chain(usual).map(|dir| dir.join("pgbouncer")).find(|file| file.is_file())
}

fn configuration(server: &Server, pooling: Pooling, sessions: usize, port: u16, folder: &Path) -> String {
    let mode = match pooling {
        Pooling::Session => "session",
        Pooling::Transaction => "transaction",
    };
    format!(
        "[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = {sessions}
server_round_robin = 1
",
        host = server.host(),
        server_port = server.port(),
        user = server.user(),
        folder = folder.display(),
    )
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It has nothing to put in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooler").field("port", &self.port).field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}
