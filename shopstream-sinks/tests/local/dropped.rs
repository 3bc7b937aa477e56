//! What is dropped in its middle goes on in its thread for a while; the next build waits for it.

use futures::{FutureExt, StreamExt};
use shopstream_core::Warehouse;

use crate::fixture::{Folder, ids, published, put, rows, run};

/// Rows that take a thread longer to write than the next build to be asked for.
fn many() -> Vec<i64> {
    (0..1_000_000).collect()
}

#[tokio::test]
async fn a_put() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("put")).await.unwrap();
    put(&*build, "raw.a", &[1, 2]).await.unwrap();
    let batch = rows(&many());
    let schema = batch.schema();
    let unending = futures::stream::iter([Ok(batch)]).chain(futures::stream::pending()).boxed();
    assert!(build.put(&"raw.a".into(), schema, unending).now_or_never().is_none());
    drop(build);
    let build = folder.warehouse.begin(&run("put")).await.unwrap();
    assert_eq!(ids(build.read(&"raw.a".into(), None).await).await.unwrap(), [1, 2]);
    build.publish().await.unwrap();
    assert_eq!(folder.hidden(), [".lock"]);
}

#[tokio::test]
async fn a_put_is_over_when_its_build_is_published() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("put")).await.unwrap();
    put(&*build, "raw.a", &[1, 2]).await.unwrap();
    let batch = rows(&many());
    let schema = batch.schema();
    // With its last row handed over, nobody can call it back.
    let whole = futures::stream::iter([Ok(batch)]).boxed();
    assert!(build.put(&"raw.a".into(), schema, whole).now_or_never().is_none());
    build.publish().await.unwrap();
    assert_eq!(published(&folder.warehouse, "raw.a").await.len(), many().len());
    assert_eq!(folder.hidden(), [".lock"]);
}

#[tokio::test]
async fn a_begin_and_a_publish() {
    let folder = Folder::new();
    for number in 0..20 {
        assert!(folder.warehouse.begin(&run("dropped")).now_or_never().is_none());
        let build = folder.warehouse.begin(&run("begun")).await.unwrap();
        put(&*build, "raw.a", &[number]).await.unwrap();
        assert!(build.publish().now_or_never().is_none());
        let next = folder.warehouse.begin(&run("next")).await.unwrap();
        assert_eq!(ids(next.read(&"raw.a".into(), None).await).await.unwrap(), [number]);
        next.abandon().await.unwrap();
    }
}
