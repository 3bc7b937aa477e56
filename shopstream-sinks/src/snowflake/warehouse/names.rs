//! What the tables of a build are called until they are published.

use sha2::{Digest, Sha256};
use shopstream_core::{Result, RunId, TableRef};

use crate::snowflake::sql::{Ident, Name};

use super::Layers;

impl Layers {
    /// A table of a build: in the schema in which it will be, so that the same rights hold, under a name that no
    /// published table has. Each time that it is made anew it has another number.
    pub(super) fn shadow(&self, table: &TableRef, run: &RunId, number: i64) -> Result<Name> {
        let name = Ident::new(&format!("{}${}${number}", table.table(), tag(run)))?;
        Ok(self.schema_name(table.schema())?.child(name))
    }
}

/// What the names of a run's tables have in common, and those of no other run.
pub(super) fn tag(run: &RunId) -> String {
    let digest = Sha256::digest(run.as_str());
    digest.iter().take(8).map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_look_alike_have_tables_of_their_own() {
        let tags: Vec<String> = ["a-b", "a.b", "A-B", "a_b"].map(|run| tag(&run.parse().unwrap())).into();
        assert!(tags.iter().all(|tag| tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_hexdigit())));
        assert!(tags.iter().enumerate().all(|(i, tag)| !tags[..i].contains(tag)));
    }
}
