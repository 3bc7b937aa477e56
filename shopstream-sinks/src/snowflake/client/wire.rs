//! The protocol of statements.

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use shopstream_core::{Clock, Error, Result};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::{
    sync::{Mutex, RwLock},
    time::sleep,
};

use super::{
    Settings, Statement,
    call::{Call, Frame},
    http::{Http, derived_id},
    login::Tokens,
    outcome::unknown,
    refusal::refusal,
    reply::Reply,
    statement::Effect,
};

/// A session's side of the wire.
pub(super) struct Wire {
    pub(super) http: Http,
    pub(super) settings: Settings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: Mutex<State>,
    /// Held for reading while a statement is being cancelled: the session is closed after that.
    pub(super) cancelling: Arc<RwLock<()>>,
    in_transaction: AtomicBool,
}

/// What a session has on the server.
#[derive(Default)]
pub(super) struct State {
    pub(super) tokens: Option<Tokens>,
    /// The frame of its login.
    pub(super) login: Option<Frame>,
    /// The settings that a new session gets again.
    pub(super) kept: Vec<Statement>,
}

impl Wire {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let http = Http::new(&settings)?;
        let (state, cancelling, in_transaction) = (Mutex::default(), Arc::default(), AtomicBool::new(false));
        Ok(Self { http, settings, clock, state, cancelling, in_transaction })
    }

    pub(super) fn begin_transaction(&self) {
        self.in_transaction.store(true, Ordering::SeqCst);
    }

    /// Whether there was one.
    pub(super) fn end_transaction(&self) -> bool {
        self.in_transaction.swap(false, Ordering::SeqCst)
    }

    /// Runs a statement to its end, in the session or, when tokens are given, with these alone.
    ///
    /// The server answers within 45 s: with the result, or with where it will be, which is then asked until it is
    /// there. A request that failed is sent again under the same id; if the server may have acted on it, and the
    /// statement must not run twice, what became of it is asked first.
    pub(super) fn run<'a>(
        &'a self,
        call: &'a Call,
        frame: &'a Frame,
        tokens: Option<&'a Tokens>,
    ) -> BoxFuture<'a, Result<Reply>> {
        // Boxed, for on its way a statement may need others.
        self.steps(call, frame, tokens).boxed()
    }

    async fn steps(&self, call: &Call, frame: &Frame, tokens: Option<&Tokens>) -> Result<Reply> {
        let request_id = call.progress().request_id.get_or_insert_with(|| frame.request_id.clone()).clone();
        let body = self.body(&call.statement, &frame.body, &request_id);
        let started = self.clock.now().micros() / 1_000;
        let (mut failures, mut reopened) = (0, false);
        let mut result: Option<String> = None;
        loop {
            let current = match tokens {
                Some(tokens) => tokens.clone(),
                None => self.tokens().await?,
            };
            let sent = match &result {
                Some(path) => self.http.get(path, &current.session).await,
                None => {
                    let sends = call.progress().resends;
                    let mut query = vec![
                        ("requestId", request_id.clone()),
                        ("request_guid", derived_id(&request_id, "guid", sends)),
                    ];
                    if sends > 0 {
                        query.extend([("retryCount", sends.to_string()), ("clientStartTime", started.to_string())]);
                    }
                    self.http.post("/queries/v1/query-request", &query, Some(&current.session), &body).await
                }
            };
            match sent {
                Ok(reply) if reply.is_expired() => {
                    if reopened || tokens.is_some() {
                        return Err(Error::permission("Snowflake ends each session as soon as it is opened")
                            .with("code", reply.code()));
                    }
                    reopened = true;
                    call.progress().logins += 1;
                    // One that is to begin is not lost, nor is the end of one that the server is at work on.
                    let effect = call.statement.effect();
                    let apart = effect == Effect::Begins || (effect == Effect::Ends && result.is_some());
                    self.reopen(&current, frame, apart).await?;
                    if effect == Effect::Begins {
                        self.begin_transaction();
                    }
                }
                Ok(reply) if reply.is_running() => {
                    (failures, reopened) = (0, false);
                    result = Some(self.result_of(&reply, result)?);
                    let polls = {
                        let mut progress = call.progress();
                        progress.query_id = reply.query_id().map(str::to_owned).or(progress.query_id.take());
                        progress.polls += 1;
                        progress.polls
                    };
                    sleep(self.http.retries.pause(polls)).await;
                }
                Ok(reply) => {
                    let mut progress = call.progress();
                    progress.finished = true;
                    progress.query_id = reply.query_id().map(str::to_owned).or(progress.query_id.take());
                    return if reply.success { Ok(reply) } else { Err(refusal(&reply)) };
                }
                Err(failure) => {
                    failures += 1;
                    // It may have run, or runs, and must not do so twice.
                    let doubtful = (failure.arrived || result.is_some()) && !call.statement.repeatable;
                    let waited = self.http.wait(failure, failures).await;
                    waited.map_err(|e| if doubtful { unknown(&request_id).caused_by(e) } else { e })?;
                    if doubtful && result.is_none() {
                        result = self.outcome(&current, &request_id, frame).await?;
                    }
                    if result.is_none() {
                        call.progress().resends += 1;
                    }
                }
            }
        }
    }

    async fn tokens(&self) -> Result<Tokens> {
        let state = self.state.lock().await;
        state.tokens.clone().ok_or_else(|| Error::internal("a statement was sent before a login"))
    }

    /// Where the result will be.
    fn result_of(&self, reply: &Reply, known: Option<String>) -> Result<String> {
        let named = reply.data().and_then(|data| data.get_result_url.clone());
        let named = named.or_else(|| reply.query_id().map(|id| format!("/queries/{id}/result"))).or(known);
        named.ok_or_else(|| Error::unavailable("Snowflake does not say where the result will be"))
    }

    /// What is sent: the crate's frame with the statement in it.
    fn body(&self, statement: &Statement, frame: &Value, request_id: &str) -> Value {
        let mut body = frame.clone();
        body["sqlText"] = json!(statement.sql);
        if let Some(bindings) = statement.bindings() {
            body["bindings"] = bindings;
        }
        body["parameters"] = json!({"QUERY_TAG": statement.tag(self.settings.run.as_deref(), request_id)});
        if let Some(timeout) = statement.timeout {
            body["parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] = json!(timeout.as_secs().max(1));
        }
        body
    }
}
