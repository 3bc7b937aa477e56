//! Making a cluster and starting a server on it.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use super::{Binaries, Builder, Error, Result, account::Account, builder::Tls, folder::Folder, process, wire};

pub(super) const PAUSE: Duration = Duration::from_millis(2);
/// A minute, for machines that are busy with something else.
pub(super) const PATIENCE: u32 = 30_000;
/// How often another port is tried, when somebody took the free one before the server did.
const PORTS: usize = 10;

/// A folder, the programs and the account that runs them.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) account: Option<Account>,
    pub(super) folder: &'a Folder,
}

impl Cluster<'_> {
    /// Makes the cluster.
    pub(super) fn init(&self, builder: &Builder) -> Result<()> {
        if let Some(primary) = &builder.primary {
            return self.copy(primary);
        }
        let mut command = self.command("initdb");
        command.args(["--no-sync", "--encoding=UTF8", "--no-locale", "--wal-segsize=4", "--auth-local=trust"]);
        if self.binaries.major() >= 14 {
            command.arg("--no-instructions");
        }
        if self.binaries.major() >= 18 {
            command.arg("--no-data-checksums");
        }
        command.arg(format!("--username={}", builder.user)).arg("-D").arg(self.folder.data());
        match &builder.password {
            None => command.arg("--auth-host=trust"),
            Some(password) => {
                let file = self.password_file(password).map_err(Error::io("cannot hand over the password"))?;
                command.arg("--auth-host=scram-sha-256").arg("--pwfile").arg(file)
            }
        };
        let made = to_the_end("initdb", &mut command);
        let _ = fs::remove_file(self.folder.path().join("password"));
        made?;
        match &builder.tls {
            Some(tls) => self.encrypt(tls).map_err(Error::io("cannot set up TLS")),
            None => Ok(()),
        }
    }

    /// Copies another server's cluster, to follow it.
    fn copy(&self, primary: &str) -> Result<()> {
        let mut command = self.command("pg_basebackup");
        command.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]);
        command.arg("-d").arg(primary).arg("-D").arg(self.folder.data());
        to_the_end("pg_basebackup", &mut command)
    }

    fn password_file(&self, password: &str) -> io::Result<PathBuf> {
        let path = self.folder.path().join("password");
        self.hand_over(&path, &format!("{password}\n"))?;
        Ok(path)
    }

    /// Writes a file that the server's account alone may read.
    fn hand_over(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        self.account.map_or(Ok(()), |account| account.owns(path))
    }

    /// Puts certificates and settings of TLS into the cluster, and refuses whoever comes without.
    fn encrypt(&self, tls: &Tls) -> io::Result<()> {
        let data = self.folder.data();
        self.hand_over(&data.join("server.crt"), &tls.certificate)?;
        self.hand_over(&data.join("server.key"), &tls.key)?;
        let mut settings = "ssl = on\n".to_owned();
        if let Some(clients) = &tls.clients {
            self.hand_over(&data.join("clients.crt"), clients)?;
            settings.push_str("ssl_ca_file = 'clients.crt'\n");
        }
        OpenOptions::new().append(true).open(data.join("postgresql.conf"))?.write_all(settings.as_bytes())?;
        let access = data.join("pg_hba.conf");
        let wanted = if tls.clients.is_some() { " clientcert=verify-ca" } else { "" };
        let encrypted = |line: &str| match line.strip_prefix("host ") {
            Some(rest) => format!("hostssl {rest}{wanted}\n"),
            None => format!("{line}\n"),
        };
        let lines: String = fs::read_to_string(&access)?.lines().map(encrypted).collect();
        fs::write(&access, lines)
    }

    /// Starts the server on a free port, and waits until it answers.
    pub(super) fn serve(&self, builder: &Builder) -> Result<(Child, u16)> {
        let mut last = None;
        for _ in 0..PORTS {
            let port = free_port().map_err(Error::io("no free port on 127.0.0.1"))?;
            match self.serve_on(port, builder) {
                Err(Error::Program { output, .. }) if output.contains("could not create any TCP/IP sockets") => {
                    last = Some(Error::Program { name: "postgres", output });
                }
                served => return served.map(|child| (child, port)),
            }
        }
        Err(last.unwrap_or(Error::Program { name: "postgres", output: "no free port".to_owned() }))
    }

    fn serve_on(&self, port: u16, builder: &Builder) -> Result<Child> {
        let log = File::create(self.folder.log()).map_err(Error::io("cannot write the server's log"))?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.data());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")]);
        command.args(["-c", &format!("unix_socket_directories={}", self.folder.data().display())]);
        for (name, value) in &builder.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        if builder.own_process_group {
            command.process_group(0);
        }
        let mut child = command.stderr(log).spawn().map_err(Error::io("cannot run postgres"))?;
        let answer = self.wait(&mut child, port, &builder.user);
        if answer.is_err() {
            process::stop(&mut child);
        }
        answer.map(|()| child)
    }

    fn wait(&self, child: &mut Child, port: u16, user: &str) -> Result<()> {
        let failed = || {
            let log = fs::read_to_string(self.folder.log()).unwrap_or_default();
            Error::Program { name: "postgres", output: tail(&log) }
        };
        for _ in 0..PATIENCE {
            match wire::query(&socket(self.folder, port), user, "postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                // Not yet there, or there and starting up.
                Err(Error::Io { .. }) => {}
                Err(Error::Refused { code, .. }) if code == "57P03" => {}
                Err(other) => return Err(other),
            }
            if child.try_wait().map_err(Error::io("cannot wait for postgres"))?.is_some() {
                return Err(failed());
            }
            sleep(PAUSE);
        }
        Err(failed())
    }

    /// One of the programs, as the right account, in a folder it may enter, and deaf to this process's own settings
    /// of PostgreSQL.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.program(name));
        for (key, _) in env::vars_os() {
            if key.to_string_lossy().starts_with("PG") {
                command.env_remove(key);
            }
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        command.current_dir(self.folder.data()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(account) = self.account {
            account.runs(&mut command);
        }
        command
    }
}

/// Runs a program until it ends, and tells what it wrote when it failed.
fn to_the_end(name: &'static str, command: &mut Command) -> Result<()> {
    let output = command.stdout(Stdio::piped()).output().map_err(Error::io(name))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::Program { name, output: tail(&String::from_utf8_lossy(&text)) })
}

/// Where the server listens for this machine's own processes.
pub(super) fn socket(folder: &Folder, port: u16) -> PathBuf {
    folder.data().join(format!(".s.PGSQL.{port}"))
}

pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The last lines, which tell why.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
