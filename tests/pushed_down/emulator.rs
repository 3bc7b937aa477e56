//! On the emulator.

use shopstream::{
    Layout, Secret,
    prelude::*,
    sinks::{
        lake::S3Options,
        snowflake::{client, provision::Settings},
    },
};
use shopstream_testkit::{s3::S3Server, snowflake::Emulator};
use std::sync::Arc;

use crate::scenario::{Place, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_lives_in_the_emulator() {
    let s3 = S3Server::start().await.unwrap();
    s3.create_bucket("lake").unwrap();
    let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
    let options = S3Options::default()
        .with_endpoint(s3.endpoint())
        .with_allow_http(true)
        .with_keys(s3.access_key(), Secret::new(s3.secret_key()));
    let lake = ObjectStoreLake::s3(&"s3://lake/prod".parse().unwrap(), &options, Layout::dated("raw/shop")).unwrap();
    let names = Settings::builder("lake", "arn:aws:iam::123456789012:role/snowflake").prefix("prod").build().unwrap();
    let url = format!("snowflake://tester:any@myorg-shop?endpoint={}", emulator.url());
    let session = client::Settings::from_url(&url).unwrap();
    Shop::new(Place { session, names, lake: Arc::new(lake) }).lives().await;
}
