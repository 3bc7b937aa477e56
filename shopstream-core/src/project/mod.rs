//! Projects: sources, the models made of them, and the data tests of both.

mod builder;
mod graph;
mod input;
mod push_down;
mod run;
mod select;

pub use builder::ProjectBuilder;
pub use run::RunOptions;
pub(crate) use run::cores;
pub use select::Selection;

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{Build, Check, Error, LeftOut, Model, Result, TableDecl, TableRef, sql::Query};
use graph::Graph;

/// How the parameters are bound to a model's SQL.
type Bind<P> = dyn Fn(Query, &P) -> Query + Send + Sync;

/// Sources, the models made of them in the order of their inputs, and the data tests of both.
///
/// `P` are the parameters that every model gets: what varies from run to run.
#[derive(Clone)]
pub struct Project<P> {
    sources: Vec<Arc<TableDecl>>,
    /// In an order in which each comes after its inputs.
    models: Vec<Model<P>>,
    checks: Vec<Check>,
    bind: Arc<Bind<P>>,
    /// Of the sources, then the models.
    tables: Vec<TableRef>,
    graph: Graph,
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Project<P> {
    /// Starts a project.
    pub fn builder() -> ProjectBuilder<P> {
        ProjectBuilder::new()
    }

    /// The tables that are loaded, as they were declared.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &TableDecl> {
        self.sources.iter().map(|s| &**s)
    }

    /// The models, each after those that it takes.
    pub fn models(&self) -> &[Model<P>] {
        &self.models
    }

    /// The model of a table.
    pub fn model(&self, table: &TableRef) -> Option<&Model<P>> {
        self.position(table).and_then(|i| self.models.get(i.checked_sub(self.sources.len())?))
    }

    /// The data tests: the models' and the project's own.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What each table is made of, sources first, then models in their order.
    pub fn lineage(&self) -> impl ExactSizeIterator<Item = (&TableRef, Vec<&TableRef>)> {
        self.tables.iter().zip(&self.graph.inputs).map(|(t, inputs)| (t, self.named(inputs)))
    }

    /// All that a table is made of, directly or not, in order; without itself.
    pub fn upstream(&self, table: &TableRef) -> Vec<&TableRef> {
        self.around(table, |t| self.graph.upstream(t))
    }

    /// All that is made of a table, directly or not, in order; without itself.
    pub fn downstream(&self, table: &TableRef) -> Vec<&TableRef> {
        self.around(table, |t| self.graph.downstream(t))
    }

    fn around(&self, table: &TableRef, reach: impl Fn(Option<usize>) -> BTreeSet<usize>) -> Vec<&TableRef> {
        let mut reached = reach(self.position(table));
        self.position(table).map(|t| reached.remove(&t));
        self.named(&reached)
    }

    fn named(&self, tables: &BTreeSet<usize>) -> Vec<&TableRef> {
        tables.iter().map(|t| &self.tables[*t]).collect()
    }

    fn position(&self, table: &TableRef) -> Option<usize> {
        self.tables.iter().position(|t| t == table)
    }

    /// The positions of a selection's models among all tables.
    fn positions(&self, selection: &Selection) -> Result<BTreeSet<usize>> {
        let of = |table: &TableRef| match self.position(table) {
            Some(i) if i >= self.sources.len() => Ok(i),
            _ => Err(Error::not_found("no such model in the project").with("table", table)),
        };
        selection.tables().iter().map(of).collect()
    }

    fn model_at(&self, position: usize) -> &Model<P> {
        &self.models[position - self.sources.len()]
    }

    fn selection(&self, positions: &BTreeSet<usize>) -> Selection {
        let models = positions.iter().filter(|i| **i >= self.sources.len());
        Selection::new(models.map(|i| self.tables[*i].clone()).collect())
    }

    /// The models of a selection that can be built from these tables, and those that cannot, with what they lack.
    pub fn buildable(&self, selection: &Selection, from: &BTreeSet<TableRef>) -> (Selection, Vec<LeftOut>) {
        let (mut built, mut left_out) = (BTreeSet::new(), vec![]);
        for (i, table) in self.tables.iter().enumerate().skip(self.sources.len()) {
            if !selection.contains(table) {
                continue;
            }
            let lacks = |input: &&usize| !built.contains(*input) && !from.contains(&self.tables[**input]);
            let missing: Vec<TableRef> =
                self.graph.inputs[i].iter().filter(lacks).map(|t| self.tables[*t].clone()).collect();
            if missing.is_empty() {
                built.insert(i);
            } else {
                left_out.push(LeftOut { name: table.to_string(), missing });
            }
        }
        (self.selection(&built), left_out)
    }

    /// Takes out of a build what stands on tables that will be written anew, and those of them that are models: what
    /// a run that fails leaves behind is then missing, not stale.
    pub(crate) async fn clear(&self, build: &dyn Build, changing: impl IntoIterator<Item = &TableRef>) -> Result<()> {
        let stale = self.graph.downstream(changing.into_iter().filter_map(|t| self.position(t)));
        let has: BTreeSet<TableRef> = build.tables().await?.into_iter().collect();
        for table in stale.into_iter().filter(|i| *i >= self.sources.len()).map(|i| &self.tables[i]) {
            if has.contains(table) {
                build.remove(table).await?;
            }
        }
        Ok(())
    }
}

impl<P> fmt::Debug for Project<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables: Vec<String> = self.tables.iter().map(TableRef::to_string).collect();
        f.debug_struct("Project").field("tables", &tables).field("checks", &self.checks.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
