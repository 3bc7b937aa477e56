//! The client of Snowflake's protocol.
//!
//! A [`Session`] runs a [`Statement`] with bound values, and answers with the query's id, its statistics, and its rows
//! as the library's Arrow types, in order. Logins and requests are shaped by the crate `snowflake-api`; beneath it lies
//! one middleware, in which everything happens that the crate leaves out: statements that take long, sessions that
//! expire, requests that fail for now, and answers that got lost.
//!
//! # What is never shown
//! Neither secrets nor cells: errors have Snowflake's code, the SQLSTATE and the query's id, with which its own message
//! is found in the query history. That message is dropped here, for it may quote a cell. The crate, which writes what
//! it sees to the log, sees neither tokens nor texts of statements nor results.
//!
//! ```no_run
//! use shopstream_core::SystemClock;
//! use shopstream_sinks::snowflake::client::{Session, Settings, Statement};
//! use std::sync::Arc;
//!
//! # async fn example(vars: Vec<(String, String)>) -> shopstream_core::Result<()> {
//! let settings = Settings::from_url_and_vars("snowflake://loader@myorg-shop/SHOPSTREAM_DWH?warehouse=BI_WH", vars)?;
//! let session = Session::new(settings, Arc::new(SystemClock::new()))?;
//! let orders = Statement::new("SELECT ORDER_ID FROM CORE.FACT_ORDERS WHERE COUNTRY_CODE = ?").bind("FRA");
//! let answer = session.execute(orders).await?;
//! println!("query {}", answer.report().query_id);
//! for batch in answer.batches().await? {
//!     println!("{} rows", batch.num_rows());
//! }
//! session.close().await
//! # }
//! ```

mod abort;
mod answer;
mod bind;
mod call;
mod decode;
mod http;
mod layer;
mod login;
mod outcome;
mod parts;
mod refusal;
mod reply;
mod session;
mod settings;
mod statement;
mod wire;

pub use answer::{Answer, Report};
pub use bind::Bind;
pub use session::Session;
pub use settings::{Account, Credentials, KeyPair, Retries, Settings};
pub use statement::Statement;
