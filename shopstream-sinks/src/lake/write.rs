//! Rows to files, and their manifest.

use futures::StreamExt;
use shopstream_core::{BatchStream, DataFile, Manifest, Partition, Result, StatsCollector, TableRead, WriteOptions};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::JoinSet;

use super::{
    claim::Claim,
    part::{PartWriter, Plan},
    store::Store,
    task,
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
        write_parts(&plan, parts, options.workers).await
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

/// Writes so many parts side by side, each in a task of its own: what their streams compute runs on all cores.
async fn write_parts(
    plan: &Arc<Plan>,
    parts: Vec<BatchStream>,
    workers: usize,
) -> Result<(Vec<DataFile>, StatsCollector)> {
    let mut waiting = (0..).zip(parts);
    let (mut running, mut written) = (JoinSet::new(), BTreeMap::new());
    loop {
        while running.len() < workers.max(1)
            && let Some((part, rows)) = waiting.next()
        {
            let work = write_part(PartWriter::new(plan.clone(), part), rows);
            running.spawn_on(async move { Ok((part, work.await?)) }, &task::runtime()?);
        }
        let Some(ended) = running.join_next().await else { break };
        match task::outcome(ended) {
            Ok((part, work)) => written.insert(part, work),
            Err(error) => {
                running.shutdown().await;
                return Err(error);
            }
        };
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

async fn write_part(mut writer: PartWriter, mut rows: BatchStream) -> Result<(Vec<DataFile>, StatsCollector)> {
    let mut next = rows.next().await.transpose()?;
    while let Some(batch) = next {
        // The source works on the next batch while this one is encoded and sent.
        let following = async { rows.next().await.transpose() };
        (_, next) = futures::future::try_join(writer.write(batch), following).await?;
    }
    // The source's connection is of no more use, and another part may wait for it.
    drop(rows);
    writer.finish().await
}
