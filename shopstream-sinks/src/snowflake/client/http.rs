//! Requests to the server, and what can become of them.

use bytes::Bytes;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shopstream_core::{Error, Result, Secret};
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

use super::{Retries, Settings, reply::Reply};

/// The way to the server.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    base: Url,
    pub(super) retries: Retries,
}

/// A request that got no answer that means anything.
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether another try may go better.
    pub(super) again: bool,
    /// Whether the server may have acted on it.
    pub(super) arrived: bool,
    /// How long the server asks to wait.
    pause: Option<Duration>,
}

/// As the crate itself calls itself: the server is known to answer it in Arrow.
const AGENT: &str = "Rust/0.0.1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let client = Client::builder()
            .user_agent(AGENT)
            .gzip(true)
            .referer(false)
            // A redirect could take a token to another host, and a proxy comes from the environment.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.request_timeout)
            .build()
            .map_err(|e| Error::internal("no HTTP client can be made").caused_by(e.without_url()))?;
        Ok(Self { client, base: settings.base()?, retries: settings.retries })
    }

    /// The client beneath.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether requests go encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Posts JSON to a path of the server.
    pub(super) async fn post(
        &self,
        path: &str,
        query: &[(&str, String)],
        token: Option<&Secret>,
        body: &Value,
    ) -> Result<Reply, Failure> {
        let request = self.client.post(self.at(path)?).query(query);
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.ask(request, token).await
    }

    /// Gets a path of the server.
    pub(super) async fn get(&self, path: &str, token: &Secret) -> Result<Reply, Failure> {
        self.ask(self.client.get(self.at(path)?), Some(token)).await
    }

    /// Gets bytes that lie anywhere.
    pub(super) async fn download(&self, url: Url, headers: HeaderMap) -> Result<Bytes, Failure> {
        let response = answered(self.client.get(url).headers(headers)).await?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(Failure::on_the_way)?;
        if status.is_success() { Ok(bytes) } else { Err(Failure::refused(status)) }
    }

    /// An address of the server itself: a token never goes elsewhere, whatever a path says.
    fn at(&self, path: &str) -> Result<Url, Failure> {
        let url = self.base.join(path).ok().filter(|url| url.origin() == self.base.origin());
        url.ok_or_else(|| {
            Failure::last(Error::unavailable("Snowflake named an address that is not its own").retryable(false))
        })
    }

    async fn ask(&self, request: RequestBuilder, token: Option<&Secret>) -> Result<Reply, Failure> {
        let mut request = request.header(ACCEPT, HeaderValue::from_static("application/snowflake"));
        if let Some(token) = token {
            let header = HeaderValue::from_str(&format!("Snowflake Token=\"{}\"", token.expose()));
            let mut header =
                header.map_err(|_| Failure::last(Error::unavailable("Snowflake gave a token that is no text")))?;
            header.set_sensitive(true);
            request = request.header(AUTHORIZATION, header);
        }
        let response = answered(request).await?;
        let status = response.status();
        let body = response.bytes().await.map_err(Failure::on_the_way)?;
        match serde_json::from_slice::<Reply>(&body) {
            Ok(reply) if status.is_success() || !reply.code().is_empty() => Ok(reply),
            Err(_) if status.is_success() => {
                let error = Error::unavailable("Snowflake's answer is cut off, or none of its own");
                Err(Failure { error, again: true, arrived: true, pause: None })
            }
            _ => Err(Failure::refused(status)),
        }
    }

    /// Does again what failed for now, as often as the settings say.
    pub(super) async fn again<T, F>(&self, mut work: impl FnMut(u32) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut failures = 0;
        loop {
            match work(failures).await {
                Ok(done) => return Ok(done),
                Err(failure) => {
                    failures += 1;
                    self.wait(failure, failures).await?;
                }
            }
        }
    }

    /// Waits before another try, if there may be one.
    pub(super) async fn wait(&self, failure: Failure, failures: u32) -> Result<()> {
        if !failure.again || failures > self.retries.times {
            return Err(failure.error.with("tries", failures));
        }
        sleep(failure.pause.map_or_else(|| self.retries.pause(failures), |p| p.min(self.retries.longest))).await;
        Ok(())
    }
}

/// The response, if the server neither puts it off nor is unwell.
async fn answered(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().await.map_err(Failure::on_the_way)?;
    let status = response.status();
    let put_off = status == StatusCode::TOO_MANY_REQUESTS;
    if !put_off && !status.is_server_error() && status != StatusCode::REQUEST_TIMEOUT {
        return Ok(response);
    }
    let seconds = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
    let error = Error::unavailable("Snowflake does not answer for now").with("status", status.as_u16());
    Err(Failure { error, again: true, arrived: !put_off, pause: seconds.map(Duration::from_secs) })
}

impl Failure {
    /// One that no further try mends.
    pub(super) fn last(error: Error) -> Self {
        Self { error, again: false, arrived: false, pause: None }
    }

    /// One that a further try may mend, and that changed nothing.
    pub(super) fn harmless(error: Error) -> Self {
        Self { error, again: true, arrived: false, pause: None }
    }

    fn refused(status: StatusCode) -> Self {
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Error::permission("a request was refused: a link or a token is no longer valid, or never was")
            }
            _ => Error::unavailable("a request got an answer that is none of Snowflake's: check the endpoint")
                .retryable(false),
        };
        Self::last(error.with("status", status.as_u16()))
    }

    fn on_the_way(error: reqwest::Error) -> Self {
        let arrived = !error.is_connect() && !error.is_builder();
        let again = !error.is_builder();
        let message = if error.is_timeout() {
            "Snowflake did not answer in time"
        } else if error.is_connect() {
            "Snowflake cannot be reached"
        } else {
            "the connection to Snowflake broke off"
        };
        // A URL may be signed, and is left out.
        let error = Error::unavailable(message).caused_by(error.without_url());
        Self { error, again, arrived, pause: None }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// An id that follows from another one: the same each time, and of nothing else.
pub(super) fn derived_id(id: &str, purpose: &str, n: u32) -> String {
    let digest = Sha256::digest(format!("{id} {purpose} {n}"));
    let bytes = std::array::from_fn(|i| digest[i]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
