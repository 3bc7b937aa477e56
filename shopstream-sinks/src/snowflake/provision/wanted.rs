//! The objects that have to be there, besides tables.

use shopstream_core::Pii;

use super::{
    Inventory, Object, Settings, Statement,
    object::Kind,
    property::{Property, Value},
    settings::{CORE, MARTS, RAW, STAGING, VirtualWarehouse},
};
use crate::snowflake::sql::{Ident, Name, literal};

/// An object that has to be there.
pub(super) struct Wanted {
    object: Object,
    purpose: String,
    /// What is said only when it is made.
    fixed: Vec<String>,
    /// What cannot be altered, only made anew.
    identity: Option<(&'static str, &'static str)>,
    properties: Vec<Property>,
}

impl Wanted {
    pub(super) fn new(kind: Kind, name: impl Into<Name>, purpose: impl Into<String>) -> Self {
        let object = Object::new(kind, name);
        Self { object, purpose: purpose.into(), fixed: vec![], identity: None, properties: vec![] }
    }

    pub(super) fn fixed(mut self, clause: impl Into<String>) -> Self {
        self.fixed.push(clause.into());
        self
    }

    pub(super) fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// The statement that brings it about, if it is not so already.
    pub(super) fn difference(mut self, inventory: &Inventory) -> Option<Statement> {
        self.properties.push(Property::text("COMMENT", self.purpose.clone()));
        let (kind, name) = (self.object.kind.as_sql(), &self.object.name);
        let whole = |create: &str| {
            let identity = self.identity.iter().map(|(key, value)| format!("{key} = {value}"));
            let options = identity.chain(self.fixed.iter().cloned()).chain(self.properties.iter().map(Property::sql));
            format!("{create} {name} {}", options.collect::<Vec<_>>().join(" "))
        };
        let Some(found) = inventory.found(&self.object) else {
            let create = whole(&format!("CREATE {kind} IF NOT EXISTS"));
            return Some(Statement::additive(&self.object, self.purpose.clone(), create));
        };
        if let Some((key, value)) = self.identity
            && found.property(key) != Some(value)
        {
            let replace = whole(&format!("CREATE OR REPLACE {kind}"));
            return Some(Statement::destructive(&self.object, format!("becomes one of {key} {value}"), replace));
        }
        let changes: Vec<Property> = self.properties.iter().filter_map(|p| p.change(found.property(p.key))).collect();
        if changes.is_empty() {
            return None;
        }
        let keys: Vec<&str> = changes.iter().map(|c| c.key).collect();
        let settings: Vec<String> = changes.iter().map(Property::sql).collect();
        let sql = format!("ALTER {kind} {name} SET {}", settings.join(" "));
        let purpose = format!("sets {}", keys.join(", "));
        Some(if changes.iter().any(|c| c.replaces) {
            Statement::destructive(&self.object, format!("{purpose}: what it was stops to work"), sql)
        } else {
            Statement::additive(&self.object, purpose, sql)
        })
    }
}

/// The objects without which there are no tables, in the order in which they need each other.
pub(super) fn objects(settings: &Settings) -> Vec<Wanted> {
    let role = |name: &Ident, purpose: &str| Wanted::new(Kind::Role, name.clone(), purpose);
    let mut objects = vec![
        role(&settings.loader, "loads files into raw tables"),
        role(&settings.transformer, "runs models and publishes what they make"),
        role(&settings.reporter, "reads marts"),
        warehouse(&settings.loading, "loads"),
        warehouse(&settings.transform, "models"),
        warehouse(&settings.bi, "readers"),
        Wanted::new(Kind::Database, settings.database.clone(), "the shop's data warehouse"),
    ];
    for (layer, schema) in &settings.schemas {
        let purpose = match layer.as_str() {
            RAW => "rows as they landed".to_owned(),
            STAGING => "rows cleaned, typed and renamed".to_owned(),
            CORE => "star schema".to_owned(),
            MARTS => "what people look at".to_owned(),
            other => format!("layer {other}"),
        };
        objects.push(Wanted::new(Kind::Schema, settings.database_name().child(schema.clone()), purpose));
    }
    objects.push(Wanted::new(Kind::Schema, settings.governance_name(), "tags, policies, and who may see what"));
    objects.push(integration(settings));
    objects
}

/// The objects of the raw schema and the governance schema, which come after those.
pub(super) fn schema_objects(settings: &Settings) -> Vec<Wanted> {
    let mut objects: Vec<Wanted> = formats(&settings.raw_name()).into();
    objects.push(
        Wanted::new(Kind::Stage, settings.stage_name(), "the lake's raw folder")
            .property(Property::text("URL", settings.location()).replacing())
            .property(Property::new("STORAGE_INTEGRATION", Value::Name(settings.integration.clone())).replacing()),
    );
    if settings.tags {
        let classes = [Pii::Direct, Pii::Indirect].map(|class| literal(pii_value(class))).join(", ");
        objects.push(
            Wanted::new(Kind::Tag, pii_tag(settings), "how far a column tells who a person is")
                .fixed(format!("ALLOWED_VALUES {classes}")),
        );
    }
    objects
}

fn warehouse(warehouse: &VirtualWarehouse, purpose: &str) -> Wanted {
    Wanted::new(Kind::Warehouse, warehouse.name.clone(), purpose)
        .fixed("INITIALLY_SUSPENDED = TRUE")
        .property(Property::word("WAREHOUSE_SIZE", warehouse.size))
        .property(Property::word("AUTO_SUSPEND", warehouse.auto_suspend))
        .property(Property::word("AUTO_RESUME", "TRUE"))
}

fn integration(settings: &Settings) -> Wanted {
    Wanted::new(Kind::StorageIntegration, settings.integration.clone(), "lets Snowflake read the lake")
        .fixed("TYPE = EXTERNAL_STAGE")
        .fixed("STORAGE_PROVIDER = 'S3'")
        .property(Property::word("ENABLED", "TRUE"))
        .property(Property::text("STORAGE_AWS_ROLE_ARN", settings.role.to_string()).replacing())
        .property(Property::new("STORAGE_ALLOWED_LOCATIONS", Value::List(vec![settings.location()])))
}

/// The names of the file formats: Parquet, CSV, newline-delimited JSON.
pub(super) const FORMATS: [&str; 3] = ["PARQUET_FORMAT", "CSV_FORMAT", "NDJSON_FORMAT"];

/// The file formats, as the lake writes its files.
fn formats(raw: &Name) -> [Wanted; 3] {
    let format = |name: &Ident, kind, purpose| Wanted {
        identity: Some(("TYPE", kind)),
        ..Wanted::new(Kind::FileFormat, raw.child(name.clone()), purpose)
    };
    let [parquet, csv, ndjson] = format_names();
    [
        format(&parquet, "PARQUET", "the lake's Parquet files")
            // Without it, a timestamp is read as a number.
            .property(Property::word("USE_LOGICAL_TYPE", "TRUE"))
            .property(Property::word("BINARY_AS_TEXT", "FALSE")),
        csv_options()
            .into_iter()
            .fold(format(&csv, "CSV", "the lake's CSV files"), Wanted::property)
            .property(Property::word("PARSE_HEADER", "TRUE")),
        format(&ndjson, "JSON", "the lake's files of a JSON object a line")
            .property(Property::word("STRIP_OUTER_ARRAY", "FALSE"))
            .property(Property::word("STRIP_NULL_VALUES", "FALSE")),
    ]
}

/// The names of the file formats, as [`FORMATS`] has them.
pub(in crate::snowflake) fn format_names() -> [Ident; 3] {
    FORMATS.map(Ident::constant)
}

/// CSV as the lake writes it: RFC 4180, an empty field is NULL and `""` the empty text, a backslash is a backslash.
pub(super) fn csv_options() -> [Property; 4] {
    [
        Property::text("FIELD_OPTIONALLY_ENCLOSED_BY", "\""),
        Property::word("ESCAPE_UNENCLOSED_FIELD", "NONE"),
        Property::word("EMPTY_FIELD_AS_NULL", "TRUE"),
        Property::word("NULL_IF", "()"),
    ]
}

/// The tag of personal data.
pub(super) fn pii_tag(settings: &Settings) -> Name {
    settings.governance_name().child(Ident::constant("PII"))
}

/// A class of personal data as the tag says it.
pub(super) fn pii_value(class: Pii) -> &'static str {
    match class {
        Pii::Direct => "direct",
        Pii::Indirect => "indirect",
    }
}
