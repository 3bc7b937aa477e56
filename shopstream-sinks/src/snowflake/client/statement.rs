//! A statement: its text, its values, and what is known of it.

use serde_json::{Value, json};
use std::time::Duration;

use super::Bind;

/// A statement of SQL.
///
/// ```
/// use shopstream_sinks::snowflake::client::Statement;
///
/// let statement = Statement::new("DELETE FROM RAW.ORDERS WHERE ID = ?").bind(7_i64).with_model("raw.orders");
/// # drop(statement);
/// ```
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind>,
    pub(super) model: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) repeatable: bool,
}

/// What a statement does to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Begins,
    Ends,
    None,
}

/// Statements that change nothing, or that leave the same the second time.
const HARMLESS: [&str; 10] = ["SELECT", "WITH", "VALUES", "SHOW", "DESC", "DESCRIBE", "LIST", "LS", "EXPLAIN", "USE"];

impl Statement {
    /// A statement of this text: one, for the server refuses several.
    pub fn new(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        let repeatable = HARMLESS.contains(&words(&sql).0.as_str());
        Self { sql, binds: vec![], model: None, timeout: None, repeatable }
    }

    /// Binds a value to the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self
    }

    /// Names the model or table that it works for: it stands in the query's tag.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// How long it may take; default what the session's [`Settings`](super::Settings) say.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether it may run twice: then it is sent again when its answer was lost, without asking what became of it.
    /// Default yes for queries, `SHOW`, `DESCRIBE`, `LIST`, `EXPLAIN` and `USE`, no for all else.
    #[must_use]
    pub fn with_repeatable(mut self, yes: bool) -> Self {
        self.repeatable = yes;
        self
    }

    /// Whether it asks, and changes nothing.
    pub(in crate::snowflake) fn is_query(&self) -> bool {
        ["SELECT", "WITH", "VALUES", "SHOW", "DESC", "DESCRIBE"].contains(&words(&self.sql).0.as_str())
    }

    /// The values by their place, counted from 1; nothing when there is none.
    pub(super) fn bindings(&self) -> Option<Value> {
        let numbered = self.binds.iter().enumerate().map(|(i, bind)| ((i + 1).to_string(), bind.to_json()));
        (!self.binds.is_empty()).then(|| Value::Object(numbered.collect()))
    }

    /// The tag of its query.
    pub(super) fn tag(&self, run: Option<&str>, request: &str) -> String {
        json!({"app": "shopstream", "run": run, "model": self.model, "request": request}).to_string()
    }

    pub(super) fn effect(&self) -> Effect {
        let (first, second) = words(&self.sql);
        match (first.as_str(), second.as_str()) {
            // `BEGIN` before anything else opens a block of Snowflake Scripting.
            ("BEGIN", "" | "TRANSACTION" | "WORK" | "NAME") | ("START", "TRANSACTION") => Effect::Begins,
            ("COMMIT" | "ROLLBACK", _) => Effect::Ends,
            _ => Effect::None,
        }
    }
}

impl From<&str> for Statement {
    fn from(sql: &str) -> Self {
        Self::new(sql)
    }
}

impl From<String> for Statement {
    fn from(sql: String) -> Self {
        Self::new(sql)
    }
}

/// The first two words in upper case, after comments and opening brackets.
fn words(sql: &str) -> (String, String) {
    let (first, rest) = word(sql);
    (first, word(rest).0)
}

fn word(sql: &str) -> (String, &str) {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let after = if rest.starts_with("--") || rest.starts_with("//") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            break;
        };
        rest = after;
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (rest[..end].to_ascii_uppercase(), &rest[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_run_twice_is_known_by_its_first_word() {
        for (sql, expected) in [
            ("select 1", true),
            (" /* DELETE */ -- INSERT\n // UPDATE\n ((SELECT 1))", true),
            ("WITH x AS (SELECT 1) SELECT * FROM x", true),
            ("SELECTED", false),
            ("INSERT INTO t SELECT 1", false),
            ("--SELECT 1", false),
            ("/* SELECT", false),
            ("", false),
            ("é", false),
        ] {
            assert_eq!(Statement::new(sql).repeatable, expected, "{sql}");
        }
        assert!(Statement::new("CREATE TABLE IF NOT EXISTS t").with_repeatable(true).repeatable);
    }

    #[test]
    fn transactions_are_told_from_blocks() {
        for (sql, expected) in [
            ("BEGIN", Effect::Begins),
            ("begin;", Effect::Begins),
            ("BEGIN -- now\n TRANSACTION", Effect::Begins),
            ("start transaction", Effect::Begins),
            ("BEGIN LET x := 1; RETURN x; END", Effect::None),
            ("commit", Effect::Ends),
            ("ROLLBACK WORK", Effect::Ends),
            ("SELECT 'COMMIT'", Effect::None),
        ] {
            assert_eq!(Statement::new(sql).effect(), expected, "{sql}");
        }
    }

    #[test]
    fn tags_and_values() {
        let statement = Statement::new("SELECT ?, ?").bind(1_i64).bind("planted").with_model("marts.\"x\"");
        assert_eq!(statement.bindings().unwrap()["2"]["value"], "planted");
        assert!(Statement::new("SELECT 1").bindings().is_none() && !format!("{statement:?}").contains("planted"));
        let tag: Value = serde_json::from_str(&statement.tag(Some("shop-2026-01-14"), "r")).unwrap();
        let expected = json!({"app": "shopstream", "run": "shop-2026-01-14", "model": "marts.\"x\"", "request": "r"});
        assert_eq!(tag, expected);
    }
}
