//! Which models are meant.

use std::{collections::BTreeSet, fmt};

use super::Project;
use crate::{Error, Model, Result, TableRef};

/// Models of a project, in their order: see [`Project::select`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    tables: Vec<TableRef>,
}

impl Selection {
    pub(super) fn new(tables: Vec<TableRef>) -> Self {
        Self { tables }
    }

    /// The models' tables, each after its inputs.
    pub fn tables(&self) -> &[TableRef] {
        &self.tables
    }

    /// Whether a model is one of them.
    pub fn contains(&self, table: &TableRef) -> bool {
        self.tables.contains(table)
    }
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Project<P> {
    /// All models.
    pub fn all(&self) -> Selection {
        Selection::new(self.models.iter().map(Model::table).collect())
    }

    /// The models that any of these means:
    ///
    /// | selector | models |
    /// |---|---|
    /// | `dim_products`, `core.dim_products` | the one of this name |
    /// | `layer:marts` | all of a layer |
    /// | `tag:finance` | all with a tag |
    /// | `+x` | x and all that it is made of |
    /// | `x+` | x and all that is made of it; `raw.users+` those of a source |
    /// | `+x+` | both |
    ///
    /// # Errors
    /// `NotFound` for a selector that means nothing, with the nearest name there is.
    pub fn select<S: AsRef<str>>(&self, selectors: &[S]) -> Result<Selection> {
        let mut selected = BTreeSet::new();
        for selector in selectors.iter().map(AsRef::as_ref) {
            let body = selector.strip_prefix('+').unwrap_or(selector);
            let name = body.strip_suffix('+').unwrap_or(body);
            let named = self.matching(name);
            if named.is_empty() {
                let mut error = Error::not_found("no model is meant by this").with("selector", selector);
                if let Some(nearest) = self.nearest(name) {
                    error = error.with("nearest", nearest);
                }
                return Err(error);
            }
            if selector.starts_with('+') {
                selected.extend(self.graph.upstream(named.iter().copied()));
            }
            if body.ends_with('+') {
                selected.extend(self.graph.downstream(named.iter().copied()));
            }
            selected.extend(named);
        }
        Ok(self.selection(&selected))
    }

    fn matching(&self, name: &str) -> Vec<usize> {
        let model = |i: usize| i.checked_sub(self.sources.len()).map(|i| &self.models[i]);
        let matches = |i: &usize| match name.split_once(':') {
            Some(("layer", layer)) => model(*i).is_some_and(|m| m.layer() == layer),
            Some(("tag", tag)) => model(*i).is_some_and(|m| m.tags().iter().any(|t| t == tag)),
            _ => self.tables[*i].table() == name || self.tables[*i].to_string() == name,
        };
        (0..self.tables.len()).filter(matches).collect()
    }

    /// The selector that differs least from a name, when that is by few letters.
    fn nearest(&self, name: &str) -> Option<String> {
        let models = self.models.iter().flat_map(|m| {
            let tags = m.tags().iter().map(|t| format!("tag:{t}"));
            [m.table().to_string(), format!("layer:{}", m.layer())].into_iter().chain(tags)
        });
        let names = self.tables.iter().map(|t| t.table().to_owned());
        let (distance, nearest) = names.chain(models).map(|n| (distance(name, &n), n)).min()?;
        (distance <= 1 + name.len() / 3).then_some(nearest)
    }
}

/// How many letters to insert, remove or replace to make one word of another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn letters_apart() {
        for (a, b, n) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("dim_user", "dim_users", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (n, n), "{a} {b}");
        }
    }
}
