//! On the emulator.

use futures::TryStreamExt;
use shopstream_testkit::{s3::S3Server, snowflake::Emulator};
use std::fs;

use crate::account::Account;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_lives_in_the_emulator_and_leaves_nothing() {
    let s3 = S3Server::start().await.unwrap();
    s3.create_bucket("lake").unwrap();
    let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
    let variables = [
        ("SHOPSTREAM_TEST_SNOWFLAKE", format!("snowflake://tester@myorg-shop?endpoint={}", emulator.url())),
        ("SNOWFLAKE_PASSWORD", "any".to_owned()),
        ("SHOPSTREAM_TEST_LAKE", "s3://lake/prod".to_owned()),
        ("SHOPSTREAM_AWS_ROLE", "arn:aws:iam::123456789012:role/snowflake".to_owned()),
        ("AWS_ENDPOINT_URL", s3.endpoint()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", s3.access_key().to_owned()),
        ("AWS_SECRET_ACCESS_KEY", s3.secret_key().to_owned()),
    ];
    let account = Account(variables.map(|(name, value)| (name.to_owned(), value)).into());
    account.try_out().await;

    let databases = account.session().execute("SHOW DATABASES LIKE 'SHOPSTREAM_TEST_DWH'").await.unwrap();
    let databases: Vec<_> = databases.into_stream().try_collect().await.unwrap();
    assert_eq!(databases.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 0);
    assert_eq!(files(&s3.folder().join("lake")), Vec::<String>::new());
}

/// The files below a folder.
fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path.display().to_string()] }).collect()
}
