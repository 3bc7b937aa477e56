//! The name of an account, and the host that it is.

use shopstream_core::{Error, Result};
use std::{fmt, str::FromStr};

/// A Snowflake account: `organization-account`, a locator (`xy12345`), a locator with region and cloud
/// (`xy12345.eu-central-1.aws`), or the whole host (`xy12345.eu-central-1.privatelink.snowflakecomputing.com`).
///
/// Whatever it says, its host lies beneath `snowflakecomputing.com` (or `.cn`), so that no text in this place can send
/// a password elsewhere. The forms are those of
/// [Snowflake's guide](https://docs.snowflake.com/en/user-guide/admin-account-identifier).
///
/// ```
/// use shopstream_sinks::snowflake::client::Account;
///
/// let account: Account = "MyOrg-Shop_1".parse()?;
/// assert_eq!(account.host(), "myorg-shop-1.snowflakecomputing.com");
/// assert_eq!(account.name(), "MYORG-SHOP_1");
/// assert!("evil.com/".parse::<Account>().is_err());
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What comes before the domain, in lower case.
    labels: String,
    domain: &'static str,
}

const DOMAIN: &str = "snowflakecomputing.com";
const DOMAIN_IN_CHINA: &str = "snowflakecomputing.cn";
/// Organization and account, or locator, region, cloud and `privatelink`.
const MOST_LABELS: usize = 4;

impl Account {
    /// The host where it answers. An underscore in its name is a hyphen there.
    pub fn host(&self) -> String {
        format!("{}.{}", self.labels.replace('_', "-"), self.domain)
    }

    /// Its name without region and cloud, in upper case: what a login and a signature are made out to.
    pub fn name(&self) -> String {
        self.labels.split('.').next().unwrap_or_default().to_ascii_uppercase()
    }
}

impl FromStr for Account {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::config(
                "this is no account identifier: organization-account, locator, locator.region, locator.region.cloud, \
                 or a host beneath snowflakecomputing.com",
            )
            .with(
                "account",
                text.chars().take(100).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect::<String>(),
            )
        };
        let lower = text.to_ascii_lowercase();
        let beneath = |domain: &str| lower.strip_suffix(domain)?.strip_suffix('.').map(str::to_owned);
        let (labels, domain) = match (beneath(DOMAIN), beneath(DOMAIN_IN_CHINA)) {
            (Some(labels), _) => (labels, DOMAIN),
            (_, Some(labels)) => (labels, DOMAIN_IN_CHINA),
            // Regions in China are of a domain of their own.
            _ if lower.split('.').nth(1).is_some_and(|region| region.starts_with("cn-")) => (lower, DOMAIN_IN_CHINA),
            _ => (lower, DOMAIN),
        };
        let is_label = |label: &str| {
            let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
            let bytes = label.as_bytes();
            bytes.len() < 64 && bytes.iter().all(|b| inside(*b)) && edge(bytes.first()) && edge(bytes.last())
        };
        let all = || labels.split('.');
        // The domain's own name among the labels is a host that only looks like one of Snowflake's.
        let looks_alike = all().any(|label| label == "snowflakecomputing");
        if all().count() > MOST_LABELS || !all().all(is_label) || looks_alike {
            return Err(wrong());
        }
        Ok(Self { labels, domain })
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_has_its_host_and_name() {
        for (text, host, name) in [
            ("myorg-shop", "myorg-shop.snowflakecomputing.com", "MYORG-SHOP"),
            ("xy12345", "xy12345.snowflakecomputing.com", "XY12345"),
            ("xy12345.eu-west-1", "xy12345.eu-west-1.snowflakecomputing.com", "XY12345"),
            ("XY12345.eu-central-1.AWS", "xy12345.eu-central-1.aws.snowflakecomputing.com", "XY12345"),
            ("xy12345.cn-northwest-1.aws", "xy12345.cn-northwest-1.aws.snowflakecomputing.cn", "XY12345"),
            ("a_b.snowflakecomputing.com", "a-b.snowflakecomputing.com", "A_B"),
            ("a.b.privatelink.snowflakecomputing.com", "a.b.privatelink.snowflakecomputing.com", "A"),
            ("a.cn-x.snowflakecomputing.cn", "a.cn-x.snowflakecomputing.cn", "A"),
        ] {
            let account: Account = text.parse().unwrap();
            assert_eq!((account.host().as_str(), account.name().as_str()), (host, name));
        }
    }

    #[test]
    fn none_takes_over_the_host() {
        let long = "a".repeat(64);
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "evil.com/",
            "a@b",
            "a:b",
            "a?b",
            "a#b",
            "a b",
            "a%2fb",
            "a\\b",
            "é",
            "a\nb",
            "x.snowflakecomputing.com.evil",
            "x.snowflakecomputing.com.",
            "snowflakecomputing.com",
            "evil.com/.snowflakecomputing.com",
            ".snowflakecomputing.com",
            "a.b.c.d.e",
            "127.0.0.1:80",
            "[::1]",
            "https://a",
            &long,
        ] {
            let error = text.parse::<Account>().unwrap_err();
            assert!(
                error.to_string().contains("no account identifier") && !error.to_string().contains('\n'),
                "{text:?}"
            );
        }
    }

    proptest! {
        /// Whatever is accepted, a URL made of it is one of the domain, with nothing besides the host.
        #[test]
        fn a_url_of_it_stays_in_the_domain(text in "[a-zA-Z0-9_.@:/?#%\\\\ -]{0,20}(\\.snowflakecomputing\\.com)?") {
            if let Ok(account) = text.parse::<Account>() {
                let url = url::Url::parse(&format!("https://{}/session", account.host())).unwrap();
                prop_assert_eq!(url.host_str().unwrap(), account.host());
                prop_assert!(url.host_str().unwrap().ends_with(".snowflakecomputing.com") || url.host_str().unwrap().ends_with(".snowflakecomputing.cn"));
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.port().is_none());
                prop_assert_eq!(url.path(), "/session");
            }
        }
    }
}
