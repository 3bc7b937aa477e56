//! An account in memory: it reads the SQL of plans by Snowflake's rules, refuses what lacks what it stands on, and
//! answers `SHOW` and `DESC`. It shares no code with the plan.

mod alter;
mod create;
mod show;
mod sql;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use shopstream_core::{Error, Result};
use shopstream_sinks::snowflake::provision::Execute;
use sql::Sql;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

pub(crate) type Path = Vec<String>;

/// The account.
#[derive(Default)]
pub(crate) struct Account {
    state: Mutex<State>,
    /// Every statement that changed something, or tried to.
    statements: Mutex<Vec<String>>,
    /// Fails this statement, counted from 0.
    pub(crate) fail: Option<usize>,
}

#[derive(Default)]
struct State {
    things: BTreeMap<(&'static str, Path), Thing>,
    /// Role, privilege, on what, called what.
    grants: BTreeSet<(String, String, String, Path)>,
    tags: BTreeMap<(Path, String, Path), String>,
    policies: BTreeMap<(Path, Option<String>), Path>,
}

#[derive(Default)]
struct Thing {
    /// Values, and whether they are texts.
    properties: BTreeMap<String, (String, bool)>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: String,
    pub(crate) nullable: bool,
    pub(crate) comment: String,
}

const KINDS: [&str; 12] = [
    "ROLE",
    "WAREHOUSE",
    "DATABASE",
    "SCHEMA",
    "STORAGE INTEGRATION",
    "FILE FORMAT",
    "STAGE",
    "TAG",
    "TABLE",
    "MASKING POLICY",
    "ROW ACCESS POLICY",
    "NOTIFICATION INTEGRATION",
];

fn kind(sql: &mut Sql) -> &'static str {
    KINDS.into_iter().find(|kind| sql.take(kind)).expect("a kind of object")
}

impl Account {
    /// An account with the roles that each has.
    pub(crate) fn new() -> Self {
        let account = Self::default();
        account.state.lock().unwrap().things.insert(("ROLE", vec!["SYSADMIN".into()]), Thing::default());
        account
    }

    /// The statements that changed something, or tried to.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.statements.lock().unwrap().clone()
    }

    /// The columns of a table.
    pub(crate) fn columns(&self, path: &[&str]) -> Vec<Column> {
        let path = path.iter().map(|p| (*p).to_owned()).collect();
        self.state.lock().unwrap().things.get(&("TABLE", path)).map(|t| t.columns.clone()).unwrap_or_default()
    }

    /// The names of all things of a kind.
    pub(crate) fn names(&self, kind: &str) -> Vec<Path> {
        let state = self.state.lock().unwrap();
        state.things.keys().filter(|(k, _)| *k == kind).map(|(_, path)| path.clone()).collect()
    }

    /// What a role may do: privilege, on what, called what.
    pub(crate) fn rights(&self, role: &str) -> Vec<(String, String, String)> {
        let state = self.state.lock().unwrap();
        let of = state.grants.iter().filter(|(r, ..)| r == role);
        of.map(|(_, privilege, on, name)| (privilege.clone(), on.clone(), name.join("."))).collect()
    }

    pub(crate) fn run(&self, text: &str) -> Result<Vec<RecordBatch>> {
        let mut sql = Sql::new(text);
        let verb = sql.word();
        let mut state = self.state.lock().unwrap();
        if let Some(answer) = state.answer(&verb, &mut sql) {
            return Ok(vec![answer]);
        }
        let mut statements = self.statements.lock().unwrap();
        statements.push(text.to_owned());
        if self.fail == Some(statements.len() - 1) {
            return Err(Error::unavailable("the account is not in the mood"));
        }
        match verb.as_str() {
            "CREATE" => state.create(&mut sql, text),
            "ALTER" => state.alter(&mut sql, text),
            "GRANT" => state.grant(&mut sql),
            other => panic!("{other}"),
        }
        Ok(vec![])
    }
}

#[async_trait]
impl Execute for Account {
    async fn execute(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        self.run(sql)
    }
}
