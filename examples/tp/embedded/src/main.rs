//! A throwaway PostgreSQL 17 without an installed one: compiled to WebAssembly and run in this process.
//!
//! It prints its address and lives until its input ends. Nothing that it held is left then.

mod gate;

use pglite_oxide::PgliteServer;
use std::{
    fs,
    io::{self, Write},
    process::{self, ExitCode},
    thread,
    time::Duration,
};

use gate::Gate;

/// How long the server may take to stop.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let server = PgliteServer::builder().temporary().relaxed_durability(true).start()?;
    let inside = server.tcp_addr().ok_or("the embedded PostgreSQL does not listen")?;
    let gate = Gate::open(inside)?;
    println!("postgresql://postgres@{}/template1?sslmode=disable", gate.address());
    io::stdout().flush()?;

    io::copy(&mut io::stdin(), &mut io::sink())?;
    gate.close();
    // It stops when its connection has ended, which a statement that runs can keep from happening.
    let folder = server.root().to_owned();
    thread::spawn(move || {
        thread::sleep(PATIENCE);
        let _ = fs::remove_dir_all(folder);
        process::exit(1);
    });
    Ok(server.shutdown()?)
}
