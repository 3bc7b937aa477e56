//! How settings are put together, and what is wrong with them.

use shopstream_core::{Error, Result};
use std::collections::BTreeMap;

use super::{CORE, MARTS, RAW, STAGING, Settings, VirtualWarehouse, WarehouseSize};
use crate::snowflake::{provision::aws::RoleArn, sql::Ident};

/// Puts [`Settings`] together. Names are folded to upper case, as Snowflake folds them where they are not quoted.
#[derive(Clone, Debug)]
pub struct SettingsBuilder {
    bucket: String,
    role_arn: String,
    prefix: String,
    database: String,
    schemas: Vec<(String, String)>,
    governance: String,
    warehouses: [(String, WarehouseSize, u32); 3],
    roles: [String; 3],
    administrator: String,
    integration: String,
    stage: String,
    tags: bool,
}

impl SettingsBuilder {
    pub(super) fn new(bucket: String, role_arn: String) -> Self {
        let schema = |layer: &str| (layer.to_owned(), layer.to_owned());
        Self {
            bucket,
            role_arn,
            prefix: String::new(),
            database: "SHOPSTREAM_DWH".into(),
            schemas: [RAW, STAGING, CORE, MARTS].map(schema).to_vec(),
            governance: "GOVERNANCE".into(),
            warehouses: [
                ("LOADING_WH".into(), WarehouseSize::XSmall, 60),
                ("TRANSFORM_WH".into(), WarehouseSize::Small, 60),
                ("BI_WH".into(), WarehouseSize::XSmall, 120),
            ],
            roles: ["LOADER", "TRANSFORMER", "REPORTER"].map(str::to_owned),
            administrator: "SYSADMIN".into(),
            integration: "S3_INTEGRATION".into(),
            stage: "S3_RAW_STAGE".into(),
            tags: true,
        }
    }

    /// The lake's folder in the bucket (default: the bucket itself).
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The database (default `SHOPSTREAM_DWH`).
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = name.into();
        self
    }

    /// The schema of a layer (default the layer's own name, for `raw`, `staging`, `core` and `marts`); a layer that was
    /// not there is added.
    #[must_use]
    pub fn schema(mut self, layer: impl Into<String>, name: impl Into<String>) -> Self {
        let (layer, name) = (layer.into(), name.into());
        match self.schemas.iter_mut().find(|(l, _)| *l == layer) {
            Some((_, schema)) => *schema = name,
            None => self.schemas.push((layer, name)),
        }
        self
    }

    /// The schema of tags, policies and who may see what (default `GOVERNANCE`); nobody else gets rights there.
    #[must_use]
    pub fn governance_schema(mut self, name: impl Into<String>) -> Self {
        self.governance = name.into();
        self
    }

    /// The warehouse for loads (default `LOADING_WH`, extra small, suspended after 60 idle seconds).
    #[must_use]
    pub fn loading(mut self, name: impl Into<String>, size: WarehouseSize, auto_suspend_seconds: u32) -> Self {
        self.warehouses[0] = (name.into(), size, auto_suspend_seconds);
        self
    }

    /// The warehouse for models (default `TRANSFORM_WH`, small, suspended after 60 idle seconds).
    #[must_use]
    pub fn transform(mut self, name: impl Into<String>, size: WarehouseSize, auto_suspend_seconds: u32) -> Self {
        self.warehouses[1] = (name.into(), size, auto_suspend_seconds);
        self
    }

    /// The warehouse for readers (default `BI_WH`, extra small, suspended after 120 idle seconds).
    #[must_use]
    pub fn bi(mut self, name: impl Into<String>, size: WarehouseSize, auto_suspend_seconds: u32) -> Self {
        self.warehouses[2] = (name.into(), size, auto_suspend_seconds);
        self
    }

    /// The roles that load, that run models, and that read marts (default `LOADER`, `TRANSFORMER`, `REPORTER`).
    #[must_use]
    pub fn roles(
        mut self,
        loader: impl Into<String>,
        transformer: impl Into<String>,
        reporter: impl Into<String>,
    ) -> Self {
        self.roles = [loader.into(), transformer.into(), reporter.into()];
        self
    }

    /// The role that the three roles are granted to, so that it can do what they can (default `SYSADMIN`).
    #[must_use]
    pub fn administrator(mut self, role: impl Into<String>) -> Self {
        self.administrator = role.into();
        self
    }

    /// The storage integration (default `S3_INTEGRATION`).
    #[must_use]
    pub fn integration(mut self, name: impl Into<String>) -> Self {
        self.integration = name.into();
        self
    }

    /// The stage in the schema of the layer `raw` (default `S3_RAW_STAGE`).
    #[must_use]
    pub fn stage(mut self, name: impl Into<String>) -> Self {
        self.stage = name.into();
        self
    }

    /// Whether columns are tagged with their class of personal data (default yes); tags and policies need Snowflake's
    /// Enterprise Edition.
    #[must_use]
    pub fn tags(mut self, yes: bool) -> Self {
        self.tags = yes;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// `Config` with all that is wrong: names that cannot be one, two things of one name, a bucket, prefix or role that
    /// AWS would not take, a warehouse that never suspends.
    pub fn build(self) -> Result<Settings> {
        let mut problems = vec![];
        let mut note = |what: &str, error: Error| problems.push(format!("{what}: {error}"));
        // A stand-in for what is not well: `build` answers nothing then.
        let stand_in = Ident::new("X")?;
        let mut ident = |what: &str, name: &str| {
            Ident::new(name).unwrap_or_else(|e| {
                note(what, e);
                stand_in.clone()
            })
        };
        let database = ident("database", &self.database);
        let schemas: Vec<(String, Ident)> =
            self.schemas.iter().map(|(layer, name)| (layer.clone(), ident("schema", name))).collect();
        let raw = schemas.iter().find(|(layer, _)| layer == RAW).map_or_else(|| stand_in.clone(), |(_, s)| s.clone());
        let governance = ident("governance schema", &self.governance);
        let [loading, transform, bi] = self.warehouses.clone().map(|(name, size, auto_suspend)| VirtualWarehouse {
            name: ident("warehouse", &name),
            size,
            auto_suspend,
        });
        let [loader, transformer, reporter] = self.roles.each_ref().map(|name| ident("role", name));
        let administrator = ident("administrator", &self.administrator);
        let integration = ident("integration", &self.integration);
        let stage = ident("stage", &self.stage);
        let role = RoleArn::parse(&self.role_arn).map_err(|e| note("role", e)).ok();
        let prefix = self.prefix.trim_matches('/').to_owned();
        check_location(&self.bucket, &prefix).unwrap_or_else(|e| note("lake", e));
        for warehouse in [&loading, &transform, &bi].iter().filter(|w| w.auto_suspend == 0) {
            problems.push(format!("warehouse {}: after 0 seconds means never, which costs all night", warehouse.name));
        }
        once("schema", schemas.iter().map(|(_, s)| s).chain([&governance]), &mut problems);
        once("warehouse", [&loading.name, &transform.name, &bi.name], &mut problems);
        once("role", [&loader, &transformer, &reporter, &administrator], &mut problems);
        let Some(role) = role.filter(|_| problems.is_empty()) else {
            return Err(Error::config(format!("the settings for Snowflake do not fit: {}", problems.join("; "))));
        };
        Ok(Settings {
            database,
            schemas,
            raw,
            governance,
            loading,
            transform,
            bi,
            loader,
            transformer,
            reporter,
            administrator,
            integration,
            stage,
            role,
            bucket: self.bucket,
            prefix,
            tags: self.tags,
        })
    }
}

/// Notes names that two things of a kind have.
fn once<'a>(what: &str, names: impl IntoIterator<Item = &'a Ident>, problems: &mut Vec<String>) {
    let mut seen = BTreeMap::new();
    for name in names {
        *seen.entry(name).or_insert(0) += 1;
    }
    problems.extend(seen.iter().filter(|(_, n)| **n > 1).map(|(name, n)| format!("{n} {what}s are called {name}")));
}

/// Buckets as S3 names them (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>), and
/// folders of characters that need no escape in a URL, in a policy, or in a stage's path.
fn check_location(bucket: &str, prefix: &str) -> Result<()> {
    let of_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(of_bucket) {
        return Err(Error::config("a bucket has a name of 3 to 63 lower case letters, digits, '.' and '-'")
            .with("bucket", bucket.escape_debug()));
    }
    check_folder(prefix)
}

/// A folder that can stand in a stage's path without quotes.
pub(in crate::snowflake::provision) fn check_folder(folder: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | '/');
    if !folder.chars().all(plain) || folder.contains("//") || folder.starts_with('/') || folder.ends_with('/') {
        return Err(Error::config(
            "a folder of the lake has letters, digits, '_', '-', '.', '=' and single '/' between",
        )
        .with("folder", folder.escape_debug()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/snowflake";

    #[test]
    fn what_is_said_is_taken() {
        let settings =
            Settings::builder("shop-lake", ROLE).prefix("/prod/eu/").schema("marts", "gold").build().unwrap();
        assert_eq!(settings.location(), "s3://shop-lake/prod/eu/raw/");
        assert_eq!(settings.schema_name("marts").unwrap().to_string(), "\"SHOPSTREAM_DWH\".\"GOLD\"");
        assert_eq!(settings.schema_name("public").unwrap_err().context("layer"), Some("public"));
        let china = Settings::builder("shop-lake", ROLE.replace("aws", "aws-cn")).build().unwrap();
        assert_eq!(china.location(), "s3china://shop-lake/raw/");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let settings = Settings::builder("Shop_Lake", "arn:aws:iam::12:user/x")
            .prefix("a b")
            .database("")
            .schema("marts", "Core")
            .loading("wh", WarehouseSize::Small, 0)
            .transform("WH", WarehouseSize::Small, 60)
            .roles("a", "b", "sysadmin");
        let error = settings.build().unwrap_err().to_string();
        for part in [
            "a bucket has",
            "an IAM role",
            "database: a name",
            "2 schemas are called \"CORE\"",
            "2 warehouses are called \"WH\"",
            "after 0 seconds means never",
            "2 roles are called \"SYSADMIN\"",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        for prefix in ["a b", "a//b", "it's", "é"] {
            assert!(Settings::builder("shop-lake", ROLE).prefix(prefix).build().is_err(), "{prefix}");
        }
    }
}
