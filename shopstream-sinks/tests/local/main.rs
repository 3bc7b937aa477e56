//! The local warehouse on a real disk.
#![cfg(all(feature = "local", unix))]
#![allow(clippy::unwrap_used)]

mod crash;
mod damage;
mod dropped;
mod files;
mod fixture;
mod locks;
mod query;
mod settings;

use fixture::Folder;
use shopstream_core::conformance;
use shopstream_sinks::local::LocalWarehouse;

#[tokio::test]
async fn keeps_the_promises_of_a_warehouse() {
    let folder = Folder::new();
    conformance::warehouse::all(&folder.warehouse).await.unwrap();
    assert_eq!(folder.hidden(), [".lock"], "nothing is left aside");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_them_on_several_threads_and_with_other_names_and_few_versions() {
    let folder = Folder::new();
    let settings = LocalWarehouse::builder(folder.path()).keep_versions(1).schema_name("marts", "gold");
    conformance::warehouse::all(&settings.build().unwrap()).await.unwrap();
}
