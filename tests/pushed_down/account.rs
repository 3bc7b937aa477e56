//! In an account, where it makes objects whose names begin with SHOPSTREAM_TEST and drops them at its end: a real one, as
//! `docs/snowflake.md` says, or the emulator.

use futures::TryStreamExt;
use shopstream::{
    Layout,
    prelude::*,
    sinks::snowflake::{
        client::{self, Session},
        provision::{Settings, WarehouseSize},
    },
};
use std::{collections::HashMap, env, sync::Arc};

use crate::scenario::{Place, Shop};

/// What has to be said of an account, by the names of variables.
pub(crate) struct Account(pub(crate) HashMap<String, String>);

impl Account {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("set {name}: docs/snowflake.md says to what"))
    }

    /// A session with the account.
    pub(crate) fn session(&self) -> Session {
        Session::new(self.settings(), Arc::new(shopstream::SystemClock::new())).unwrap()
    }

    fn settings(&self) -> client::Settings {
        client::Settings::from_url_and_vars(self.get("SHOPSTREAM_TEST_SNOWFLAKE"), self.0.clone()).unwrap()
    }

    fn lake(&self) -> ObjectStoreLake {
        let url = self.get("SHOPSTREAM_TEST_LAKE");
        ObjectStoreLake::from_url_and_vars(url, Layout::dated("raw/shop"), self.0.clone()).unwrap()
    }

    fn names(&self) -> Settings {
        let lake = self.get("SHOPSTREAM_TEST_LAKE").trim_start_matches("s3://");
        let (bucket, prefix) = lake.split_once('/').expect("a lake is s3://bucket/prefix");
        let name = |name: &str| format!("SHOPSTREAM_TEST_{name}");
        Settings::builder(bucket, self.get("SHOPSTREAM_AWS_ROLE"))
            .prefix(prefix)
            .database(name("DWH"))
            .loading(name("LOADING_WH"), WarehouseSize::XSmall, 60)
            .transform(name("TRANSFORM_WH"), WarehouseSize::XSmall, 60)
            .bi(name("BI_WH"), WarehouseSize::XSmall, 60)
            .roles(name("LOADER"), name("TRANSFORMER"), name("REPORTER"))
            .tags(false)
            .build()
            .unwrap()
    }

    /// Lets a shop live there, and cleans up after it.
    pub(crate) async fn try_out(&self) {
        let place = Place { session: self.settings(), names: self.names(), lake: Arc::new(self.lake()) };
        let shop = Shop::new(place);
        // What fails must not leave an account that costs.
        let lived = tokio::spawn(async move { shop.lives().await }).await;
        self.clean_up().await;
        lived.unwrap();
    }

    async fn clean_up(&self) {
        let session = self.session();
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
        let lake = self.lake();
        for table in ["users", "products", "orders", "order_items", "events", "crm_contacts"] {
            for part in ["", ".keys", ".state"] {
                let partitions: Vec<_> = lake.list(&format!("{table}{part}")).try_collect().await.unwrap();
                for partition in partitions {
                    lake.delete(&partition).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Snowflake account and a bucket: see docs/snowflake.md"]
async fn the_shop_lives_in_an_account() {
    Account(env::vars().collect()).try_out().await;
}
