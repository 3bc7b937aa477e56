//! The twins on the emulator of Snowflake, by the warehouse: a third engine beside the functions and DataFusion.

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray};
use shopstream::{
    Layout, RunOptions, Secret, SystemClock,
    models::project,
    prelude::*,
    sinks::{
        lake::S3Options,
        snowflake::{
            client,
            provision::{ApplyOptions, Inventory, Settings, plan},
            warehouse::SnowflakeWarehouse,
        },
    },
};
use shopstream_testkit::{s3::S3Server, snowflake::Emulator};
use std::sync::Arc;

use crate::{
    differential::{difference, rows},
    shop::Shop,
    strategies,
};

/// An emulator where the plan of no tables was applied, and the lake that rows are put through.
struct Place {
    _s3: S3Server,
    _emulator: Emulator,
    warehouse: SnowflakeWarehouse,
}

impl Place {
    async fn new() -> Self {
        let s3 = S3Server::start().await.unwrap();
        s3.create_bucket("lake").unwrap();
        let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
        let options = S3Options::default()
            .with_endpoint(s3.endpoint())
            .with_allow_http(true)
            .with_keys(s3.access_key(), Secret::new(s3.secret_key()));
        let lake = ObjectStoreLake::s3(&"s3://lake".parse().unwrap(), &options, Layout::dated("raw/shop")).unwrap();
        let names = Settings::builder("lake", "arn:aws:iam::123456789012:role/snowflake").build().unwrap();
        let url = format!("snowflake://tester:any@myorg-shop?endpoint={}", emulator.url());
        let settings = client::Settings::from_url(&url).unwrap();
        let clock = Arc::new(SystemClock::new());
        let session = client::Session::new(settings.clone(), clock.clone()).unwrap();
        let all = plan(&names, &[], &Inventory::default()).unwrap();
        all.apply(&session, &ApplyOptions::default()).await.unwrap();
        let warehouse = SnowflakeWarehouse::builder(settings, names, clock).lake(Arc::new(lake)).build().unwrap();
        Self { _s3: s3, _emulator: emulator, warehouse }
    }

    /// Asserts that each twin makes there the rows that the model's function makes here.
    async fn assert_same(&self, shop: &Shop) {
        let (_folder, here) = shop.published().await;
        let project = project(&shop.params).unwrap();
        let build = self.warehouse.begin(&"twins".parse().unwrap()).await.unwrap();
        shop.land(&*build).await;
        let options = RunOptions::new(Arc::new(SystemClock::new())).with_workers(4);
        let made = project.push_down(&*build, &shop.params, &project.all(), &options).await;
        made.unwrap_or_else(|error| panic!("{error:?}"));
        for model in project.models() {
            let (table, declared) = (model.table(), model.declaration());
            let function = with_one_notation(&rows(here.read(&table, None).await, declared).await);
            let twin = with_one_notation(&rows(build.read(&table, None).await, declared).await);
            assert_eq!(difference(&twin, &function), None, "{table}");
        }
        build.abandon().await.unwrap();
    }
}

/// Rows whose documents are written in one way: a `VARIANT` keeps documents, and not how they were written.
fn with_one_notation(rows: &RecordBatch) -> RecordBatch {
    let fields = rows.schema();
    let columns = fields.fields().iter().zip(rows.columns()).map(|(field, column)| -> ArrayRef {
        if field.extension_type_name() != Some("arrow.json") {
            return column.clone();
        }
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap().to_string();
        let texts = column.as_string_view().iter().map(|text| text.map(read));
        Arc::new(texts.collect::<StringViewArray>())
    });
    RecordBatch::try_new(fields.clone(), columns.collect()).unwrap()
}

/// A `VARIANT` holds documents alone, and none with a key twice: Snowflake refuses others when they are loaded. And the
/// emulator's integers have 64 bits.
fn with_documents(mut shop: Shop) -> Shop {
    let is_document = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let fits = |text: &str| is_document(text) && !text.contains("first") && !text.contains("9223372036854775808");
    shop.events.retain(|event| event.row.metadata.as_ref().is_none_or(|document| fits(&document.0)));
    for document in shop.events.iter_mut().filter_map(|event| event.row.metadata.as_mut()) {
        document.0 = without_spaces(&document.0);
    }
    shop
}

/// A document without spaces: of an array as a text, a `VARIANT` has none.
fn without_spaces(document: &str) -> String {
    let (mut within, mut escaped) = (false, false);
    let keeps = |c: &char| {
        let keeps = within || !c.is_whitespace();
        (within, escaped) = (within != (*c == '"' && !escaped), within && *c == '\\' && !escaped);
        keeps
    };
    document.chars().filter(keeps).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_random_rows_on_the_emulator() {
    let place = Place::new().await;
    for shop in strategies::several(3, 12).into_iter().chain(strategies::several(1, 60)) {
        place.assert_same(&with_documents(shop)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_no_rows_on_the_emulator() {
    let place = Place::new().await;
    let params = Params::new(date!("2026-01-14"));
    let never = params.clone().with_premium_plans([""; 0]).with_start_date(date!("2027-01-01"));
    for params in [params, never] {
        place.assert_same(&Shop::empty(params)).await;
    }
}
