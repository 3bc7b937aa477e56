//! One step of a plan.

use std::fmt;

use super::Object;

/// What a statement does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It adds, or changes a setting: no data and no protection is lost, and what worked before works after it.
    Additive,
    /// It takes something away that is there: a column with its values, a place that files are read from, a
    /// protection.
    Destructive,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Additive => "additive",
            Self::Destructive => "destructive",
        })
    }
}

/// One SQL statement, and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// The statement, without a semicolon.
    pub sql: String,
    /// What it is for.
    pub purpose: String,
    /// What it is about.
    pub object: Object,
    /// What it does to what is there.
    pub effect: Effect,
}

impl Statement {
    pub(super) fn additive(object: &Object, purpose: impl Into<String>, sql: String) -> Self {
        Self { sql, purpose: purpose.into(), object: object.clone(), effect: Effect::Additive }
    }

    pub(super) fn destructive(object: &Object, purpose: impl Into<String>, sql: String) -> Self {
        Self { effect: Effect::Destructive, ..Self::additive(object, purpose, sql) }
    }
}

impl fmt::Display for Statement {
    /// Two lines: a comment and the statement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A description may have line breaks, which would end the comment; a name has none.
        let purpose = self.purpose.replace(['\n', '\r'], " ");
        write!(f, "-- {}, {}: {purpose}\n{};", self.object, self.effect, self.sql)
    }
}
