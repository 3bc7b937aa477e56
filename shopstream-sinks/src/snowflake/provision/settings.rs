//! What the objects are called, and how large they are.

mod builder;
mod warehouse;

pub use builder::SettingsBuilder;
pub(super) use builder::check_folder;
pub use warehouse::{VirtualWarehouse, WarehouseSize};

use shopstream_core::{Error, Result, TableRef};

use super::aws::RoleArn;
use crate::snowflake::sql::{Ident, Name};

/// What the objects in Snowflake are called, how large its warehouses are, and where the lake lies.
///
/// ```
/// use shopstream_sinks::snowflake::provision::Settings;
///
/// let settings = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake")
///     .prefix("prod")
///     .database("shop")
///     .schema("marts", "gold")
///     .build()?;
/// assert_eq!(settings.location(), "s3://shop-lake/prod/raw/");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    pub(in crate::snowflake) database: Ident,
    /// The layers in their order, with their schemas.
    pub(super) schemas: Vec<(String, Ident)>,
    /// The schema of landed rows, which is one of them.
    pub(super) raw: Ident,
    pub(super) governance: Ident,
    pub(in crate::snowflake) loading: VirtualWarehouse,
    pub(in crate::snowflake) transform: VirtualWarehouse,
    pub(super) bi: VirtualWarehouse,
    pub(in crate::snowflake) loader: Ident,
    pub(in crate::snowflake) transformer: Ident,
    pub(super) reporter: Ident,
    pub(super) administrator: Ident,
    pub(super) integration: Ident,
    pub(super) stage: Ident,
    pub(super) role: RoleArn,
    pub(super) bucket: String,
    /// Without slashes at its ends.
    pub(super) prefix: String,
    pub(super) tags: bool,
}

/// The layer of landed rows.
pub(in crate::snowflake) const RAW: &str = "raw";
/// The layer of cleaned rows.
pub(super) const STAGING: &str = "staging";
/// The layer of the star schema.
pub(super) const CORE: &str = "core";
/// The layer that people look at.
pub(super) const MARTS: &str = "marts";

impl Settings {
    /// Settings for a lake in a bucket, which Snowflake reads as an IAM role
    /// (`arn:aws:iam::123456789012:role/snowflake`). Everything else has a name to begin with; see [`SettingsBuilder`].
    pub fn builder(bucket: impl Into<String>, role_arn: impl Into<String>) -> SettingsBuilder {
        SettingsBuilder::new(bucket.into(), role_arn.into())
    }

    /// The URL of the folder that the stage shows: `s3://bucket/prefix/raw/`.
    pub fn location(&self) -> String {
        format!("{}://{}/{}", self.role.url_scheme(), self.bucket, self.key_prefix())
    }

    /// The keys' beginning of all that the stage shows.
    pub(super) fn key_prefix(&self) -> String {
        if self.prefix.is_empty() { "raw/".to_owned() } else { format!("{}/raw/", self.prefix) }
    }

    /// The name of a table, in the schema of its layer.
    ///
    /// # Errors
    /// `Config` when the layer has no schema, or the table's name cannot be one.
    pub fn table_name(&self, table: &TableRef) -> Result<Name> {
        Ok(self.schema_name(table.schema())?.child(Ident::new(table.table())?))
    }

    /// The stage that shows the lake's raw folder.
    pub fn stage_name(&self) -> Name {
        self.raw_name().child(self.stage.clone())
    }

    /// The virtual warehouses for loads, for models and for readers.
    pub fn warehouses(&self) -> [&VirtualWarehouse; 3] {
        [&self.loading, &self.transform, &self.bi]
    }

    /// The schema of landed rows.
    pub(in crate::snowflake) fn raw_name(&self) -> Name {
        self.database_name().child(self.raw.clone())
    }

    pub(in crate::snowflake) fn database_name(&self) -> Name {
        Name::from(self.database.clone())
    }

    /// The schema of a layer.
    pub(in crate::snowflake) fn schema_name(&self, layer: &str) -> Result<Name> {
        match self.schemas.iter().find(|(l, _)| l == layer) {
            Some((_, schema)) => Ok(self.database_name().child(schema.clone())),
            None => Err(Error::config(
                "a layer has no schema: name one with SettingsBuilder::schema; rows of a source are declared as Landed",
            )
            .with("layer", layer)),
        }
    }

    /// The schema of tags and policies.
    pub(super) fn governance_name(&self) -> Name {
        self.database_name().child(self.governance.clone())
    }
}
