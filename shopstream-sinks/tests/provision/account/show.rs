//! `SHOW`, `DESC`, and the functions that tell of tags and policies. Answers have the columns that Snowflake's have, and
//! that matter here.

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use std::{collections::BTreeMap, sync::Arc};

use super::{Path, Sql, State, Thing};

type Rows = Vec<Vec<Option<String>>>;

impl State {
    /// The answer to a question; `None` for a statement that is none.
    pub(super) fn answer(&self, verb: &str, sql: &mut Sql) -> Option<RecordBatch> {
        match verb {
            "SHOW" => Some(self.show(sql)),
            "DESC" => Some(self.describe(sql)),
            "SELECT" => Some(self.select(sql)),
            _ => None,
        }
    }

    fn show(&self, sql: &mut Sql) -> RecordBatch {
        if sql.take("GRANTS TO ROLE") {
            return self.grants(&sql.ident(), false);
        }
        if sql.take("FUTURE GRANTS TO ROLE") {
            return self.grants(&sql.ident(), true);
        }
        if sql.take("GRANTS OF ROLE") {
            let role = vec![sql.ident()];
            let of = self.grants.iter().filter(|(_, _, on, name)| on == "ROLE" && *name == role);
            let rows = of.map(|(grantee, ..)| vec![some(&role[0]), some("ROLE"), some(grantee)]).collect();
            return batch(&["role", "granted_to", "grantee_name"], rows);
        }
        let kinds = [
            ("ROLES", "ROLE"),
            ("WAREHOUSES", "WAREHOUSE"),
            ("DATABASES", "DATABASE"),
            ("STORAGE INTEGRATIONS", "STORAGE INTEGRATION"),
            ("SCHEMAS", "SCHEMA"),
            ("TABLES", "TABLE"),
            ("FILE FORMATS", "FILE FORMAT"),
            ("STAGES", "STAGE"),
            ("TAGS", "TAG"),
            ("MASKING POLICIES", "MASKING POLICY"),
            ("ROW ACCESS POLICIES", "ROW ACCESS POLICY"),
        ];
        let (_, kind) = kinds.into_iter().find(|(kinds, _)| sql.take(kinds)).expect("kinds");
        let place = if sql.take("IN") {
            sql.word();
            sql.path()
        } else {
            vec![]
        };
        let inside = |path: &Path| path.len() == place.len() + 1 && path.starts_with(&place);
        let things = self.things.iter().filter(|((k, path), _)| *k == kind && inside(path));
        let columns = ["name", "comment", "size", "auto_suspend", "auto_resume", "url", "storage_integration", "type"];
        let rows = things.map(|((_, path), thing)| {
            let get = |key: &str| thing.properties.get(key).map(|(value, _)| value.clone());
            let mut row =
                vec![path.last().cloned(), get("COMMENT"), get("WAREHOUSE_SIZE").map(|s| size(&s).to_owned())];
            row.extend([get("AUTO_SUSPEND"), get("AUTO_RESUME").map(|b| b.to_lowercase()), get("URL")]);
            row.extend([get("STORAGE_INTEGRATION"), get("TYPE"), Some(options(thing))]);
            row
        });
        batch(&[columns.as_slice(), &["format_options"]].concat(), rows.collect())
    }

    fn grants(&self, role: &str, future: bool) -> RecordBatch {
        let mut rows = vec![];
        for (r, privilege, on, name) in &self.grants {
            if r != role || on.starts_with("FUTURE ") != future {
                continue;
            }
            let on = on.trim_start_matches("FUTURE ").trim_start_matches("STORAGE ").replace(' ', "_");
            let mut shown = name.iter().map(|part| shown(part)).collect::<Vec<_>>().join(".");
            if future {
                shown.push_str(".<TABLE>");
            }
            rows.push(vec![some(privilege), some(&on), some(&shown), some(role)]);
        }
        let on = if future { "grant_on" } else { "granted_on" };
        batch(&["privilege", on, "name", "grantee_name"], rows)
    }

    fn describe(&self, sql: &mut Sql) -> RecordBatch {
        if sql.take("INTEGRATION") {
            let thing = &self.things[&("STORAGE INTEGRATION", sql.path())];
            let of_aws = [
                ("STORAGE_AWS_IAM_USER_ARN", "arn:aws:iam::999999999999:user/snow"),
                (EXTERNAL_ID, "SHOP_SFCRole=2_x"),
            ];
            let own = thing.properties.iter().map(|(key, (value, _))| vec![some(key), some(&property(key, value))]);
            let rows = own.chain(of_aws.map(|(key, value)| vec![some(key), some(value)])).collect();
            return batch(&["property", "property_value"], rows);
        }
        if sql.take("TABLE") {
            let columns = self.things[&("TABLE", sql.path())].columns.iter();
            let rows = columns.map(|c| {
                let comment = Some(c.comment.clone()).filter(|c| !c.is_empty());
                vec![some(&c.name), some(&c.data_type), some(if c.nullable { "Y" } else { "N" }), comment]
            });
            return batch(&["name", "type", "null?", "comment"], rows.collect());
        }
        let kind = ["MASKING POLICY", "ROW ACCESS POLICY"].into_iter().find(|kind| sql.take(kind)).unwrap();
        let body = &self.things[&(kind, sql.path())].properties["BODY"].0;
        // Laid out anew.
        batch(&["body"], vec![vec![some(&body.replace('\n', " "))]])
    }

    fn select(&self, sql: &mut Sql) -> RecordBatch {
        sql.expect_sign('*');
        sql.expect("FROM TABLE");
        sql.expect_sign('(');
        let function = sql.path().pop().unwrap();
        sql.expect_sign('(');
        if function == "POLICY_REFERENCES" {
            sql.expect("POLICY_NAME");
            sql.expect_sign('=');
            sql.expect_sign('>');
            let policy = Sql::new(&sql.text()).path();
            let uses = self.policies.iter().filter(|(_, p)| **p == policy);
            let rows =
                uses.map(|((table, column), _)| table.iter().map(|part| some(part)).chain([column.clone()]).collect());
            let columns = ["REF_DATABASE_NAME", "REF_SCHEMA_NAME", "REF_ENTITY_NAME", "REF_COLUMN_NAME"];
            return batch(&columns, rows.collect());
        }
        assert_eq!(function, "TAG_REFERENCES_ALL_COLUMNS");
        let table = Sql::new(&sql.text()).path();
        let tags = self.tags.iter().filter(|((t, ..), _)| *t == table);
        let rows = tags.map(|((_, column, tag), value)| {
            tag.iter().map(|part| some(part)).chain([some(column), some(value)]).collect()
        });
        batch(&["TAG_DATABASE", "TAG_SCHEMA", "TAG_NAME", "COLUMN_NAME", "TAG_VALUE"], rows.collect())
    }
}

const EXTERNAL_ID: &str = "STORAGE_AWS_EXTERNAL_ID";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A property of an integration as `DESC INTEGRATION` says it.
fn property(key: &str, value: &str) -> String {
    if key == "ENABLED" { value.to_lowercase() } else { value.to_owned() }
}

/// A size as `SHOW WAREHOUSES` says it.
fn size(size: &str) -> &str {
    match size {
        "XSMALL" => "X-Small",
        "SMALL" => "Small",
        "XXLARGE" => "2X-Large",
        other => panic!("{other}"),
    }
}

/// A name as `SHOW GRANTS` says it: in quotes where it needs them.
fn shown(name: &str) -> String {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let first = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    if first && name.chars().all(plain) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The options of a file format as JSON.
fn options(thing: &Thing) -> String {
    let value = |(value, text): &(String, bool)| match (value.as_str(), text) {
        ("TRUE", false) => "true".into(),
        ("FALSE", false) => "false".into(),
        ("", true) => "[]".into(),
        _ => format!("{value:?}"),
    };
    let options: BTreeMap<&String, String> = thing.properties.iter().map(|(k, v)| (k, value(v))).collect();
    let members: Vec<String> = options.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
    format!("{{{}}}", members.join(","))
}

fn batch(columns: &[&str], rows: Rows) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|c| Field::new(*c, DataType::Utf8, true)).collect();
    let arrays = (0..columns.len()).map(|i| {
        let values: StringArray = rows.iter().map(|row| row[i].as_deref()).collect();
        Arc::new(values) as ArrayRef
    });
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect()).unwrap()
}
