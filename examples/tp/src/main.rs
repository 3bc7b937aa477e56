//! The ShopStream course end to end in one command: a database full of orders becomes a lake, a warehouse, a star
//! schema and marts, tested and published.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal

mod args;
mod database;
mod embedded;
mod errand;
mod figures;
mod generate;
mod lock;
mod memory;
mod progress;
mod report;
mod run;
mod warehouse;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        // Whichever ends first drops the other: the run with its server, its connections and its build.
        tokio::select! {
            done = run::run(&args) => match done {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => {
                    eprintln!("error: {error}");
                    ExitCode::FAILURE
                }
            },
            signal = stopped() => {
                eprintln!("\nstopped by {signal}: what was published before stays, the next run goes on");
                ExitCode::from(130)
            }
        }
    });
    // Threads that wait for a disk or a server must not keep a stopped run alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    code
}

/// Waits until somebody wants the program to stop.
async fn stopped() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    }
}
