//! How a project is put together, and what is wrong with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use super::{
    Bind, Project,
    graph::{self, Graph},
};
use crate::{Check, Error, Model, Result, Table, TableDecl, TableRef, sql::Query};

/// Puts a [`Project`] together.
pub struct ProjectBuilder<P> {
    sources: Vec<Arc<TableDecl>>,
    models: Vec<Model<P>>,
    checks: Vec<Check>,
    bind: Arc<Bind<P>>,
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> ProjectBuilder<P> {
    pub(super) fn new() -> Self {
        Self { sources: vec![], models: vec![], checks: vec![], bind: Arc::new(|query, _: &P| query) }
    }

    /// Adds a table that is loaded, not modelled: `source::<Landed<Users>>()` is `raw.users`.
    #[must_use]
    pub fn source<T: Table>(mut self) -> Self {
        self.sources.push(Arc::new(T::declaration()));
        self
    }

    /// Adds a model.
    #[must_use]
    pub fn model(mut self, model: Model<P>) -> Self {
        self.models.push(model);
        self
    }

    /// Adds models.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = Model<P>>) -> Self {
        self.models.extend(models);
        self
    }

    /// Adds a data test.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds data tests.
    #[must_use]
    pub fn checks(mut self, checks: impl IntoIterator<Item = Check>) -> Self {
        self.checks.extend(checks);
        self
    }

    /// Says which values the parameters of the models' SQL have (default none). It gets each twin as a query, and
    /// binds all that a twin may ask for: `|query, params| query.bind("as_of", params.as_of)`. Nothing else of the
    /// project's parameters reaches a statement.
    #[must_use]
    pub fn bind(mut self, bind: impl Fn(Query, &P) -> Query + Send + Sync + 'static) -> Self {
        self.bind = Arc::new(bind);
        self
    }

    /// Orders the models.
    ///
    /// # Errors
    /// `Config` with all that is wrong: tables or tests of the same name, inputs and tested tables that nobody
    /// declares, cycles as the path of their tables.
    pub fn build(self) -> Result<Project<P>> {
        let Self { sources, models, mut checks, bind } = self;
        checks.splice(0..0, models.iter().flat_map(|m| m.tests().iter().cloned()));
        let names = sources.iter().map(|s| s.table_ref()).chain(models.iter().map(Model::table));
        let tables: Vec<TableRef> = names.collect();
        let mut problems = vec![];

        let mut position = BTreeMap::new();
        for (i, table) in tables.iter().enumerate() {
            if position.insert(table, i).is_some() {
                problems.push(format!("{table} is declared twice"));
            }
        }
        let mut inputs = vec![BTreeSet::new(); sources.len()];
        for model in &models {
            let mut of = BTreeSet::new();
            for input in model.inputs() {
                match position.get(input.table()) {
                    Some(i) => _ = of.insert(*i),
                    None => problems.push(format!(
                        "{} takes {}, which is neither a source nor a model",
                        model.table(),
                        input.table()
                    )),
                }
            }
            inputs.push(of);
        }
        let mut seen = BTreeSet::new();
        for check in &checks {
            if !seen.insert(&check.name) {
                problems.push(format!("two data tests are called {}", check.name));
            }
            for table in check.tables().into_iter().filter(|t| !position.contains_key(t)) {
                problems.push(format!("test {} is of {table}, which is neither a source nor a model", check.name));
            }
        }
        let order = graph::order(&inputs).unwrap_or_else(|cycles| {
            for cycle in cycles {
                let path: Vec<String> = cycle.iter().map(|t| tables[*t].to_string()).collect();
                problems.push(format!("a cycle: {}", path.join(" -> ")));
            }
            vec![]
        });
        if !problems.is_empty() {
            return Err(Error::config(format!("the project does not fit together: {}", problems.join("; "))));
        }

        // Sources take nothing, so they keep their places in front when only the models are reordered.
        let order: Vec<usize> = (0..sources.len()).chain(order.into_iter().filter(|t| *t >= sources.len())).collect();
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| place[*old] = new);
        let moved = |old: &usize| inputs[*old].iter().map(|i| place[*i]).collect();
        let graph = Graph::new(order.iter().map(moved).collect());
        let models = order[sources.len()..].iter().map(|old| models[*old - sources.len()].clone()).collect();
        let tables = order.iter().map(|old| tables[*old].clone()).collect();
        Ok(Project { sources, models, checks, bind, tables, graph })
    }
}

impl<P> fmt::Debug for ProjectBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectBuilder").field("models", &self.models).finish_non_exhaustive()
    }
}
