//! Who may do what.

use super::{
    Inventory, Object, Settings, Statement,
    catalog::CatalogTable,
    object::Kind,
    settings::{MARTS, RAW},
    wanted::format_names,
};
use crate::snowflake::sql::{Ident, Name};

/// What a privilege is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// An object that is there.
    Object(Object),
    /// The objects of a kind that will come into a schema.
    Future(Kind, Name),
    /// The account.
    Account,
}

/// Privileges of a role.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) privileges: &'static [&'static str],
    pub(super) on: Target,
    pub(super) to: Ident,
}

const READ: &[&str] = &["SELECT"];
const WRITE: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];

impl Grant {
    pub(super) fn new(to: &Ident, privileges: &'static [&'static str], kind: Kind, name: impl Into<Name>) -> Self {
        Self { privileges, on: Target::Object(Object::new(kind, name)), to: to.clone() }
    }

    /// The statement that gives what the role does not have, if that is anything. An owner may do everything.
    pub(super) fn difference(&self, inventory: &Inventory) -> Option<Statement> {
        let holds = |privilege: &str| inventory.holds(&self.to, privilege, &self.on);
        let missing: Vec<&str> = self.privileges.iter().copied().filter(|p| !holds(p) && !holds("OWNERSHIP")).collect();
        if missing.is_empty() {
            return None;
        }
        let (missing, to) = (missing.join(", "), Object::new(Kind::Role, self.to.clone()));
        Some(match &self.on {
            Target::Object(Object { kind: Kind::Role, name }) => {
                let sql = format!("GRANT ROLE {name} TO ROLE {}", self.to);
                Statement::additive(&to, format!("may do all that role {name} may"), sql)
            }
            Target::Object(object) => {
                let sql = format!("GRANT {missing} ON {} {} TO ROLE {}", object.kind.in_grant(), object.name, self.to);
                Statement::additive(&to, format!("{missing} on {object}"), sql)
            }
            Target::Future(kind, schema) => {
                let kinds = format!("{}S", kind.in_grant());
                let sql = format!("GRANT {missing} ON FUTURE {kinds} IN SCHEMA {schema} TO ROLE {}", self.to);
                let purpose = format!("{missing} on {} that will be in {schema}", kinds.to_lowercase());
                Statement::additive(&to, purpose, sql)
            }
            Target::Account => {
                let sql = format!("GRANT {missing} ON ACCOUNT TO ROLE {}", self.to);
                Statement::additive(&to, format!("{missing} in the account"), sql)
            }
        })
    }
}

/// What a role needs to read: a warehouse, the database, the schemas and these tables of them.
pub(super) fn reader(settings: &Settings, role: &Ident, tables: &[&CatalogTable]) -> Vec<Grant> {
    let mut grants = vec![
        Grant::new(role, &["USAGE"], Kind::Warehouse, settings.bi.name.clone()),
        Grant::new(role, &["USAGE"], Kind::Database, settings.database.clone()),
    ];
    let mut schemas: Vec<Name> = vec![];
    for schema in tables.iter().filter_map(|t| t.schema()) {
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }
    grants.extend(schemas.into_iter().map(|schema| Grant::new(role, &["USAGE"], Kind::Schema, schema)));
    grants.extend(tables.iter().map(|table| Grant::new(role, READ, Kind::Table, table.name.clone())));
    grants
}

/// The least that the three roles need.
///
/// A publish shows raw tables and models in one transaction, which has one role: so the transformer writes raw tables
/// too, and reads those that the loader makes aside. The reporter gets no rights on tables to come: what is made aside in
/// the marts' schema is not for readers.
pub(super) fn grants(settings: &Settings, tables: &[CatalogTable]) -> Vec<Grant> {
    let Settings { loader, transformer, reporter, administrator, .. } = settings;
    let raw = settings.raw_name();
    let database = || settings.database.clone();
    let in_raw: Vec<&CatalogTable> = tables.iter().filter(|t| t.layer == RAW).collect();
    let modelled: Vec<&CatalogTable> = tables.iter().filter(|t| t.layer != RAW).collect();
    let table = |role, privileges, t: &&CatalogTable| Grant::new(role, privileges, Kind::Table, t.name.clone());

    let mut grants: Vec<Grant> = [loader, transformer, reporter]
        .map(|role| Grant::new(administrator, &["USAGE"], Kind::Role, role.clone()))
        .into();
    grants.extend([
        Grant::new(loader, &["USAGE"], Kind::Warehouse, settings.loading.name.clone()),
        Grant::new(loader, &["USAGE"], Kind::Database, database()),
        Grant::new(loader, &["USAGE", "CREATE TABLE"], Kind::Schema, raw.clone()),
        Grant::new(loader, &["USAGE"], Kind::Stage, settings.stage_name()),
    ]);
    grants.extend(format_names().map(|name| Grant::new(loader, &["USAGE"], Kind::FileFormat, raw.child(name))));
    grants.extend(in_raw.iter().map(|t| table(loader, WRITE, t)));

    grants.extend([
        Grant::new(transformer, &["USAGE"], Kind::Warehouse, settings.transform.name.clone()),
        Grant::new(transformer, &["USAGE"], Kind::Database, database()),
        Grant::new(transformer, &["USAGE"], Kind::Schema, raw.clone()),
    ]);
    grants.extend(in_raw.iter().map(|t| table(transformer, WRITE, t)));
    grants.push(Grant { privileges: READ, on: Target::Future(Kind::Table, raw), to: transformer.clone() });
    // The function of the models' quotients is made there: Snowflake looks for functions in no other schema by itself.
    let public = settings.database_name().child(Ident::constant("PUBLIC"));
    grants.push(Grant::new(transformer, &["USAGE", "CREATE FUNCTION"], Kind::Schema, public));
    for (_, schema) in settings.schemas.iter().filter(|(layer, _)| layer != RAW) {
        let schema = settings.database_name().child(schema.clone());
        grants.push(Grant::new(transformer, &["USAGE", "CREATE TABLE", "CREATE VIEW"], Kind::Schema, schema));
    }
    grants.extend(modelled.iter().map(|t| table(transformer, WRITE, t)));

    let marts: Vec<&CatalogTable> = modelled.into_iter().filter(|t| t.layer == MARTS).collect();
    grants.extend(reader(settings, reporter, &marts));
    grants
}
