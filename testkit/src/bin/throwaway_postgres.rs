//! Holds a throwaway PostgreSQL until its input ends: `throwaway-postgres [FOLDER]`.
//!
//! It prints the server's address, process and folder, one a line.

#![allow(clippy::print_stdout)]

use std::{env, io};

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use shopstream_testkit::postgres::Server;

    let builder = Server::builder();
    let server = match env::args_os().nth(1) {
        Some(parent) => builder.within(parent).start()?,
        None => builder.start()?,
    };
    println!("{}\n{}\n{}", server.url(), server.pid(), server.folder().display());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}
