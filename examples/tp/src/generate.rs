//! Fills a database with the demo data.

use futures::{StreamExt, stream};
use serde::Serialize;
use shopstream::{
    Batch, Clock, Date, Dialect, Error, Result, Table, TableRef,
    models::{
        demo::{Demo, DemoOptions},
        oltp,
    },
    sources::postgres::PostgresWriter,
};

use crate::args::Args;

/// A table that was filled.
#[derive(Debug, Serialize)]
pub(crate) struct Filled {
    pub(crate) table: &'static str,
    pub(crate) rows: u64,
    pub(crate) seconds: f64,
}

/// Says that the tables of a schema are ours to replace.
const MARKER: &str = "shopstream_demo";

/// Creates the shop's tables and fills them, all or nothing.
///
/// Tables of an earlier run are replaced; those of anybody else are refused.
pub(crate) async fn generate(
    args: &Args,
    url: &str,
    date: Date,
    clock: &dyn Clock,
    mut filled: impl FnMut(&Filled),
) -> Result<Vec<Filled>> {
    let now = date.midnight();
    let demo = Demo::new(DemoOptions::default().with_scale(args.scale).with_seed(args.seed).with_now(now))?;
    let mut writer = PostgresWriter::connect(url).await?;
    let tables = oltp::tables();

    let ours = writer.table_exists(&TableRef::new("public", MARKER)).await?;
    for table in &tables {
        if !ours && writer.table_exists(&table.table_ref()).await? {
            return Err(Error::conflict(
                "the database has tables of its own, which are not replaced: read them with --no-generate, or give an \
                 empty database",
            )
            .with("table", table.table_ref()));
        }
    }
    writer.execute("BEGIN").await?;
    for table in tables.iter().rev() {
        writer.execute(&format!("DROP TABLE IF EXISTS public.{}", table.name)).await?;
    }
    writer.execute(&format!("CREATE TABLE IF NOT EXISTS public.{MARKER} ()")).await?;
    for table in &tables {
        writer.execute(&table.create_table(Dialect::Postgres)).await?;
    }
    let mut done = vec![];
    let mut keep = |one: Filled| {
        filled(&one);
        done.push(one);
    };
    keep(fill(&mut writer, clock, demo.users()).await?);
    keep(fill(&mut writer, clock, demo.products()).await?);
    keep(fill(&mut writer, clock, demo.orders()).await?);
    keep(fill(&mut writer, clock, demo.order_items()).await?);
    keep(fill(&mut writer, clock, demo.events()).await?);
    keep(fill(&mut writer, clock, demo.crm_contacts()).await?);
    for table in &tables {
        // Made after the rows, which is faster.
        for statement in table.create_indexes(Dialect::Postgres) {
            writer.execute(&statement).await?;
        }
        let name = table.name;
        let next = format!(
            "SELECT setval(pg_get_serial_sequence('public.{name}', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM public.{name}"
        );
        writer.execute(&next).await?;
    }
    writer.execute("COMMIT").await?;
    Ok(done)
}

async fn fill<T: Table>(
    writer: &mut PostgresWriter,
    clock: &dyn Clock,
    batches: impl Iterator<Item = Batch<T>> + Send,
) -> Result<Filled> {
    let since = clock.elapsed();
    let rows = stream::iter(batches).map(|batch| Ok(batch.into_record_batch()));
    let rows = writer.copy_in(&TableRef::of::<T>(), rows).await?;
    Ok(Filled { table: T::NAME, rows, seconds: (clock.elapsed() - since).as_secs_f64() })
}
