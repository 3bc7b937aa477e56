//! What an answer says.

use serde_json::Value;
use shopstream_core::{Error, Result};
use std::collections::BTreeMap;

use super::{FoundColumn, Held, Inventory, Question, Row, question::About};
use crate::snowflake::{
    provision::{Object, WarehouseSize, object::Kind},
    sql::{DataType, Ident, Name},
};

impl Inventory {
    /// Takes one row of an answer.
    pub(super) fn take(&mut self, question: &Question, row: &Row) -> Result<()> {
        match &question.about {
            About::Objects(kind, place) => {
                let name = Ident::exact(row.require("name")?)?;
                let name = place.as_ref().map_or_else(|| Name::from(name.clone()), |place| place.child(name.clone()));
                self.objects.entry(Object::new(*kind, name)).or_default().properties.extend(properties(*kind, row)?);
            }
            About::Integration(object) => {
                let (key, value) = (row.require("property")?, row.get("property_value").unwrap_or_default());
                self.objects.entry(object.clone()).or_default().properties.insert(key.to_owned(), value.to_owned());
            }
            About::Columns(object) => {
                let column = FoundColumn {
                    name: Ident::exact(row.require("name")?)?,
                    data_type: DataType::parse(row.require("type")?),
                    nullable: row.require("null?")? == "Y",
                    comment: row.get("comment").unwrap_or_default().to_owned(),
                };
                self.objects.entry(object.clone()).or_default().columns.push(column);
            }
            About::Grants(role) => self.grants.extend(held(role, row, "granted_on", "")?),
            About::FutureGrants(role) => self.grants.extend(held(role, row, "grant_on", "FUTURE ")?),
            About::Members(role) => {
                if row.require("granted_to")? == "ROLE" {
                    self.grants.insert(Held {
                        role: Ident::exact(row.require("grantee_name")?)?,
                        privilege: "USAGE".to_owned(),
                        on: Kind::Role.in_grant().to_owned(),
                        name: Some(Name::from(role.clone())),
                    });
                }
            }
            About::Tags(table) => {
                let tag = name_of(row, ["tag_database", "tag_schema", "tag_name"])?;
                let column = Ident::exact(row.require("column_name")?)?;
                self.tags.insert((table.clone(), column, tag), row.require("tag_value")?.to_owned());
            }
            About::Policy(object) => {
                let body = row.require("body")?.to_owned();
                self.objects.entry(object.clone()).or_default().properties.insert("BODY".to_owned(), body);
            }
            About::PolicyUse(policy) => {
                let table = name_of(row, ["ref_database_name", "ref_schema_name", "ref_entity_name"])?;
                let column = row.get("ref_column_name").map(Ident::exact).transpose()?;
                self.policies.insert((table, column), policy.clone());
            }
        }
        Ok(())
    }
}

/// A name whose parts stand in columns of their own.
fn name_of(row: &Row, [database, schema, name]: [&'static str; 3]) -> Result<Name> {
    let ident = |column| Ident::exact(row.require(column)?);
    Ok(Name::from(ident(database)?).child(ident(schema)?).child(ident(name)?))
}

/// The settings of an object that a row of `SHOW` tells, as they would be set.
fn properties(kind: Kind, row: &Row) -> Result<BTreeMap<String, String>> {
    let mut properties = BTreeMap::new();
    let mut set = |key: &str, value: &str| _ = properties.insert(key.to_owned(), value.to_owned());
    set("COMMENT", row.get("comment").unwrap_or_default());
    match kind {
        Kind::Warehouse => {
            let size = row.require("size")?;
            set("WAREHOUSE_SIZE", WarehouseSize::from_shown(size).map_or(size, |size| size.as_sql()));
            // NULL is never.
            set("AUTO_SUSPEND", row.get("auto_suspend").unwrap_or("0"));
            set("AUTO_RESUME", row.require("auto_resume")?);
        }
        Kind::Stage => {
            set("URL", row.require("url")?);
            set("STORAGE_INTEGRATION", row.get("storage_integration").unwrap_or_default());
        }
        Kind::FileFormat => {
            let options = row.require("format_options")?;
            let options: BTreeMap<String, Value> = serde_json::from_str(options)
                .map_err(|e| Error::schema("the options of a file format are not a JSON object").caused_by(e))?;
            for (key, value) in &options {
                set(key, &shown(value));
            }
            set("TYPE", row.require("type")?);
        }
        _ => {}
    }
    Ok(properties)
}

/// An option of a file format, as it would be set.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("({})", values.iter().map(shown).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// A privilege that a row of `SHOW GRANTS` tells; `None` on something that no plan is about.
fn held(role: &Ident, row: &Row, on: &'static str, future: &str) -> Result<Option<Held>> {
    let on = row.require(on)?.replace('_', " ");
    let known = ["WAREHOUSE", "DATABASE", "SCHEMA", "INTEGRATION", "FILE FORMAT", "STAGE", "TABLE", "ACCOUNT"];
    if !known.contains(&on.as_str()) {
        return Ok(None);
    }
    let name = if on == "ACCOUNT" { None } else { Some(Name::parse(row.require("name")?)?) };
    // Rights on what is to come are shown as on DB.SCHEMA.<TABLE>.
    let name = if future.is_empty() { name } else { name.and_then(|n| n.parent()) };
    let privilege = row.require("privilege")?.to_owned();
    Ok(Some(Held { role: role.clone(), privilege, on: format!("{future}{on}"), name }))
}
