//! What a shop does with its warehouse, from an account where nothing is to the second day.

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch},
    compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch},
};
use futures::TryStreamExt;
use shopstream::{
    Check, Clock, ErrorKind, Landed, Rule, RunId, RunReport, Step, SyncMode, SystemClock, TableDecl,
    models::{
        demo::{Demo, DemoOptions, DemoSource},
        models,
        oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users},
        project,
    },
    prelude::*,
    sinks::snowflake::{
        client::{self, Session},
        provision::{self, ApplyOptions, Inventory, plan},
        warehouse::SnowflakeWarehouse,
    },
};
use std::sync::Arc;
use tempfile::TempDir;

/// Where it happens: sessions, names, and the lake that the stage shows.
pub(crate) struct Place {
    pub(crate) session: client::Settings,
    pub(crate) names: provision::Settings,
    pub(crate) lake: Arc<dyn Lake>,
}

/// A shop at a place, with a local warehouse beside it that is told the same.
pub(crate) struct Shop {
    place: Place,
    there: Arc<dyn Warehouse>,
    here: Arc<dyn Warehouse>,
    _folder: TempDir,
}

const FIRST: Date = date!("2026-01-14");

impl Place {
    pub(crate) fn session(&self) -> Session {
        Session::new(self.session.clone(), Arc::new(SystemClock::new())).unwrap()
    }

    /// Makes what has to be there.
    pub(crate) async fn provision(&self) {
        let project = project(&Params::new(FIRST)).unwrap();
        let tables: Vec<TableDecl> =
            project.sources().chain(project.models().iter().map(|m| m.declaration())).cloned().collect();
        let session = self.session();
        let found = Inventory::read(&session, &self.names, &tables).await.unwrap();
        let missing = plan(&self.names, &tables, &found).unwrap();
        missing.apply(&session, &ApplyOptions::default()).await.unwrap();
        session.close().await.unwrap();
    }
}

impl Shop {
    pub(crate) fn new(place: Place) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let there = SnowflakeWarehouse::builder(place.session.clone(), place.names.clone(), clock);
        let there = Arc::new(there.lake(place.lake.clone()).build().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let here = Arc::new(LocalWarehouse::new(folder.path()));
        Self { place, there, here, _folder: folder }
    }

    fn pipeline(&self, warehouse: &Arc<dyn Warehouse>, day: Date, shop: Project<Params>) -> Pipeline<Params> {
        let demo = DemoOptions::default().with_now(day.midnight());
        Pipeline::builder()
            .source(Arc::new(DemoSource::new(Demo::new(demo).unwrap())))
            .lake(self.place.lake.clone())
            .warehouse(warehouse.clone())
            .project(shop)
            .clock(Arc::new(SystemClock::new()))
            .date(day)
            .built_at(day.midnight())
            .params(params(day))
            .sync("orders", SyncMode::cursor("created_at"))
            .sync("users", SyncMode::key_difference())
            .build()
            .unwrap()
    }

    /// Runs a day over there, and from the same files here.
    async fn day(&self, day: Date) -> RunReport {
        let report = self.pipeline(&self.there, day, project(&params(day)).unwrap()).run().await;
        let report = report.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(report.passed(), "{:?}", report.checks);
        let here = self.pipeline(&self.here, day, project(&params(day)).unwrap());
        here.load().await.unwrap();
        here.build().await.unwrap();
        here.publish().await.unwrap();
        report
    }

    /// Asserts that both warehouses have the same tables, cell by cell.
    async fn assert_same(&self, day: Date) {
        let shop = project(&params(day)).unwrap();
        let mut tables: Vec<_> = shop.sources().chain(shop.models().iter().map(|m| m.declaration())).cloned().collect();
        let names: Vec<_> = tables.iter().map(TableDecl::table_ref).collect();
        assert_eq!(self.there.tables().await.unwrap().len(), names.len());
        for declared in tables.drain(..) {
            let (there, here) = (rows(&self.there, &declared).await, rows(&self.here, &declared).await);
            assert_eq!(there.schema(), here.schema(), "{}", declared.name);
            for (i, field) in here.schema().fields().iter().enumerate() {
                let (there, here) = (there.column(i), here.column(i));
                if field.extension_type_name() == Some("arrow.json") {
                    // Snowflake keeps documents, and not how they were written.
                    assert_eq!(documents(there), documents(here), "{}.{}", declared.name, field.name());
                } else {
                    assert_eq!(there, here, "{}.{}", declared.name, field.name());
                }
            }
        }
    }

    /// All of it.
    pub(crate) async fn lives(&self) {
        self.place.provision().await;
        let report = self.day(FIRST).await;
        assert_eq!(report.published.unwrap().tables.len(), 6 + 17);
        self.assert_same(FIRST).await;

        // The same files again change nothing.
        let again = self.pipeline(&self.there, FIRST, project(&params(FIRST)).unwrap());
        let loaded = again.load().await.unwrap();
        assert!(loaded.step(Step::Load).unwrap().tables.iter().all(|table| table.unchanged));
        again.build().await.unwrap();
        again.publish().await.unwrap();
        self.assert_same(FIRST).await;

        // The second day is an increment.
        let second = FIRST.plus_days(1);
        let report = self.day(second).await;
        let orders = report.step(Step::Load).unwrap().tables.iter().find(|t| t.table.table() == "orders").unwrap();
        assert!(orders.rows < 5_000, "{orders:?}");
        self.assert_same(second).await;

        // A third day whose data test fails is not shown.
        let third = second.plus_days(1);
        let too_many = Check::new("too_many", "marts.mart_order_trends", Rule::RowCount { expected: 1 });
        let strict = Project::builder()
            .source::<Landed<Users>>()
            .source::<Landed<Products>>()
            .source::<Landed<Orders>>()
            .source::<Landed<OrderItems>>()
            .source::<Landed<Events>>()
            .source::<Landed<CrmContacts>>()
            .models(models())
            .check(too_many)
            .bind(|query, params: &Params| params.bind(query))
            .build()
            .unwrap();
        let error = self.pipeline(&self.there, third, strict).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{error:?}");
        self.assert_same(second).await;
        let left = self.there.begin(&RunId::of_date("shop", third).unwrap()).await.unwrap();
        assert!(!left.tables().await.unwrap().is_empty(), "the build is kept");
        left.abandon().await.unwrap();
    }
}

fn documents(column: &ArrayRef) -> Vec<Option<serde_json::Value>> {
    column.as_string_view().iter().map(|text| text.map(|text| serde_json::from_str(text).unwrap())).collect()
}

fn params(day: Date) -> Params {
    Params::new(day).with_built_at(day.midnight())
}

/// The rows of a table in the order of their keys.
async fn rows(warehouse: &Arc<dyn Warehouse>, declared: &TableDecl) -> RecordBatch {
    let rows = warehouse.read(&declared.table_ref(), Some(&declared.column_names())).await.unwrap();
    let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let whole = concat_batches(batches[0].schema_ref(), &batches).unwrap();
    let column = |name: &&str| SortColumn { values: whole.column_by_name(name).unwrap().clone(), options: None };
    // Landed rows have no grain; the first of their columns is the source's key.
    let first = [declared.columns[0].name];
    let grain = if declared.grain.is_empty() { &first[..] } else { &declared.grain };
    let key: Vec<SortColumn> = grain.iter().map(column).collect();
    take_record_batch(&whole, &lexsort_to_indices(&key, None).unwrap()).unwrap()
}
