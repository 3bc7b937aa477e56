//! Streams and tasks: models run inside Snowflake, by themselves.

use shopstream_core::{Error, Model, Result, TableDecl, TableRef};

use super::{
    Inventory, Object, Plan, Settings, Statement,
    catalog::{CatalogTable, catalog},
    grants::{Grant, Target},
    object::Kind,
    settings::{RAW, STAGING},
};
use crate::snowflake::sql::{Ident, Name, literal};

/// A model that runs in Snowflake: the table that it makes, those that it takes, and its query.
#[derive(Clone, Debug)]
pub struct ScheduledModel {
    table: TableRef,
    inputs: Vec<TableRef>,
    query: String,
}

impl ScheduledModel {
    /// A model. The query has no parameters left in it, and the columns of the table, in any order.
    pub fn new(table: TableRef, inputs: impl IntoIterator<Item = TableRef>, query: impl Into<String>) -> Self {
        Self { table, inputs: inputs.into_iter().collect(), query: query.into() }
    }

    /// A model as its SQL, which must have no parameters.
    ///
    /// # Errors
    /// `Unsupported` for a model without SQL.
    pub fn of<P: 'static>(model: &Model<P>) -> Result<Self> {
        let query = model.twin().ok_or_else(|| {
            Error::unsupported("a model runs in Snowflake as SQL, and has none: give it Model::sql")
                .with("model", model.table())
        })?;
        Ok(Self::new(model.table(), model.inputs().iter().map(|input| input.table().clone()), query))
    }
}

/// Models that run inside Snowflake when raw tables have changed: a stream on each of those, a task that looks at the
/// streams on a schedule, and a task for each model that begins when those that it takes are done.
///
/// Each model's table is replaced in a transaction of its own, so that readers can see a mart that is newer than another.
/// Runs of a [`Pipeline`](shopstream_core::Pipeline) show all at once, and test before: a table should have one of both.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: String,
    time_zone: String,
    models: Vec<ScheduledModel>,
}

/// How many tasks another one can begin with, and can have behind it:
/// <https://docs.snowflake.com/en/user-guide/tasks-graphs>.
const NEIGHBOURS: usize = 100;

impl Schedule {
    /// A schedule of five fields, minute, hour, day of the month, month and day of the week, in a time zone of the IANA
    /// database: `Schedule::new("0 2 * * *", "UTC")` is at two each night.
    pub fn new(cron: impl Into<String>, time_zone: impl Into<String>) -> Self {
        Self { cron: cron.into(), time_zone: time_zone.into(), models: vec![] }
    }

    /// Adds a model, after those that it takes: in the order of [`Project::models`](shopstream_core::Project::models).
    #[must_use]
    pub fn model(mut self, model: ScheduledModel) -> Self {
        self.models.push(model);
        self
    }

    /// The streams and tasks. Applied again, it makes the tasks anew; the streams go on from where they are.
    ///
    /// # Errors
    /// `Config` for a schedule that is none, models without a declared table, models that come before those that they
    /// take, and models that all together take no raw table.
    pub fn plan(&self, settings: &Settings, declarations: &[TableDecl]) -> Result<Plan> {
        let fields = self.cron.split_ascii_whitespace().count();
        if fields != 5 || self.time_zone.is_empty() || self.time_zone.contains(char::is_whitespace) {
            return Err(Error::config("a schedule has five fields and a time zone: \"0 2 * * *\" and \"UTC\"")
                .with("schedule", self.cron.escape_debug())
                .with("time_zone", self.time_zone.escape_debug()));
        }
        let graph = TaskGraph::new(settings, declarations, &self.models)?;
        let mut statements = graph.streams()?;
        let schedule = literal(&format!("USING CRON {} {}", self.cron, self.time_zone));
        statements.extend(graph.tasks(&schedule)?);
        statements.extend(graph.rights());
        let sql = format!("SELECT SYSTEM$TASK_DEPENDENTS_ENABLE({})", literal(&graph.root.name.to_string()));
        statements.push(Statement::additive(&graph.root, "starts the schedule", sql));
        Ok(Plan::new(statements))
    }
}

struct TaskGraph<'a> {
    settings: &'a Settings,
    models: &'a [ScheduledModel],
    tables: Vec<CatalogTable>,
    /// Raw tables that models take, with their streams.
    streams: Vec<(TableRef, Name, Object)>,
    /// The schema of all tasks, which those that belong together must share.
    schema: Name,
    root: Object,
    changes: Object,
}

impl<'a> TaskGraph<'a> {
    fn new(settings: &'a Settings, declarations: &[TableDecl], models: &'a [ScheduledModel]) -> Result<Self> {
        let tables = catalog(settings, declarations)?;
        let (raw, schema) = (settings.raw_name(), settings.schema_name(STAGING)?);
        let root = Object::new(Kind::Task, schema.child(Ident::constant("RUN_MODELS")));
        let changes = Object::new(Kind::Table, raw.child(Ident::constant("_CHANGES")));
        let mut streams: Vec<(TableRef, Name, Object)> = vec![];
        for (i, model) in models.iter().enumerate() {
            for input in &model.inputs {
                if models[..i].iter().any(|m| m.table == *input) || streams.iter().any(|(table, ..)| table == input) {
                    continue;
                }
                if input.schema() != RAW {
                    return Err(Error::config(
                        "a model comes after those that it takes, and takes models or raw tables",
                    )
                    .with("model", &model.table)
                    .with("takes", input));
                }
                let stream = raw.child(Ident::new(&format!("{}_stream", input.table()))?);
                let table = settings.table_name(input)?;
                streams.push((input.clone(), table, Object::new(Kind::Stream, stream)));
            }
        }
        if streams.is_empty() {
            return Err(Error::config("a schedule needs a model that takes a raw table: its changes begin a run"));
        }
        Ok(Self { settings, models, tables, streams, schema, root, changes })
    }

    fn streams(&self) -> Result<Vec<Statement>> {
        let mut statements = vec![];
        for (table, name, stream) in &self.streams {
            let purpose = format!("what changed in {table}");
            let comment = literal(&purpose);
            let sql = format!("CREATE STREAM IF NOT EXISTS {} ON TABLE {name} COMMENT = {comment}", stream.name);
            statements.push(Statement::additive(stream, purpose, sql));
        }
        let purpose = "what each scheduled run began with";
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {} (\"TABLE_NAME\" VARCHAR NOT NULL, \"CHANGES\" NUMBER(19,0) NOT NULL, \
             \"SEEN_AT\" TIMESTAMP_NTZ(6) NOT NULL) COMMENT = {}",
            self.changes.name,
            literal(purpose),
        );
        statements.push(Statement::additive(&self.changes, purpose, sql));
        Ok(statements)
    }

    fn tasks(&self, schedule: &str) -> Result<Vec<Statement>> {
        let (root, warehouse) = (&self.root.name, &self.settings.transform.name);
        let options = format!("WAREHOUSE = {warehouse}");
        // A stream is read up to its end by the statement that writes what it says.
        let counts = self.streams.iter().map(|(table, _, stream)| {
            format!("SELECT {}, COUNT(*), SYSDATE() FROM {}", literal(&table.to_string()), stream.name)
        });
        let changed = self
            .streams
            .iter()
            .map(|(_, _, stream)| format!("SYSTEM$STREAM_HAS_DATA({})", literal(&stream.name.to_string())));
        let suspend = format!("ALTER TASK IF EXISTS {root} SUSPEND");
        let create = format!(
            "CREATE OR REPLACE TASK {root} {options} SCHEDULE = {schedule} ALLOW_OVERLAPPING_EXECUTION = FALSE \
             TIMEZONE = 'UTC'\nWHEN {}\nAS INSERT INTO {} {}",
            changed.collect::<Vec<_>>().join(" OR "),
            self.changes.name,
            counts.collect::<Vec<_>>().join(" UNION ALL "),
        );
        let mut statements = vec![
            Statement::additive(&self.root, "stops the schedule while its tasks change", suspend),
            Statement::additive(&self.root, "begins a run when raw tables have changed", create),
        ];
        for model in self.models {
            let task = self.task(&model.table)?;
            let mut after: Vec<Name> = vec![];
            for input in model.inputs.iter().filter(|i| self.models.iter().any(|m| m.table == **i)) {
                after.push(self.task(input)?.name);
            }
            if after.is_empty() {
                after.push(root.clone());
            }
            if after.len() > NEIGHBOURS {
                return Err(Error::config("a task comes after 100 others at most").with("model", &model.table));
            }
            let sql = format!(
                "CREATE OR REPLACE TASK {} {options} TIMEZONE = 'UTC'\nAFTER {}\nAS {}",
                task.name,
                after.iter().map(Name::to_string).collect::<Vec<_>>().join(", "),
                self.replace(model)?,
            );
            statements.push(Statement::additive(&task, format!("runs the model {}", model.table), sql));
        }
        Ok(statements)
    }

    /// The statement that replaces the rows of a model's table. Columns are taken by name.
    fn replace(&self, model: &ScheduledModel) -> Result<String> {
        let name = self.settings.table_name(&model.table)?;
        let table = self.tables.iter().find(|t| t.name == name).ok_or_else(|| {
            Error::config("a model that runs in Snowflake has a declared table").with("model", &model.table)
        })?;
        let query = model.query.trim().trim_end_matches(';').trim_end();
        if query.is_empty() {
            return Err(Error::config("a model that runs in Snowflake has a query").with("model", &model.table));
        }
        let columns: Vec<String> = table.columns.iter().map(|c| c.name.to_string()).collect();
        let columns = columns.join(", ");
        // The query stands on lines of its own, as its last one may end with a comment.
        Ok(format!("INSERT OVERWRITE INTO {name} ({columns})\nSELECT {columns} FROM (\n{query}\n)"))
    }

    fn task(&self, model: &TableRef) -> Result<Object> {
        let name = Ident::new(&format!("run_{}_{}", model.schema(), model.table()))?;
        Ok(Object::new(Kind::Task, self.schema.child(name)))
    }

    /// Tasks run with the rights of their owner: the role that runs models, and not the one that made them.
    fn rights(&self) -> Vec<Statement> {
        let transformer = &self.settings.transformer;
        let mut grants = vec![Grant { privileges: &["EXECUTE TASK"], on: Target::Account, to: transformer.clone() }];
        let streams = self.streams.iter();
        grants.extend(streams.map(|(_, _, s)| Grant::new(transformer, &["SELECT"], Kind::Stream, s.name.clone())));
        grants.push(Grant::new(transformer, &["INSERT"], Kind::Table, self.changes.name.clone()));
        let mut statements: Vec<Statement> =
            grants.iter().filter_map(|grant| grant.difference(&Inventory::default())).collect();
        let tasks = self.models.iter().filter_map(|m| self.task(&m.table).ok());
        for task in [self.root.clone()].into_iter().chain(tasks) {
            let sql = format!("GRANT OWNERSHIP ON TASK {} TO ROLE {transformer} COPY CURRENT GRANTS", task.name);
            statements.push(Statement::additive(&task, format!("runs with the rights of {transformer}"), sql));
        }
        statements
    }
}
