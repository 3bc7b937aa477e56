//! How a session proves who it is.

use serde_json::{Map, Value, json};
use shopstream_core::{Result, Secret, Timestamp};

use super::KeyPair;

/// How a session proves who it is. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// A password.
    Password(Secret),
    /// An RSA key whose public half is set on the user.
    KeyPair(KeyPair),
    /// A programmatic access token.
    Token(Secret),
    /// An access token of OAuth.
    OAuth(Secret),
}

impl Credentials {
    /// Writes the proof into a login's fields, made out to an account and a user at this time.
    pub(crate) fn prove(
        &self,
        login: &mut Map<String, Value>,
        account: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (authenticator, token) = match self {
            Credentials::Password(password) => {
                login.insert("PASSWORD".into(), json!(password.expose()));
                return Ok(());
            }
            Credentials::KeyPair(pair) => ("SNOWFLAKE_JWT", pair.sign(account, user, now)?),
            Credentials::Token(token) => ("PROGRAMMATIC_ACCESS_TOKEN", token.clone()),
            Credentials::OAuth(token) => ("OAUTH", token.clone()),
        };
        login.remove("PASSWORD");
        login.insert("AUTHENTICATOR".into(), json!(authenticator));
        login.insert("TOKEN".into(), json!(token.expose()));
        Ok(())
    }
}
