//! PostgreSQL for a machine that has none: a program of its own, built when it is first needed.

use shopstream::{Error, Result};
use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

const PAUSE: Duration = Duration::from_millis(10);
/// Eight seconds: the server gives itself five.
const PATIENCE: u32 = 800;

/// A server that runs without PostgreSQL's programs, for one connection at a time; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Embedded {
    url: String,
    program: Child,
}

impl Embedded {
    /// Whether its source lies where this program was built.
    pub(crate) fn is_here() -> bool {
        package().is_file()
    }

    /// Builds it, which takes minutes when nothing of it is there yet, and starts it. Blocks.
    pub(crate) fn start(quiet: bool) -> Result<Self> {
        let failed = |what: &'static str| move |error| Error::unavailable(what).caused_by(error);
        // Beside what was built of this program.
        let this = env::current_exe().map_err(failed("this program does not know where it lies"))?;
        let target = this.ancestors().nth(2).unwrap_or(Path::new("target")).join("embedded");
        let mut build = Command::new(env::var_os("CARGO").unwrap_or(OsString::from("cargo")));
        build.args(["build", "--release", "--locked", "--manifest-path"]).arg(package());
        build.arg("--target-dir").arg(&target).args(quiet.then_some("--quiet"));
        let built = build.stdin(Stdio::null()).status().map_err(failed("cargo cannot be run"))?;
        if !built.success() {
            return Err(Error::unavailable("the embedded PostgreSQL cannot be built: see what cargo says of it"));
        }
        let mut program = Command::new(target.join("release/embedded-postgres"))
            // What it unpacks stays with what was built.
            .env("XDG_CACHE_HOME", target.join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C is for us, who then stop it.
            .process_group(0)
            .spawn()
            .map_err(failed("the embedded PostgreSQL cannot be run"))?;
        let said = program.stdout.take();
        // From here on, dropping it stops the program.
        let mut server = Self { url: String::new(), program };
        if let Some(said) = said {
            BufReader::new(said).read_line(&mut server.url).map_err(failed("the embedded PostgreSQL says nothing"))?;
        }
        server.url.truncate(server.url.trim_end().len());
        if server.url.is_empty() {
            return Err(Error::unavailable("the embedded PostgreSQL does not start"));
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // The end of its input is what it waits for.
        drop(self.program.stdin.take());
        for _ in 0..PATIENCE {
            match self.program.try_wait() {
                Ok(None) => sleep(PAUSE),
                _ => return,
            }
        }
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded/Cargo.toml")
}
