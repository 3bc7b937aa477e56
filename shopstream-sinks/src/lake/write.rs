//! Rows to files, and their manifest.

use futures::{StreamExt, stream::FuturesUnordered};
use shopstream_core::{BatchStream, DataFile, Manifest, Partition, Result, StatsCollector, TableRead, WriteOptions};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

use super::{
    claim::Claim,
    part::{PartWriter, Plan},
    store::Store,
    task,
    threads::{self, Threads},
};

/// Writes the rows of a partition: its files under a claim, then the manifest.
pub(super) async fn write(
    store: &Arc<Store>,
    partition: &Partition,
    data: TableRead,
    options: &WriteOptions,
) -> Result<Manifest> {
    task::runtime()?;
    let schema = data.schema.clone();
    let mut manifest = Manifest::of_read(partition.clone(), &data, options);

    let claim = Claim::take(store, &manifest).await?;
    manifest.number = claim.number();
    let parts = data.into_checked_parts();
    let written = async {
        let plan = Arc::new(Plan::new(store, &claim, &manifest, &schema, options, parts.len())?);
        write_parts(&plan, store.threads.hold(), parts, options.workers).await
    };
    match written.await {
        Ok((files, stats)) => {
            manifest.rows = files.iter().map(|f| f.rows).sum();
            manifest.files = files;
            manifest.columns = stats.finish();
            claim.commit(manifest).await
        }
        // All uploads have ended by now.
        Err(error) => Err(claim.let_go(error).await),
    }
}

/// Writes so many parts side by side, each on a thread of its own: there its rows are decoded too, if its stream does
/// that, and encoded.
async fn write_parts(
    plan: &Arc<Plan>,
    threads: Arc<Threads>,
    parts: Vec<BatchStream>,
    workers: usize,
) -> Result<(Vec<DataFile>, StatsCollector)> {
    // Dropped with this, it stops those that still run.
    let (stop, stopped) = watch::channel(());
    let mut stop = Some(stop);
    let mut waiting = (0..).zip(parts);
    let (mut running, mut written) = (FuturesUnordered::new(), BTreeMap::new());
    let mut failed = None;
    loop {
        while stop.is_some()
            && running.len() < workers.max(1)
            && let Some((part, rows)) = waiting.next()
        {
            let work = write_part(threads.clone(), PartWriter::new(plan.clone(), part), rows, stopped.clone());
            running.push(async move { Ok((part, work.await?)) });
        }
        match running.next().await {
            Some(Ok((part, work))) => drop(written.insert(part, work)),
            Some(Err(error)) => {
                stop = None;
                // The first is why the others were stopped.
                failed = failed.or(Some(error));
            }
            None => break,
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let (mut files, mut stats) = (vec![], StatsCollector::new(&plan.schema));
    for (found, part) in written.into_values() {
        files.extend(found);
        stats.merge(&part);
    }
    // Without a row there is a file all the same: who reads the folder finds the columns in it.
    if files.is_empty() {
        files = PartWriter::new(plan.clone(), 0).without_rows().await?;
    }
    Ok((files, stats))
}

async fn write_part(
    threads: Arc<Threads>,
    mut writer: PartWriter,
    mut rows: BatchStream,
    mut stop: watch::Receiver<()>,
) -> Result<(Vec<DataFile>, StatsCollector)> {
    // It may have to wait for its turn, for which it needs no thread yet.
    let mut next = tokio::select! {
        first = rows.next() => first,
        _ = stop.changed() => return Err(threads::given_up()),
    };
    let on_thread = stop.clone();
    let work = async move {
        while let Some(batch) = next {
            writer.write(batch?).await?;
            next = rows.next().await;
        }
        Ok((writer.finish().await?, rows))
    };
    let (encoded, rows) = threads.run(work, on_thread).await?;
    // The next part may be read now. It finds that thread free, and with it the memory that this part has used.
    drop(rows);
    tokio::select! {
        written = encoded.place() => written,
        _ = stop.changed() => Err(threads::given_up()),
    }
}
