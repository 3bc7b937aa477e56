//! A lake in S3, or in what speaks its protocol.

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, S3ConditionalPut},
    path::Path,
    prefix::PrefixStore,
};
use shopstream_core::{Error, Layout, Result, Secret};
use std::{sync::Arc, time::Duration};
use url::Url;

use super::{
    ObjectStoreLake,
    retry::{LONGEST_PAUSE, Retry},
};

/// How to reach S3. Without keys the machine's own role is asked.
///
/// ```
/// use shopstream_core::Secret;
/// use shopstream_sinks::lake::S3Options;
///
/// let minio = S3Options::default()
///     .with_endpoint("http://localhost:9000")
///     .with_allow_http(true)
///     .with_keys("shop", Secret::new("hunter2"));
/// assert!(!format!("{minio:?}").contains("hunter2"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Options {
    /// The region (default `us-east-1`).
    pub region: Option<String>,
    /// The server, where it is not Amazon's: `https://minio.example.org`.
    pub endpoint: Option<String>,
    /// The id of the access key.
    pub access_key: Option<Secret>,
    /// The access key's secret.
    pub secret_key: Option<Secret>,
    /// The token of a session, for keys that last for a time.
    pub session_token: Option<Secret>,
    /// Whether an endpoint may be `http://` (default no): keys are not sent, but all data is readable on its way.
    pub allow_http: bool,
    /// Whether the bucket is a part of the host's name, and not of the path (default no).
    pub virtual_hosted: bool,
    /// How often a request is tried again that the server refuses for now (429, 5xx), that is reset, or whose answer
    /// breaks off (default 10). The pauses grow from 0.1 to 10 seconds.
    pub retries: usize,
    /// How long after its beginning a request is tried again (default 3 minutes).
    pub retry_within: Duration,
    /// How long a request and its answer may take each time (default 30 seconds): a part of 8 MiB must get through.
    pub timeout: Duration,
}

impl Default for S3Options {
    fn default() -> Self {
        Self {
            region: None,
            endpoint: None,
            access_key: None,
            secret_key: None,
            session_token: None,
            allow_http: false,
            virtual_hosted: false,
            retries: 10,
            retry_within: Duration::from_secs(180),
            timeout: Duration::from_secs(30),
        }
    }
}

impl S3Options {
    /// The options that variables of these names set: `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3` or
    /// `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ALLOW_HTTP`,
    /// `AWS_VIRTUAL_HOSTED_STYLE_REQUEST`. Others are passed over, and so are empty ones.
    ///
    /// # Errors
    /// `Config` when a switch is neither `true` nor `false`.
    pub fn from_env_vars(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let (mut options, mut default_region, mut any_endpoint) = (Self::default(), None, None);
        for (name, value) in vars {
            if value.is_empty() {
                continue;
            }
            match name.as_str() {
                "AWS_REGION" => options.region = Some(value),
                "AWS_DEFAULT_REGION" => default_region = Some(value),
                "AWS_ENDPOINT_URL_S3" => options.endpoint = Some(value),
                "AWS_ENDPOINT_URL" => any_endpoint = Some(value),
                "AWS_ACCESS_KEY_ID" => options.access_key = Some(Secret::new(value)),
                "AWS_SECRET_ACCESS_KEY" => options.secret_key = Some(Secret::new(value)),
                "AWS_SESSION_TOKEN" => options.session_token = Some(Secret::new(value)),
                "AWS_ALLOW_HTTP" => options.allow_http = switch(&name, &value)?,
                "AWS_VIRTUAL_HOSTED_STYLE_REQUEST" => options.virtual_hosted = switch(&name, &value)?,
                _ => {}
            }
        }
        options.region = options.region.or(default_region);
        options.endpoint = options.endpoint.or(any_endpoint);
        Ok(options)
    }

    /// In this region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// At this server.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// With these keys: the id of the access key, and its secret.
    #[must_use]
    pub fn with_keys(mut self, access_key: impl Into<Box<str>>, secret_key: Secret) -> Self {
        self.access_key = Some(Secret::new(access_key));
        self.secret_key = Some(secret_key);
        self
    }

    /// With the token of a session.
    #[must_use]
    pub fn with_session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Whether an endpoint may be `http://`.
    #[must_use]
    pub fn with_allow_http(mut self, yes: bool) -> Self {
        self.allow_http = yes;
        self
    }

    /// Whether the bucket is a part of the host's name.
    #[must_use]
    pub fn with_virtual_hosted(mut self, yes: bool) -> Self {
        self.virtual_hosted = yes;
        self
    }

    /// Tries a request again so often; 0 is never.
    #[must_use]
    pub fn with_retries(mut self, times: usize) -> Self {
        self.retries = times;
        self
    }

    /// Tries a request again for so long.
    #[must_use]
    pub fn with_retry_within(mut self, duration: Duration) -> Self {
        self.retry_within = duration;
        self
    }

    /// Lets a request and its answer take so long.
    #[must_use]
    pub fn with_timeout(mut self, duration: Duration) -> Self {
        self.timeout = duration;
        self
    }

    fn check(&self) -> Result<()> {
        if self.access_key.is_some() != self.secret_key.is_some() {
            return Err(Error::config("S3 takes an access key's id and its secret together"));
        }
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        // The endpoint itself is not shown before it is known to hold no password.
        let url = Url::parse(endpoint).map_err(|_| Error::config("S3's endpoint is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("S3's endpoint has a user or password in it: set the keys instead"));
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.allow_http => Ok(()),
            "http" => {
                Err(Error::config("S3's endpoint is not encrypted: use https, or allow http (AWS_ALLOW_HTTP=true)")
                    .with("endpoint", endpoint))
            }
            _ => Err(Error::config("S3's endpoint is https:// or http://").with("endpoint", endpoint)),
        }
    }
}

fn switch(name: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Error::config("a switch is true or false").with("variable", name)),
    }
}

impl ObjectStoreLake {
    /// A lake at `s3://bucket/prefix`.
    ///
    /// What a request needs to be tried again is in the options. A process that is killed in the midst of a large file
    /// leaves the parts that it sent, which no list shows and S3 charges for: give the bucket a lifecycle rule
    /// `AbortIncompleteMultipartUpload` of some days.
    ///
    /// # Errors
    /// `Config` when the URL or the options are wrong. Nothing is asked of the server yet.
    pub fn s3(url: &Url, options: &S3Options, layout: Layout) -> Result<Self> {
        options.check()?;
        let bucket = url.host_str().filter(|_| url.scheme() == "s3" && url.username().is_empty());
        let bucket = bucket.ok_or_else(|| Error::config("a lake in S3 has a URL like s3://bucket/prefix"))?;
        let prefix = Path::from_url_path(url.path())
            .map_err(|_| Error::config("the prefix of a lake in S3 is not a key").with("bucket", bucket))?;

        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(options.region.as_deref().unwrap_or("us-east-1"))
            .with_client_options(ClientOptions::new().with_allow_http(options.allow_http).with_timeout(options.timeout))
            .with_retry(RetryConfig {
                backoff: BackoffConfig { max_backoff: LONGEST_PAUSE, ..BackoffConfig::default() },
                max_retries: options.retries,
                retry_timeout: options.retry_within,
            })
            .with_virtual_hosted_style_request(options.virtual_hosted)
            .with_conditional_put(S3ConditionalPut::ETagMatch);
        if let Some(endpoint) = &options.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let (Some(id), Some(secret)) = (&options.access_key, &options.secret_key) {
            builder = builder.with_access_key_id(id.expose()).with_secret_access_key(secret.expose());
        }
        if let Some(token) = &options.session_token {
            builder = builder.with_token(token.expose());
        }
        let store =
            builder.build().map_err(|_| Error::config("S3 does not take these options").with("bucket", bucket))?;
        let location = format!("s3://{bucket}/{prefix}");
        let objects: Arc<dyn ObjectStore> = match prefix.as_ref() {
            "" => Arc::new(store),
            _ => Arc::new(PrefixStore::new(store, prefix)),
        };
        let retry = Retry { times: options.retries, within: options.retry_within };
        Ok(Self { location, ..Self::new(objects, layout).with_retry(retry) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(vars: &[(&str, &str)]) -> Result<S3Options> {
        S3Options::from_env_vars(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn variables_set_the_options() {
        let options = vars(&[
            ("AWS_ENDPOINT_URL_S3", "http://localhost:9000"),
            ("AWS_ENDPOINT_URL", "http://elsewhere"),
            ("AWS_DEFAULT_REGION", "eu-west-3"),
            ("AWS_REGION", ""),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
            ("AWS_SESSION_TOKEN", "planted-token"),
            ("AWS_ALLOW_HTTP", "TRUE"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        let expected = S3Options::default()
            .with_endpoint("http://localhost:9000")
            .with_region("eu-west-3")
            .with_keys("id", Secret::new("planted-secret"))
            .with_session_token(Secret::new("planted-token"))
            .with_allow_http(true);
        assert_eq!(options, expected);
        assert!(!format!("{options:?}").contains("planted"));
        assert!(vars(&[("AWS_ALLOW_HTTP", "yes, please")]).unwrap_err().to_string().contains("AWS_ALLOW_HTTP"));
    }

    #[test]
    fn wrong_options_are_refused_without_being_shown() {
        let keys = S3Options::default().with_keys("id", Secret::new("planted"));
        let url = |text: &str| Url::parse(text).unwrap();
        for (at, options, says) in [
            ("s3://bucket", keys.clone().with_endpoint("http://localhost"), "not encrypted"),
            ("s3://bucket", keys.clone().with_endpoint("https://me:planted@localhost"), "password"),
            ("s3://bucket", keys.clone().with_endpoint("planted"), "not a URL"),
            ("s3://bucket", S3Options { access_key: None, ..keys.clone() }, "together"),
            ("s3:///prefix", keys.clone(), "s3://bucket/prefix"),
            ("s3://me:planted@bucket/prefix", keys, "s3://bucket/prefix"),
        ] {
            let error = ObjectStoreLake::s3(&url(at), &options, Layout::dated("raw")).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }
}
