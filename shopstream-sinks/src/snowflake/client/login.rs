//! Logins, and tokens that are renewed.

use serde_json::{Value, json};
use shopstream_core::{Error, Result, Secret};

use super::{
    Statement,
    call::{Call, Frame},
    http::derived_id,
    refusal::login_refusal,
    reply::Data,
    wire::{State, Wire},
};

/// What a session is known by.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) session: Secret,
    /// With which the session's token is renewed.
    master: Option<Secret>,
    /// The database that the session began in.
    pub(super) database: Option<String>,
    /// Counts logins and renewals, so that of several statements that find a token expired one renews it.
    pub(super) generation: u32,
}

impl Wire {
    /// Logs in, in the frame that the crate makes, which is kept for logins to come.
    pub(super) async fn first_login(&self, frame: Frame) -> Result<()> {
        let mut state = self.state.lock().await;
        state.tokens = Some(self.login(&frame, 0).await?);
        state.login = Some(frame);
        Ok(())
    }

    /// Makes the session's token good again: by the master token, with which the session lives on, or by one login
    /// into a new session, in which the kept settings are made again.
    /// A transaction that is open is lost with its session, unless the statement at hand is no part of it.
    pub(super) async fn reopen(&self, expired: &Tokens, frame: &Frame, apart: bool) -> Result<()> {
        let mut state = self.state.lock().await;
        if state.tokens.as_ref().is_some_and(|tokens| tokens.generation != expired.generation) {
            return Ok(());
        }
        let generation = expired.generation.wrapping_add(1);
        let renewed = self.renew(expired, frame).await?;
        if let Some(renewed) = renewed {
            state.tokens = Some(renewed);
            return Ok(());
        }
        if self.end_transaction() && !apart {
            return Err(Error::unavailable(
                "the session ended within a transaction, of which nothing was kept: begin the transaction again",
            ));
        }
        let State { login, kept, .. } = &*state;
        let login = login.as_ref().ok_or_else(|| Error::internal("a session expired before it was opened"))?;
        let tokens = self.login(login, generation).await?;
        for (n, statement) in (0..).zip(kept) {
            let request_id = derived_id(&frame.request_id, "setting", n);
            let frame = Frame { request_id, body: frame.body.clone() };
            self.run(&Call::new(statement.clone()), &frame, Some(&tokens)).await?;
        }
        state.tokens = Some(tokens);
        Ok(())
    }

    async fn login(&self, frame: &Frame, generation: u32) -> Result<Tokens> {
        let settings = &self.settings;
        let mut body = frame.body.clone();
        let Some(data) = body.get_mut("data").and_then(Value::as_object_mut) else {
            return Err(Error::internal("the crate snowflake-api made a login that is not known"));
        };
        let (account, user) = (settings.account.name(), settings.user.to_uppercase());
        settings.credentials.prove(data, &account, &user, self.clock.now())?;
        let parameters = json!({
            "TIMEZONE": "UTC",
            "QUERY_TAG": Statement::new("").tag(settings.run.as_deref(), &frame.request_id),
            "STATEMENT_TIMEOUT_IN_SECONDS": settings.timeout.as_secs().max(1),
            // What it names need not be there yet: who provisions it logs in too.
            "CLIENT_VALIDATE_DEFAULT_PARAMETERS": false,
        });
        data.insert("SESSION_PARAMETERS".into(), parameters);
        let names = [
            ("warehouse", &settings.warehouse),
            ("databaseName", &settings.database),
            ("schemaName", &settings.schema),
            ("roleName", &settings.role),
        ];
        let names = names.into_iter().filter_map(|(key, name)| Some((key, name.clone()?)));
        let request_id = derived_id(&frame.request_id, "login", generation);
        let query: Vec<_> = names.chain([("requestId", request_id)]).collect();
        let reply = self.http.again(|_| self.http.post("/session/v1/login-request", &query, None, &body)).await?;
        if !reply.success {
            return Err(login_refusal(&reply));
        }
        let Data { token, master_token, session_info, .. } = reply.into_data();
        let token = token.ok_or_else(|| Error::unavailable("Snowflake's answer to a login has no token"))?;
        Ok(Tokens {
            session: Secret::new(token),
            master: master_token.map(Secret::new),
            database: session_info.unwrap_or_default().database_name,
            generation,
        })
    }

    /// A new token for the same session, if the server still knows it.
    async fn renew(&self, expired: &Tokens, frame: &Frame) -> Result<Option<Tokens>> {
        let Some(master) = &expired.master else { return Ok(None) };
        let generation = expired.generation.wrapping_add(1);
        let request_id = derived_id(&frame.request_id, "renewal", generation);
        let body = json!({"oldSessionToken": expired.session.expose(), "requestType": "RENEW"});
        let query = [("requestId", request_id)];
        let reply = self.http.again(|_| self.http.post("/session/token-request", &query, Some(master), &body)).await?;
        if !reply.success {
            return Ok(None);
        }
        let Data { session_token, master_token, .. } = reply.into_data();
        Ok(session_token.map(|session| Tokens {
            session: Secret::new(session),
            master: master_token.map(Secret::new).or_else(|| Some(master.clone())),
            database: expired.database.clone(),
            generation,
        }))
    }
}
