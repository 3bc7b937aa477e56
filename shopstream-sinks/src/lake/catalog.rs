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
        for object in store.objects(&store.layout.table_folder(&table)?).await? {
            let found = store.layout.parse_manifest(&table, object.location.as_ref());
            dates.extend(found.map(|(date, _)| date));
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
    for object in store.objects(&store.layout.folder(partition)?).await? {
        let key = object.location.as_ref();
        if store.layout.parse_file(&partition.table, key).is_some_and(|(date, _)| date == partition.date) {
            store.remove(key).await?;
        }
    }
    for number in numbers.claims {
        store.remove(&store.layout.claim(partition, number)?).await?;
    }
    Ok(())
}
