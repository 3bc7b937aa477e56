//! Holds an emulator of Snowflake until its input ends, and prints its address. Its stages reach the S3 server that the
//! variables AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY name.

#![allow(clippy::print_stdout)]

use std::io;

#[cfg(unix)]
fn main() -> io::Result<()> {
    let emulator = shopstream_testkit::snowflake::Emulator::start()?;
    println!("{}", emulator.url());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}
