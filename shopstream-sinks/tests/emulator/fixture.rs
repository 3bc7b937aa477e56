//! Sessions with an emulator, and what they answer as texts.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::TimestampMicrosecondType,
    util::display::array_value_to_string,
};
use shopstream_core::{Error, SystemClock};
use shopstream_sinks::snowflake::client::{Session, Settings, Statement};
use shopstream_testkit::snowflake::Emulator;
use std::sync::Arc;

/// A session in a database SHOP, which is made, and its schema PUBLIC.
pub(crate) async fn shop(emulator: &Emulator) -> Session {
    let session = nowhere(emulator);
    run(&session, "CREATE DATABASE IF NOT EXISTS SHOP").await;
    session
}

/// A session that is not opened yet, in no database.
pub(crate) fn nowhere(emulator: &Emulator) -> Session {
    let url = format!("snowflake://loader:any@myorg-shop?warehouse=LOADING_WH&endpoint={}", emulator.url());
    Session::new(Settings::from_url(&url).unwrap(), Arc::new(SystemClock::new())).unwrap()
}

/// Runs a statement that must go well; answers its rows as texts.
pub(crate) async fn run(session: &Session, statement: impl Into<Statement> + Send) -> Vec<Vec<String>> {
    let answer = session.execute(statement).await.unwrap_or_else(|error| panic!("{error:?}"));
    texts(&answer.batches().await.unwrap())
}

/// Runs a statement that must be refused.
pub(crate) async fn refused(session: &Session, sql: &str) -> Error {
    match session.execute(sql).await {
        Ok(answer) => panic!("{sql} is not refused: {answer:?}"),
        Err(error) => error,
    }
}

/// Cells as texts; NULL is `-`.
pub(crate) fn texts(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    let cell = |column: &dyn Array, row: usize| match column.as_primitive_opt::<TimestampMicrosecondType>() {
        _ if column.is_null(row) => "-".to_owned(),
        // Arrow writes moments of a named zone only with a table of zones.
        Some(moments) => array_value_to_string(&moments.clone().with_timezone_opt(None::<&str>), row).unwrap(),
        None => array_value_to_string(column, row).unwrap(),
    };
    rows.map(|(batch, row)| batch.columns().iter().map(|column| cell(column, row)).collect()).collect()
}

/// A column of rows.
pub(crate) fn column(rows: &[Vec<String>], i: usize) -> Vec<&str> {
    rows.iter().map(|row| row[i].as_str()).collect()
}
