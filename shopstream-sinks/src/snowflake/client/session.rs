//! A session of the server.

use reqwest_middleware::ClientBuilder;
use shopstream_core::{Clock, Error, Result};
use snowflake_api::{AuthArgs, AuthType, PasswordArgs, SnowflakeApi, SnowflakeApiBuilder};
use std::{fmt, sync::Arc};
use tokio::{runtime::Handle, time::timeout};

use super::{
    Answer, Settings, Statement,
    abort::Abort,
    call::Call,
    layer::{CALL, Layer},
    statement::Effect,
    wire::Wire,
};

/// A session of the server, which is opened by the first statement. Its time zone is UTC.
///
/// Statements may run side by side in it, except within a transaction, which is the whole session's. It is used within
/// a Tokio runtime, and closed when it is dropped; to know that it was, [`close`](Session::close) it.
pub struct Session {
    api: SnowflakeApi,
    wire: Arc<Wire>,
}

impl Session {
    /// A session with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// `Config` when the endpoint is none.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let (account, user) = (settings.account.name(), settings.user.clone());
        let wire = Arc::new(Wire::new(settings, clock)?);
        // Who it really is, and what the session begins with, are put in by the layer: the crate knows but two proofs.
        let login = AuthArgs {
            account_identifier: account,
            warehouse: None,
            database: None,
            schema: None,
            username: user,
            role: None,
            auth_type: AuthType::Password(PasswordArgs { password: String::new() }),
        };
        let client = ClientBuilder::new(wire.http.client()).with(Layer(wire.clone())).build();
        let api = SnowflakeApiBuilder::new(login).with_client(client).build();
        let api = api.map_err(|_| Error::internal("the crate snowflake-api cannot be set up"))?;
        Ok(Self { api, wire })
    }

    /// Runs a statement.
    ///
    /// * **Once.** A request that fails for now is sent again under the same id, as [`Retries`](super::Retries)
    ///   say. If the server may have acted on it, and the statement may not run
    ///   [twice](Statement::with_repeatable), the query history is asked first what became of it.
    /// * **Expired sessions** are renewed, or opened anew with the settings of [`configure`](Session::configure); within
    ///   a transaction that is an error, for its statements so far are lost.
    /// * **Given up** when this future is dropped, or the time limit is reached: the statement is cancelled on the
    ///   server too. What it had done by then stands, unless it was in a transaction.
    ///
    /// # Errors
    /// Those of the server by their code (see [the module](super)); `Permission` when the login is refused;
    /// `Cancelled` at the time limit; `Unavailable` when the server cannot be reached, or, not retryable, when it is not
    /// known what became of the statement; `Unsupported` for a result with a type that is not read.
    pub async fn execute(&self, statement: impl Into<Statement> + Send) -> Result<Answer> {
        let call = Arc::new(Call::new(statement.into()));
        let effect = call.statement.effect();
        if effect == Effect::Begins {
            self.wire.begin_transaction();
        }
        let limit = call.statement.timeout.unwrap_or(self.wire.settings.timeout);
        let started = self.wire.clock.elapsed();
        let abort = Abort { wire: self.wire.clone(), call: call.clone() };
        // The crate is told nothing of the statement, and tells nothing of its end: the layer knows both.
        let told = timeout(limit, CALL.scope(call.clone(), self.api.exec_raw(""))).await;
        drop(abort);
        if told.is_err() {
            let late = Error::cancelled("a statement reached its time limit and was cancelled: allow it more time");
            return Err(call.blame(late.with("seconds", limit.as_secs_f64())));
        }
        let lost = || Err(Error::internal("the crate snowflake-api did not send a statement"));
        let outcome = call.outcome().unwrap_or_else(lost);
        let refused = outcome.is_err() && call.progress().finished;
        if (effect == Effect::Ends && outcome.is_ok()) || (effect == Effect::Begins && refused) {
            self.wire.end_transaction();
        }
        let reply = outcome.map_err(|e| call.blame(e))?;
        let elapsed = self.wire.clock.elapsed().saturating_sub(started);
        Answer::new(reply, &call, elapsed, &self.wire.http, self.wire.settings.downloads).map_err(|e| call.blame(e))
    }

    /// Runs a statement that sets up the session (`USE …`, `ALTER SESSION …`), and keeps it: when the session has to be
    /// opened anew, the kept statements run again in their order.
    ///
    /// # Errors
    /// As [`execute`](Session::execute); then it is not kept.
    pub async fn configure(&self, statement: impl Into<Statement> + Send) -> Result<Answer> {
        let statement = statement.into().with_repeatable(true);
        let answer = self.execute(statement.clone()).await?;
        self.wire.state.lock().await.kept.push(statement);
        Ok(answer)
    }

    /// Closes the session: its transaction is rolled back, its temporary tables go.
    ///
    /// # Errors
    /// `Unavailable` when the server cannot be told.
    pub async fn close(self) -> Result<()> {
        self.wire.close().await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // After `close` there is nothing left to close. Without a runtime, the server closes it after some hours.
        if let Ok(runtime) = Handle::try_current() {
            let wire = self.wire.clone();
            runtime.spawn(async move { wire.close().await });
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("settings", &self.wire.settings).finish_non_exhaustive()
    }
}
