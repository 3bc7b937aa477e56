//! The middleware beneath the crate.
//!
//! It is the end of the chain: it takes what the crate asks, does it in full, and tells the crate that all went well
//! and there is nothing to see. So the crate, which logs all it is told, holds no token, no text and no row.

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error as MiddlewareError, Middleware, Next};
use shopstream_core::{Error, Result};
use std::{io, sync::Arc};

use super::{
    call::{Call, Frame},
    wire::Wire,
};

tokio::task_local! {
    /// The statement that this task runs.
    pub(super) static CALL: Arc<Call>;
}

/// A login that the crate believes to last for ever: renewing it is not its business.
const LOGGED_IN: &str = r#"{"success":true,"data":{"sessionId":0,"token":"-","masterToken":"-","serverVersion":"-",
    "sessionInfo":{"roleName":"-"},"masterValidityInSeconds":-1,"validityInSeconds":-1}}"#;
/// A statement without rows.
const DONE: &str = r#"{"success":true,"data":{"parameters":[],"rowtype":[],"total":0,"returned":0,"queryId":"-",
    "finalRoleName":"-","statementTypeId":0,"version":0}}"#;

/// The middleware.
pub(super) struct Layer(pub(super) Arc<Wire>);

#[async_trait]
impl Middleware for Layer {
    async fn handle(&self, request: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        let over = || MiddlewareError::middleware(io::Error::other("the statement is over"));
        let call = CALL.try_with(Arc::clone).map_err(|_| over())?;
        match self.answer(&request, &call).await {
            Ok(told) => Ok(Response::from(http::Response::new(told))),
            Err(error) => {
                call.settle(Err(error));
                Err(over())
            }
        }
    }
}

impl Layer {
    async fn answer(&self, request: &Request, call: &Call) -> Result<&'static str> {
        let frame = Frame::of(request)?;
        match request.url().path() {
            "/session/v1/login-request" => {
                self.0.first_login(frame).await?;
                Ok(LOGGED_IN)
            }
            "/queries/v1/query-request" => {
                let reply = self.0.run(call, &frame, None).await?;
                call.settle(Ok(reply));
                Ok(DONE)
            }
            _ => Err(Error::internal("the crate snowflake-api made a request that is not known")),
        }
    }
}
