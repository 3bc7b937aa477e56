//! What has to be asked.

use shopstream_core::{Result, TableDecl};

use super::Inventory;
use crate::snowflake::{
    provision::{Object, Settings, catalog::catalog, object::Kind, wanted::pii_tag},
    sql::{Ident, Name, literal},
};

/// A statement that changes nothing, and whose answer an [`Inventory`] can take.
#[derive(Clone, Debug)]
pub struct Question {
    sql: String,
    pub(super) about: About,
}

/// What an answer is about.
#[derive(Clone, Debug)]
pub(super) enum About {
    /// The objects of a kind in the account, or in what is named.
    Objects(Kind, Option<Name>),
    /// The properties of an integration.
    Integration(Object),
    /// The columns of a table.
    Columns(Object),
    /// What a role may do.
    Grants(Ident),
    /// What a role may do with objects to come.
    FutureGrants(Ident),
    /// Who has a role.
    Members(Ident),
    /// The tags on a table's columns.
    Tags(Name),
    /// The body of a policy.
    Policy(Object),
    /// What a policy is on.
    PolicyUse(Name),
}

impl Question {
    fn new(sql: String, about: About) -> Self {
        Self { sql, about }
    }

    /// The statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

impl Inventory {
    /// What to ask next; nothing when all is known that a plan needs.
    ///
    /// # Errors
    /// `Config` for declarations that cannot be tables.
    pub fn questions(&self, settings: &Settings, declarations: &[TableDecl]) -> Result<Vec<Question>> {
        let there = |kind, name: &Name| self.found(&Object::new(kind, name.clone())).is_some();
        let mut questions = vec![];
        let mut ask = |sql: String, about| questions.push(Question::new(sql, about));
        for (kind, kinds) in [
            (Kind::Role, "ROLES"),
            (Kind::Warehouse, "WAREHOUSES"),
            (Kind::Database, "DATABASES"),
            (Kind::StorageIntegration, "STORAGE INTEGRATIONS"),
        ] {
            ask(format!("SHOW {kinds}"), About::Objects(kind, None));
        }
        let integration = Object::new(Kind::StorageIntegration, settings.integration.clone());
        if self.found(&integration).is_some() {
            ask(settings.describe_integration(), About::Integration(integration));
        }
        let roles = [&settings.loader, &settings.transformer, &settings.reporter];
        for role in roles.into_iter().filter(|r| there(Kind::Role, &Name::from((*r).clone()))) {
            ask(format!("SHOW GRANTS TO ROLE {role}"), About::Grants(role.clone()));
            ask(format!("SHOW FUTURE GRANTS TO ROLE {role}"), About::FutureGrants(role.clone()));
            ask(format!("SHOW GRANTS OF ROLE {role}"), About::Members(role.clone()));
        }
        let database = settings.database_name();
        if there(Kind::Database, &database) {
            ask(format!("SHOW SCHEMAS IN DATABASE {database}"), About::Objects(Kind::Schema, Some(database.clone())));
        }
        let schemas = settings.schemas.iter().map(|(_, s)| database.child(s.clone()));
        for schema in schemas.filter(|s| there(Kind::Schema, s)) {
            ask(format!("SHOW TABLES IN SCHEMA {schema}"), About::Objects(Kind::Table, Some(schema)));
        }
        let raw = settings.raw_name();
        if there(Kind::Schema, &raw) {
            for (kind, kinds) in [(Kind::FileFormat, "FILE FORMATS"), (Kind::Stage, "STAGES")] {
                ask(format!("SHOW {kinds} IN SCHEMA {raw}"), About::Objects(kind, Some(raw.clone())));
            }
        }
        let governance = settings.governance_name();
        if there(Kind::Schema, &governance) {
            for (kind, kinds) in [
                (Kind::Tag, "TAGS"),
                (Kind::Table, "TABLES"),
                (Kind::MaskingPolicy, "MASKING POLICIES"),
                (Kind::RowAccessPolicy, "ROW ACCESS POLICIES"),
            ] {
                ask(format!("SHOW {kinds} IN SCHEMA {governance}"), About::Objects(kind, Some(governance.clone())));
            }
        }
        let functions = database.child(Ident::constant("INFORMATION_SCHEMA"));
        for policy in self.objects.keys().filter(|o| matches!(o.kind, Kind::MaskingPolicy | Kind::RowAccessPolicy)) {
            ask(format!("DESC {} {}", policy.kind.as_sql(), policy.name), About::Policy(policy.clone()));
            let name = literal(&policy.name.to_string());
            let sql = format!("SELECT * FROM TABLE({functions}.POLICY_REFERENCES(POLICY_NAME => {name}))");
            ask(sql, About::PolicyUse(policy.name.clone()));
        }
        let tagged = settings.tags && there(Kind::Tag, &pii_tag(settings));
        for table in catalog(settings, declarations)?.into_iter().filter(|t| there(Kind::Table, &t.name)) {
            let object = table.object();
            ask(format!("DESC TABLE {}", object.name), About::Columns(object.clone()));
            if tagged {
                let name = literal(&object.name.to_string());
                let sql = format!("SELECT * FROM TABLE({functions}.TAG_REFERENCES_ALL_COLUMNS({name}, 'table'))");
                ask(sql, About::Tags(object.name));
            }
        }
        questions.retain(|q| !self.asked.contains(q.sql()));
        Ok(questions)
    }
}
