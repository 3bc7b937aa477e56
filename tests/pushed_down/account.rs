//! In a real account: `docs/snowflake.md` says how to run it. It makes objects whose names begin with SHOPSTREAM_TEST and
//! drops them at its end.

use futures::TryStreamExt;
use shopstream::{
    Layout,
    prelude::*,
    sinks::snowflake::{
        client,
        provision::{Settings, WarehouseSize},
    },
};
use std::{env, sync::Arc};

use crate::scenario::{Place, Shop};

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("set {name}: docs/snowflake.md says to what"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Snowflake account and a bucket: see docs/snowflake.md"]
async fn the_shop_lives_in_an_account() {
    let (lake, role) = (variable("SHOPSTREAM_TEST_LAKE"), variable("SHOPSTREAM_AWS_ROLE"));
    let (bucket, prefix) = lake.trim_start_matches("s3://").split_once('/').expect("a lake is s3://bucket/prefix");
    let name = |name: &str| format!("SHOPSTREAM_TEST_{name}");
    let names = Settings::builder(bucket, role)
        .prefix(prefix)
        .database(name("DWH"))
        .loading(name("LOADING_WH"), WarehouseSize::XSmall, 60)
        .transform(name("TRANSFORM_WH"), WarehouseSize::XSmall, 60)
        .bi(name("BI_WH"), WarehouseSize::XSmall, 60)
        .roles(name("LOADER"), name("TRANSFORMER"), name("REPORTER"))
        .tags(false)
        .build()
        .unwrap();
    let url = variable("SHOPSTREAM_TEST_SNOWFLAKE");
    let session = client::Settings::from_url_and_vars(&url, env::vars()).unwrap();
    let store = ObjectStoreLake::from_url_and_vars(&lake, Layout::dated("raw/shop"), env::vars()).unwrap();
    let place = || Place { session: session.clone(), names: names.clone(), lake: Arc::new(store.clone()) };
    let shop = Shop::new(place());
    // What fails must not leave an account that costs.
    let lived = tokio::spawn(async move { shop.lives().await }).await;
    let session = place().session();
    for (kind, name) in [
        ("DATABASE", "DWH"),
        ("WAREHOUSE", "LOADING_WH"),
        ("WAREHOUSE", "TRANSFORM_WH"),
        ("WAREHOUSE", "BI_WH"),
        ("ROLE", "LOADER"),
        ("ROLE", "TRANSFORMER"),
        ("ROLE", "REPORTER"),
    ] {
        session.execute(format!("DROP {kind} IF EXISTS \"SHOPSTREAM_TEST_{name}\"")).await.unwrap();
    }
    for table in ["users", "products", "orders", "order_items", "events", "crm_contacts"] {
        for part in ["", ".keys", ".state"] {
            let partitions: Vec<_> = store.list(&format!("{table}{part}")).try_collect().await.unwrap();
            for partition in partitions {
                store.delete(&partition).await.unwrap();
            }
        }
    }
    lived.unwrap();
}
