//! Which partitions there are.

use futures::{FutureExt, StreamExt, TryStreamExt, stream, stream::BoxStream};
use shopstream_core::{Error, Manifest, Partition, Result};
use std::{collections::BTreeSet, sync::Arc};

use super::store::Store;

pub(super) async fn manifest(store: &Store, partition: &Partition) -> Result<Option<Manifest>> {
    match store.numbers(partition).await?.manifests.last() {
        // One that is gone by now was deleted with its partition.
        Some(highest) => store.read_manifest(partition, *highest).await,
        None => Ok(None),
    }
}

pub(super) fn list(store: Arc<Store>, table: String) -> BoxStream<'static, Result<Partition>> {
    let found = async move {
        let mut dates = BTreeSet::new();
        let mut keys = store.keys(&store.layout.table_folder(&table)?);
        while let Some(key) = keys.try_next().await? {
            dates.extend(store.layout.parse_manifest(&table, &key).map(|(date, _)| date));
        }
        Ok::<_, Error>(stream::iter(dates).map(move |date| Ok(Partition::new(table.clone(), date))))
    };
    found.into_stream().try_flatten().boxed()
}

pub(super) async fn delete(store: &Store, partition: &Partition) -> Result<()> {
    let numbers = store.numbers(partition).await?;
    // From the lowest on: the partition is whole until its highest is gone, and then it is gone.
    for number in numbers.manifests {
        store.remove(&store.layout.manifest(partition, number)?).await?;
    }
    let keys: Vec<String> = store.keys(&store.layout.folder(partition)?).try_collect().await?;
    for key in keys.iter().filter(|key| store.layout.is_file_of(partition, key)) {
        store.remove(key).await?;
    }
    for number in numbers.claims {
        store.remove(&store.layout.claim(partition, number)?).await?;
    }
    Ok(())
}
