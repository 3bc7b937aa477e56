//! An emulator of Snowflake: a process of Python that answers the vendor's protocol over HTTP, and runs what it is asked
//! on DuckDB, in memory. What it does not do, and what it only nods at, stands in `testkit/emulator/README.md`.
//!
//! Its Python is a virtual environment that `scripts/emulator` makes, once.
//!
//! ```
//! use shopstream_testkit::snowflake::Emulator;
//!
//! let emulator = Emulator::start()?;
//! assert!(emulator.url().starts_with("http://127.0.0.1:"));
//! # std::io::Result::Ok(())
//! ```

mod venv;

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The emulator's own files.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/emulator");
/// How long it may take to load DuckDB, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(100);

/// An emulator of one's own, which knows nothing of others; stopped when dropped, or when this process ends.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    port: u16,
}

/// How to start an [`Emulator`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    environment: Vec<(&'static str, String)>,
}

impl Emulator {
    /// Starts an emulator whose stages reach no S3, and waits until it listens.
    ///
    /// # Errors
    /// If its virtual environment is not there or not the one that is wanted, or it does not start: what it says then
    /// is on this process's standard error.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// An emulator with settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Its address, `http://127.0.0.1:…`: the endpoint of a client, who may be any user with any password.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Builder {
    /// Lets stages read from an S3 server: its address, and the key that may read there.
    pub fn s3(mut self, endpoint: &str, access_key: &str, secret_key: &str) -> Self {
        let settings = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", access_key),
            ("AWS_SECRET_ACCESS_KEY", secret_key),
            ("AWS_REGION", "us-east-1"),
        ];
        self.environment.extend(settings.map(|(name, value)| (name, value.to_owned())));
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// As [`Emulator::start`].
    pub fn start(self) -> io::Result<Emulator> {
        let python = venv::python(Path::new(FOLDER))?;
        let process = Command::new(python)
            // Nothing is written beside its files.
            .args(["-B", "-E", "-s"])
            .arg(Path::new(FOLDER).join("serve.py"))
            .envs(self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        // From here on it is stopped, however this ends.
        let mut emulator = Emulator { process, port: 0 };
        emulator.port = emulator.first_line()?.trim().parse().map_err(|_| {
            io::Error::other("the Snowflake emulator ended before it listened: see its words on the standard error")
        })?;
        Ok(emulator)
    }
}

impl Emulator {
    /// What it says first; nothing when it ends before.
    fn first_line(&mut self) -> io::Result<String> {
        let output = self.process.stdout.take().ok_or_else(|| io::Error::other("the emulator has no output"))?;
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line);
            // Nobody listens when it took too long.
            let _ = tell.send(read.map(|_| line));
        });
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the Snowflake emulator does not begin to listen");
        told.recv_timeout(PATIENCE).map_err(late)?
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
