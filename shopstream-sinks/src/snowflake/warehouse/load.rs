//! Rows into a build: from files of the lake, or from the client by way of the lake.

use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use futures::{StreamExt, future::join, stream::BoxStream};
use shopstream_core::{
    BatchStream, Error, Lake, Landing, LoadAction, LoadOptions, LoadRecord, LoadReport, Manifest, Merging, Partition,
    Result, TableRead, TableRef, TableSchema, Timestamp, WriteOptions,
};
use std::sync::Arc;
use tokio::sync::mpsc;

use super::{
    build::{Aside, SnowflakeBuild},
    columns::{columns, create_shadow, join as each, list},
    ledger::Entry,
    names::tag,
    rows::narrow,
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
        let mut work = self.on(target);
        let held_load = held.as_ref().and_then(|entry| entry.load.as_ref());
        let (aside, schema, rows) = match LoadRecord::action(held_load, manifest, options)? {
            LoadAction::Nothing => return Ok(LoadReport::new(target.clone(), manifest.rows, true)),
            LoadAction::Replace => {
                let schema = Landing::new(manifest, options)?.schema().clone();
                let aside = self.next(target)?;
                self.land(&mut work, &arrival, &aside, &schema).await?;
                (aside, schema, manifest.rows)
            }
            LoadAction::Merge => {
                let held = held.ok_or_else(|| self.shared.missing(target))?;
                self.merge(&mut work, &arrival, &held).await?
            }
        };
        let mut table_schema = TableSchema::from_arrow(&schema);
        table_schema.primary_key.clone_from(&manifest.schema.primary_key);
        let load = Some(LoadRecord::new(manifest, target));
        let entry = Entry { load, ..Entry::new(&aside, table_schema, rows) };
        self.record(&mut work, entry).await?;
        Ok(LoadReport::new(target.clone(), manifest.rows, false).with_usage(work.usage()))
    }

    /// Makes a table of the rows of a manifest, with the columns that a load adds, and counts them.
    async fn land(&self, work: &mut Work<'_>, arrival: &Arrival<'_>, into: &Aside, schema: &SchemaRef) -> Result<()> {
        let Arrival { lake, manifest, options } = arrival;
        if self.copied(work, *lake, manifest, into, schema, Some(options.loaded_at)).await? {
            return Ok(());
        }
        let rows = Landing::new(manifest, options)?.read(*lake);
        self.put_borrowed(work, into, schema, rows).await.map(drop)
    }

    /// Makes a table of the files of a manifest, and counts their rows, if the stage shows them.
    async fn copied(
        &self,
        work: &mut Work<'_>,
        lake: &dyn Lake,
        manifest: &Manifest,
        into: &Aside,
        schema: &SchemaRef,
        loaded_at: Option<Timestamp>,
    ) -> Result<bool> {
        let Some(files) = self.shared.stage.files(&lake.to_string(), manifest) else { return Ok(false) };
        let columns = columns(schema)?;
        work.again(create_shadow(&into.name, &columns)).await?;
        files.copy(work, &into.name, &columns, loaded_at).await?;
        counted(work, &into.name, manifest.rows).await?;
        Ok(true)
    }

    /// Makes a table of what the build holds and the rows of a manifest, as [`Merging`] says.
    async fn merge(&self, work: &mut Work<'_>, arrival: &Arrival<'_>, held: &Entry) -> Result<(Aside, SchemaRef, u64)> {
        let Arrival { lake, manifest, options } = arrival;
        let target = &options.target;
        let (landed, merged) = {
            let table = held.schema.to_arrow();
            let merging = Merging::new(manifest, options, &table)?;
            (Landing::new(manifest, options)?.schema().clone(), merging.schema().clone())
        };
        let key: Vec<Ident> = manifest.schema.primary_key.iter().map(|k| Ident::new(k)).collect::<Result<_>>()?;
        let former = self.name_of(target)?.ok_or_else(|| self.shared.missing(target))?;
        let aside = self.next(target)?;
        self.land(work, arrival, &aside, &landed).await?;
        let coming = aside.name;
        let names: Vec<String> = key.iter().map(Ident::to_string).collect();
        let names = names.join(", ");
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
            let keys = self.next(target)?;
            self.land_keys(work, *lake, present, &keys, &merged, &manifest.schema.primary_key).await?;
            keep = format!("{keep} AND EXISTS (SELECT 1 FROM {} AS k WHERE {})", keys.name, same("k"));
            asides.push(keys.name);
        }
        let into = self.next(target)?;
        let name = &into.name;
        let sql = columns(&merged)?;
        let has = |schema: &Schema, name: &str| schema.index_of(name).is_ok();
        let held_schema = held.schema.to_arrow();
        let of = |schema: &Schema, from: &str| {
            each(&sql, |c| match has(schema, c.field.name()) {
                true => format!("{from}.{}", c.name),
                false => format!("CAST(NULL AS {})", c.data_type),
            })
        };
        work.again(create_shadow(name, &sql)).await?;
        let insert = format!("INSERT INTO {name} ({})", list(&sql));
        work.run(format!("{insert} SELECT {} FROM {former} AS h WHERE {keep}", of(&held_schema, "h"))).await?;
        work.run(format!("{insert} SELECT {} FROM {coming} AS c", of(&landed, "c"))).await?;
        let rows = work.number(count(name)).await?;
        for aside in asides {
            work.again(tables::drop(&aside, false)).await?;
        }
        Ok((into, merged, rows))
    }

    /// Makes a table of the keys that a source had.
    async fn land_keys(
        &self,
        work: &mut Work<'_>,
        lake: &dyn Lake,
        present: &Manifest,
        into: &Aside,
        merged: &SchemaRef,
        key: &[String],
    ) -> Result<()> {
        let fields = key.iter().map(|k| Ok(merged.field_with_name(k)?.clone()));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Result<Vec<_>>>()?));
        if self.copied(work, lake, present, into, &schema, None).await? {
            return Ok(());
        }
        let wanted = schema.clone();
        let rows = lake.read(present, Some(key)).await?.map(move |batch| narrow(&batch?, &wanted)).boxed();
        self.put_borrowed(work, into, &schema, rows).await.map(drop)
    }

    pub(super) async fn put_rows(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64> {
        let mut work = self.on(table);
        let aside = self.next(table)?;
        let rows = self.put_into(&mut work, &aside, &schema, rows).await?;
        self.record(&mut work, Entry::new(&aside, TableSchema::from_arrow(&schema), rows)).await?;
        Ok(rows)
    }

    /// Makes a table of rows that borrow what they come from.
    async fn put_borrowed(
        &self,
        work: &mut Work<'_>,
        into: &Aside,
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
        join(pump, self.put_into(work, into, schema, received)).await.1
    }

    /// Makes a table of rows: they go to the lake as files of their own, are copied from there, and the files go.
    async fn put_into(&self, work: &mut Work<'_>, into: &Aside, schema: &SchemaRef, rows: BatchStream) -> Result<u64> {
        let shared = &self.shared;
        let sql = columns(schema)?;
        let lake = shared.lake.as_ref().ok_or_else(|| {
            Error::unsupported(
                "rows go to Snowflake by way of the lake: give the warehouse the one that its stage shows",
            )
        })?;
        let now = shared.clock.now();
        let folder = format!("_put.{}.{}.{}", into.table, tag(&self.claim.run), into.number);
        let partition = Partition::new(folder, now.date());
        let manifest = lake.write(&partition, TableRead::new(schema.clone(), rows), &WriteOptions::new(now)).await?;
        let location = lake.to_string();
        let files = shared.stage.files(&location, &manifest).ok_or_else(|| {
            Error::config("the stage does not show the folder of the lake that rows are put into")
                .with("lake", &location)
                .with("stage", &shared.stage.location)
        })?;
        work.again(create_shadow(&into.name, &sql)).await?;
        files.copy(work, &into.name, &sql, None).await?;
        counted(work, &into.name, manifest.rows).await?;
        lake.delete(&partition).await?;
        Ok(manifest.rows)
    }
}

/// An error unless a table has so many rows.
async fn counted(work: &mut Work<'_>, name: &Name, expected: u64) -> Result<()> {
    let found = work.number(count(name)).await?;
    if found == expected {
        return Ok(());
    }
    Err(Error::data("a table has not as many rows as its manifest").with("found", found).with("expected", expected))
}
