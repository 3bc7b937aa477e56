//! The statements that make what is there into what is wanted.

use shopstream_core::{Error, Result};
use std::fmt;

use super::{Effect, Execute, Statement};

/// Statements in the order in which they have to run. As text it is a script, with a comment before each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    statements: Vec<Statement>,
}

/// How a plan is applied.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// Whether statements may run that take something away (default no).
    pub allow_destructive: bool,
}

impl ApplyOptions {
    /// Lets statements run that take something away.
    #[must_use]
    pub fn with_allow_destructive(mut self, yes: bool) -> Self {
        self.allow_destructive = yes;
        self
    }
}

impl Plan {
    pub(super) fn new(statements: Vec<Statement>) -> Self {
        Self { statements }
    }

    /// The statements, in their order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether all is as it should be.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The statements that take something away.
    pub fn destructive(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|s| s.effect == Effect::Destructive)
    }

    /// Runs the statements, one after the other; answers how many. Snowflake commits each by itself: after a failure,
    /// plan again from what is then there, and apply that.
    ///
    /// # Errors
    /// `Conflict`, before anything runs, naming every object that would lose something, unless that is allowed; that of
    /// the first statement that failed, naming its object: those behind it did not run.
    pub async fn apply(&self, executor: &dyn Execute, options: &ApplyOptions) -> Result<usize> {
        let lost: Vec<String> = self.destructive().map(|s| format!("{}: {}", s.object, s.purpose)).collect();
        if !lost.is_empty() && !options.allow_destructive {
            return Err(Error::conflict(
                "the plan takes away what is there: read it, and apply it with allow_destructive if that is meant",
            )
            .with("statements", lost.join("; ")));
        }
        for (i, statement) in self.statements.iter().enumerate() {
            executor.execute(&statement.sql).await.map_err(|e| {
                e.with("object", &statement.object)
                    .with("purpose", &statement.purpose)
                    .with("statement", format!("{} of {}", i + 1, self.statements.len()))
            })?;
        }
        Ok(self.statements.len())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, statement) in self.statements.iter().enumerate() {
            writeln!(f, "{}{statement}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
