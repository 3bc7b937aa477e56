//! What is there.

mod answer;
mod question;
mod rows;

pub use question::Question;
pub(super) use rows::{Row, rows_of};

use arrow::array::RecordBatch;
use shopstream_core::{Error, Result, TableDecl};
use std::collections::{BTreeMap, BTreeSet};

use super::{Execute, Object, Settings, grants::Target};
use crate::snowflake::sql::{DataType, Ident, Name};

/// What is there in Snowflake of all that a plan is about. An empty one is an account where nothing was made yet.
///
/// It is learned by asking [`questions`](Self::questions), which follow from what is known, until there are none:
/// [`read`](Self::read) does so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    asked: BTreeSet<String>,
    objects: BTreeMap<Object, Found>,
    grants: BTreeSet<Held>,
    /// Values of tags, by table, column and tag.
    tags: BTreeMap<(Name, Ident, Name), String>,
    /// The policies on tables and on columns of them.
    policies: BTreeMap<(Name, Option<Ident>), Name>,
}

/// An object that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    properties: BTreeMap<String, String>,
    pub(super) columns: Vec<FoundColumn>,
}

/// A column that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundColumn {
    pub(super) name: Ident,
    pub(super) data_type: DataType,
    pub(super) nullable: bool,
    pub(super) comment: String,
}

/// A privilege that a role has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    role: Ident,
    privilege: String,
    on: String,
    name: Option<Name>,
}

impl Found {
    /// What a setting is.
    pub(super) fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }
}

impl Inventory {
    /// Learns all that a plan needs to know, by statements that change nothing. The session needs no warehouse as long
    /// as there is no tag and no policy.
    ///
    /// # Errors
    /// Those of the statements, `Schema` when an answer is not as Snowflake's are, `Config` for declarations that cannot
    /// be tables.
    pub async fn read(executor: &dyn Execute, settings: &Settings, declarations: &[TableDecl]) -> Result<Self> {
        let mut inventory = Self::default();
        loop {
            let questions = inventory.questions(settings, declarations)?;
            if questions.is_empty() {
                return Ok(inventory);
            }
            for question in questions {
                let answer = executor.execute(question.sql()).await.map_err(|e| e.with("question", question.sql()))?;
                inventory.answer(&question, &answer)?;
            }
        }
    }

    /// Takes what Snowflake answered to a question.
    ///
    /// # Errors
    /// `Schema` when the answer lacks a column, or has a name that is none.
    pub fn answer(&mut self, question: &Question, answer: &[RecordBatch]) -> Result<()> {
        let of_question = |e: Error| e.with("question", question.sql());
        for row in rows_of(answer).map_err(of_question)? {
            self.take(question, &row).map_err(of_question)?;
        }
        self.asked.insert(question.sql().to_owned());
        Ok(())
    }

    /// An object, if it is there.
    pub(super) fn found(&self, object: &Object) -> Option<&Found> {
        self.objects.get(object)
    }

    /// The value of a tag on a column.
    pub(super) fn tag(&self, table: &Name, column: &Ident, tag: &Name) -> Option<&str> {
        self.tags.get(&(table.clone(), column.clone(), tag.clone())).map(String::as_str)
    }

    /// The policy on a table's rows, or on a column of it.
    pub(super) fn policy(&self, table: &Name, column: Option<&Ident>) -> Option<&Name> {
        self.policies.get(&(table.clone(), column.cloned()))
    }

    /// Whether a role has a privilege.
    pub(super) fn holds(&self, role: &Ident, privilege: &str, on: &Target) -> bool {
        let (on, name) = match on {
            Target::Object(object) => (object.kind.in_grant().to_owned(), Some(object.name.clone())),
            Target::Future(kind, schema) => (format!("FUTURE {}", kind.in_grant()), Some(schema.clone())),
            Target::Account => ("ACCOUNT".to_owned(), None),
        };
        self.grants.contains(&Held { role: role.clone(), privilege: privilege.to_owned(), on, name })
    }
}
