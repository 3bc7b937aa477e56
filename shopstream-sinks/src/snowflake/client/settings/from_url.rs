//! Settings from a URL and variables.

use percent_encoding::percent_decode_str;
use shopstream_core::{Error, Result, Secret};
use std::collections::HashMap;
use url::Url;

use super::{Credentials, KeyPair, Settings};

const FORM: &str = "a Snowflake URL is snowflake://user@account/database/schema?warehouse=&role=&endpoint=";
const PREFIX: &str = "SNOWFLAKE_";
/// What a URL's query may set. Secrets are not among them: queries are logged.
const IN_QUERY: [&str; 3] = ["WAREHOUSE", "ROLE", "ENDPOINT"];

impl Settings {
    /// The settings of a URL: `snowflake://user:password@account/database/schema?warehouse=&role=&endpoint=`. What is
    /// not in it may be given by [variables](Settings::from_url_and_vars).
    ///
    /// # Errors
    /// As [`from_url_and_vars`](Settings::from_url_and_vars).
    pub fn from_url(url: &str) -> Result<Self> {
        Self::from_url_and_vars(url, [])
    }

    /// The settings of a URL, and for what it does not say those of variables: the caller's `std::env::vars()`, or a
    /// part of it. Their names are `SNOWFLAKE_` and `ACCOUNT`, `USER`, `DATABASE`, `SCHEMA`, `WAREHOUSE`, `ROLE`,
    /// `ENDPOINT`, and one of `PASSWORD`, `TOKEN` (a programmatic access token, or with `AUTHENTICATOR=oauth` one of
    /// OAuth) and `PRIVATE_KEY` (PEM; with `PRIVATE_KEY_PASSPHRASE` if it is encrypted). Others are passed over, and
    /// so are empty ones. A password in the URL comes before all of these.
    ///
    /// ```
    /// use shopstream_sinks::snowflake::client::Settings;
    ///
    /// let vars = [("SNOWFLAKE_PASSWORD".to_owned(), "hunter2".to_owned())];
    /// Settings::from_url_and_vars("snowflake://loader@myorg-shop/SHOPSTREAM_DWH?role=LOADER", vars)?;
    /// # Ok::<(), shopstream_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Config` when the URL has another form, a setting is missing, wrong or unknown, or there is none or more than
    /// one proof of who it is. Neither the URL nor a value is shown.
    pub fn from_url_and_vars(url: &str, vars: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let vars = vars.into_iter().filter(|(_, value)| !value.is_empty());
        let mut given: HashMap<String, Secret> = vars
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), Secret::new(value))))
            .collect();
        let said = of_url(url)?;
        if said.contains_key("PASSWORD") {
            ["PASSWORD", "TOKEN", "PRIVATE_KEY"].iter().for_each(|name| drop(given.remove(*name)));
        }
        given.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let get = |name: &str| given.get(name).map(|value| value.expose().to_owned());
        let need = |name: &'static str| {
            get(name).ok_or_else(|| {
                Error::config("a setting of Snowflake is missing in the URL and the variables")
                    .with("variable", format!("{PREFIX}{name}"))
            })
        };
        let settings = Self::new(need("ACCOUNT")?.parse()?, need("USER")?, credentials(&given)?);
        let endpoint =
            match get("ENDPOINT") {
                Some(endpoint) => Some(Url::parse(&endpoint).map_err(|_| {
                    Error::config("the endpoint is not a URL: https://host").with("setting", "endpoint")
                })?),
                None => None,
            };
        let settings = Self {
            database: get("DATABASE"),
            schema: get("SCHEMA"),
            warehouse: get("WAREHOUSE"),
            role: get("ROLE"),
            endpoint,
            ..settings
        };
        settings.base()?;
        Ok(settings)
    }
}

/// The one proof that there is.
fn credentials(given: &HashMap<String, Secret>) -> Result<Credentials> {
    match (given.get("PASSWORD"), given.get("TOKEN"), given.get("PRIVATE_KEY")) {
        (Some(password), None, None) => Ok(Credentials::Password(password.clone())),
        (None, Some(token), None) => match given.get("AUTHENTICATOR").map(|kind| kind.expose().to_ascii_lowercase()) {
            Some(kind) if kind == "oauth" => Ok(Credentials::OAuth(token.clone())),
            Some(kind) if kind != "programmatic_access_token" => {
                Err(Error::config("an authenticator of a token is oauth or programmatic_access_token")
                    .with("variable", "SNOWFLAKE_AUTHENTICATOR"))
            }
            _ => Ok(Credentials::Token(token.clone())),
        },
        (None, None, Some(key)) => {
            Ok(Credentials::KeyPair(KeyPair::from_pem(key, given.get("PRIVATE_KEY_PASSPHRASE"))?))
        }
        (None, None, None) => Err(Error::config("give one of a password, a token and a private key")),
        _ => Err(Error::config("there is more than one of a password, a token and a private key: give one")),
    }
}

/// What a URL says, by the names of the variables.
fn of_url(text: &str) -> Result<HashMap<&'static str, Secret>> {
    let wrong = || Error::config(FORM);
    let url = Url::parse(text).map_err(|_| wrong())?;
    if url.scheme() != "snowflake" || url.port().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(|t| t.into_owned()).map_err(|_| wrong());
    let mut said = vec![
        ("ACCOUNT", decoded(url.host_str().unwrap_or_default())?),
        ("USER", decoded(url.username())?),
        ("PASSWORD", decoded(url.password().unwrap_or_default())?),
    ];
    let path = url.path().trim_matches('/');
    let mut names = path.split('/').filter(|_| !path.is_empty());
    for variable in ["DATABASE", "SCHEMA"] {
        said.push((variable, decoded(names.next().unwrap_or_default())?));
    }
    if names.next().is_some() {
        return Err(wrong());
    }
    for (name, value) in url.query_pairs() {
        let known = IN_QUERY.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
        said.push((known.ok_or_else(wrong)?, value.into_owned()));
    }
    Ok(said
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, Secret::new(value)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, vars: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_url_and_vars(url, vars.iter().map(|(k, v)| (format!("SNOWFLAKE_{k}"), (*v).to_owned())))
    }

    #[test]
    fn a_url_says_it_all() {
        let all = "snowflake://us%40er:p%3Aw%2F@xy1.eu-west-1.aws/DB/S%2Fx?warehouse=WH&role=R&endpoint=http%3A%2F%2F127.0.0.1%3A80";
        let settings = settings(all, &[("PASSWORD", "other"), ("TOKEN", "t"), ("ROLE", "other")]).unwrap();
        assert_eq!((settings.account.to_string().as_str(), settings.user.as_str()), ("xy1.eu-west-1.aws", "us@er"));
        assert!(matches!(&settings.credentials, Credentials::Password(p) if p.expose() == "p:w/"));
        let names = [&settings.database, &settings.schema, &settings.warehouse, &settings.role];
        assert_eq!(names.map(|name| name.as_deref().unwrap()), ["DB", "S/x", "WH", "R"]);
        assert_eq!(settings.base().unwrap().as_str(), "http://127.0.0.1/");
    }

    #[test]
    fn variables_fill_what_a_url_leaves_out() {
        let vars = [("ACCOUNT", "a-b"), ("USER", "u"), ("TOKEN", "t"), ("ENDPOINT", "https://h"), ("DATABASE", "")];
        let settings = settings("snowflake://", &vars).unwrap();
        assert!(matches!(&settings.credentials, Credentials::Token(t) if t.expose() == "t"));
        assert_eq!((settings.database, settings.endpoint.unwrap().as_str()), (None, "https://h/"));
        let oauth = super::tests::settings("snowflake://u@a-b", &[("TOKEN", "t"), ("AUTHENTICATOR", "OAuth")]).unwrap();
        assert!(matches!(oauth.credentials, Credentials::OAuth(_)));
        let key = include_str!("../../../../tests/snowflake/keys/aes.p8");
        let vars = [("PRIVATE_KEY", key), ("PRIVATE_KEY_PASSPHRASE", "planted")];
        let pair = super::tests::settings("snowflake://u@a-b", &vars).unwrap();
        assert!(matches!(pair.credentials, Credentials::KeyPair(_)));
    }

    #[test]
    fn what_is_wrong_is_told_without_being_shown() {
        let password = [("PASSWORD", "planted")];
        for (url, vars, says) in [
            ("postgres://u:planted@h", &password[..], "snowflake://user@account"),
            ("snowflake://u:planted@a:443/", &[], "snowflake://user@account"),
            ("snowflake://u:planted@a/d/s/planted", &[], "snowflake://user@account"),
            ("snowflake://u@a?token=planted", &password, "snowflake://user@account"),
            ("snowflake://u:planted@a/d#planted", &[], "snowflake://user@account"),
            ("snowflake://u:planted@a b/", &[], "snowflake://user@account"),
            ("snowflake://u:planted@x.snowflakecomputing.com.evil", &[], "no account identifier"),
            ("snowflake://u:planted@a%2Fb", &[], "account"),
            ("snowflake://a", &password, "SNOWFLAKE_USER"),
            ("snowflake://u@a", &[], "give one of"),
            ("snowflake://u@a", &[("PASSWORD", "planted"), ("TOKEN", "planted")], "more than one"),
            ("snowflake://u@a", &[("TOKEN", "planted"), ("AUTHENTICATOR", "planted")], "SNOWFLAKE_AUTHENTICATOR"),
            ("snowflake://u:planted@a?endpoint=planted", &[], "endpoint"),
            ("snowflake://u:planted@a?endpoint=http://evil", &[], "not encrypted"),
            ("snowflake://u@a", &[("PRIVATE_KEY", "planted")], "not PEM"),
        ] {
            let error = settings(url, vars).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(says) && !shown.contains("planted"), "{url}: {shown}");
        }
    }
}
