//! Rows into a build: from files of the lake, or from the client by way of the lake.

use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use futures::{StreamExt, future::join, stream::BoxStream};
use shopstream_core::{
    BatchStream, Error, Lake, Landing, LoadAction, LoadOptions, LoadRecord, LoadReport, Manifest, Materialization,
    Merging, Partition, Result, TableRead, TableRef, TableSchema, WriteOptions,
};
use std::sync::Arc;
use tokio::sync::mpsc;

use super::{
    build::SnowflakeBuild,
    columns::{columns, create_shadow, join as each, list},
    ledger::Entry,
    names::tag,
    tables::{self, count},
    work::Work,
};
use crate::snowflake::sql::{Ident, Name};

/// What is to be landed, and how.
struct Arrival<'a> {
    lake: &'a dyn Lake,
    manifest: &'a Manifest,
    options: &'a LoadOptions,
}

impl SnowflakeBuild {
    pub(super) async fn load_manifest(
        &self,
        lake: &dyn Lake,
        manifest: &Manifest,
        options: &LoadOptions,
    ) -> Result<LoadReport> {
        let target = &options.target;
        let held = self.find(target);
        let arrival = Arrival { lake, manifest, options };
        let mut work = self.shared.on(target);
        let held_load = held.as_ref().and_then(|entry| entry.load.as_ref());
        let (number, schema, rows) = match LoadRecord::action(held_load, manifest, options)? {
            LoadAction::Nothing => return Ok(LoadReport::new(target.clone(), manifest.rows, true)),
            LoadAction::Replace => {
                let schema = Landing::new(manifest, options)?.schema().clone();
                let (name, number) = self.next(target)?;
                self.land(&mut work, &arrival, &name, &schema).await?;
                (number, schema, manifest.rows)
            }
            LoadAction::Merge => {
                let held = held.ok_or_else(|| self.shared.missing(target))?;
                self.merge(&mut work, &arrival, &held).await?
            }
        };
        let mut table_schema = TableSchema::from_arrow(&schema);
        table_schema.primary_key.clone_from(&manifest.schema.primary_key);
        let load = Some(LoadRecord::new(manifest, target));
        let kept = Materialization::Table;
        let entry = Entry { table: target.clone(), number, kept, schema: table_schema, definition: None, rows, load };
        self.record(&mut work, entry).await?;
        Ok(LoadReport::new(target.clone(), manifest.rows, false).with_usage(work.usage()))
    }

    /// Makes a table of the rows of a manifest, with the columns that a load adds, and counts them.
    async fn land(&self, work: &mut Work<'_>, arrival: &Arrival<'_>, name: &Name, schema: &SchemaRef) -> Result<()> {
        let Arrival { lake, manifest, options } = arrival;
        match self.shared.stage.files(&lake.to_string(), manifest) {
            Some(files) => {
                let columns = columns(schema)?;
                work.again(create_shadow(name, &columns)).await?;
                files.copy(work, name, &columns, Some(options.loaded_at)).await?;
            }
            None => {
                let rows = Landing::new(manifest, options)?.read(*lake);
                self.put_borrowed(work, name, &options.target, schema, rows).await?;
            }
        }
        counted(work, name, manifest.rows).await
    }

    /// Makes a table of what the build holds and the rows of a manifest, as [`Merging`] says.
    async fn merge(&self, work: &mut Work<'_>, arrival: &Arrival<'_>, held: &Entry) -> Result<(i64, SchemaRef, u64)> {
        let Arrival { lake, manifest, options } = arrival;
        let target = &options.target;
        let (landed, merged) = {
            let table = held.schema.to_arrow();
            let merging = Merging::new(manifest, options, &table)?;
            (Landing::new(manifest, options)?.schema().clone(), merging.schema().clone())
        };
        let key: Vec<Ident> = manifest.schema.primary_key.iter().map(|k| Ident::new(k)).collect::<Result<_>>()?;
        let former = self.name_of(target)?.ok_or_else(|| self.shared.missing(target))?;
        let (coming, _) = self.next(target)?;
        self.land(work, arrival, &coming, &landed).await?;
        let names = each_of(&key, |k| k.to_string());
        let different = work.number(format!("SELECT COUNT(*) FROM (SELECT DISTINCT {names} FROM {coming})")).await?;
        if different != manifest.rows {
            return Err(Error::data("rows to merge have the same key: it names no row")
                .with("key", manifest.schema.primary_key.join(", "))
                .with("rows", manifest.rows)
                .with("keys", different));
        }
        let same = |other: &str| key.iter().map(|k| format!("{other}.{k} = h.{k}")).collect::<Vec<_>>().join(" AND ");
        let mut keep = format!("NOT EXISTS (SELECT 1 FROM {coming} AS c WHERE {})", same("c"));
        let mut asides = vec![coming.clone()];
        if let Some(present) = manifest.increment.as_ref().and_then(|i| i.keys.as_deref()) {
            let (keys, _) = self.next(target)?;
            self.land_keys(work, *lake, present, (&keys, target), &merged, manifest).await?;
            keep = format!("{keep} AND EXISTS (SELECT 1 FROM {keys} AS k WHERE {})", same("k"));
            asides.push(keys);
        }
        let (name, number) = self.next(target)?;
        let sql = columns(&merged)?;
        let has = |schema: &Schema, name: &str| schema.index_of(name).is_ok();
        let held_schema = held.schema.to_arrow();
        let of = |schema: &Schema, from: &str| {
            each(&sql, |c| match has(schema, c.field.name()) {
                true => format!("{from}.{}", c.name),
                false => format!("CAST(NULL AS {})", c.data_type),
            })
        };
        work.again(create_shadow(&name, &sql)).await?;
        let into = format!("INSERT INTO {name} ({})", list(&sql));
        work.run(format!("{into} SELECT {} FROM {former} AS h WHERE {keep}", of(&held_schema, "h"))).await?;
        work.run(format!("{into} SELECT {} FROM {coming} AS c", of(&landed, "c"))).await?;
        let rows = work.number(count(&name)).await?;
        for aside in asides {
            work.again(tables::drop(&aside, false)).await?;
        }
        Ok((number, merged, rows))
    }

    /// Makes a table of the keys that a source had.
    async fn land_keys(
        &self,
        work: &mut Work<'_>,
        lake: &dyn Lake,
        present: &Manifest,
        (name, target): (&Name, &TableRef),
        merged: &SchemaRef,
        manifest: &Manifest,
    ) -> Result<()> {
        let key = &manifest.schema.primary_key;
        let fields = key.iter().map(|k| Ok(merged.field_with_name(k)?.clone()));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Result<Vec<_>>>()?));
        match self.shared.stage.files(&lake.to_string(), present) {
            Some(files) => {
                let columns = columns(&schema)?;
                work.again(create_shadow(name, &columns)).await?;
                files.copy(work, name, &columns, None).await?;
            }
            None => {
                let wanted = schema.clone();
                let rows = lake.read(present, Some(key)).await?;
                let rows = rows.map(move |batch| super::rows::narrow(&batch?, &wanted)).boxed();
                self.put_borrowed(work, name, target, &schema, rows).await?;
            }
        }
        counted(work, name, present.rows).await
    }

    pub(super) async fn put_rows(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64> {
        let (name, number) = self.next(table)?;
        let mut work = self.shared.on(table);
        let rows = self.put_into(&mut work, &name, table, &schema, rows).await?;
        let (kept, table_schema) = (Materialization::Table, TableSchema::from_arrow(&schema));
        let entry =
            Entry { table: table.clone(), number, kept, schema: table_schema, definition: None, rows, load: None };
        self.record(&mut work, entry).await?;
        Ok(rows)
    }

    /// Makes a table of rows that borrow what they come from.
    async fn put_borrowed(
        &self,
        work: &mut Work<'_>,
        name: &Name,
        table: &TableRef,
        schema: &SchemaRef,
        mut rows: BoxStream<'_, Result<RecordBatch>>,
    ) -> Result<u64> {
        let (sender, mut receiver) = mpsc::channel(1);
        let pump = async move {
            while let Some(batch) = rows.next().await {
                if sender.send(batch).await.is_err() {
                    break;
                }
            }
        };
        let received = futures::stream::poll_fn(move |context| receiver.poll_recv(context)).boxed();
        join(pump, self.put_into(work, name, table, schema, received)).await.1
    }

    /// Makes a table of rows: they go to the lake as files of their own, are copied from there, and the files go.
    async fn put_into(
        &self,
        work: &mut Work<'_>,
        name: &Name,
        table: &TableRef,
        schema: &SchemaRef,
        rows: BatchStream,
    ) -> Result<u64> {
        let shared = &self.shared;
        let sql = columns(schema)?;
        let lake = shared.lake.as_ref().ok_or_else(|| {
            Error::unsupported(
                "rows go to Snowflake by way of the lake: give the warehouse the one that its stage shows",
            )
        })?;
        let now = shared.clock.now();
        let number = name.parts().last().map(Ident::as_str).and_then(|n| n.rsplit('$').next()).unwrap_or_default();
        let folder = format!("_put.{table}.{}.{number}", tag(&self.claim.run));
        let partition = Partition::new(folder, now.date());
        let manifest = lake.write(&partition, TableRead::new(schema.clone(), rows), &WriteOptions::new(now)).await?;
        let location = lake.to_string();
        let files = shared.stage.files(&location, &manifest).ok_or_else(|| {
            Error::config("the stage does not show the folder of the lake that rows are put into")
                .with("lake", &location)
                .with("stage", &shared.stage.location)
        })?;
        work.again(create_shadow(name, &sql)).await?;
        files.copy(work, name, &sql, None).await?;
        counted(work, name, manifest.rows).await?;
        lake.delete(&partition).await?;
        Ok(manifest.rows)
    }
}

fn each_of<T>(items: &[T], each: impl Fn(&T) -> String) -> String {
    items.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// An error unless a table has so many rows.
async fn counted(work: &mut Work<'_>, name: &Name, expected: u64) -> Result<()> {
    let found = work.number(count(name)).await?;
    if found == expected {
        return Ok(());
    }
    Err(Error::data("a table has not as many rows as its manifest").with("found", found).with("expected", expected))
}
