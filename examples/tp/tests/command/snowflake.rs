//! The command with a warehouse in Snowflake: an emulator of it, and a lake in S3.

use serde_json::Value;
use shopstream_testkit::{postgres::Server, s3::S3Server, snowflake::Emulator};

use crate::support::Tp;

const ROLE: &str = "arn:aws:iam::123456789012:role/shopstream-snowflake";

fn report(tp: &Tp, args: &[&str]) -> Value {
    tp.json(&[&["--lake", "s3://shop/prod", "--aws-role", ROLE], args].concat())
}

fn rows(report: &Value, step: &str) -> Vec<(String, u64)> {
    let step = report["steps"].as_array().unwrap().iter().find(|s| s["step"] == step).unwrap();
    let tables = step["tables"].as_array().unwrap();
    tables.iter().map(|t| (t["table"].as_str().unwrap().to_owned(), t["rows"].as_u64().unwrap())).collect()
}

#[test]
fn the_whole_of_it_on_the_emulator() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let s3 = runtime.block_on(S3Server::start()).unwrap();
    s3.create_bucket("shop").unwrap();
    let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
    let warehouse = format!("snowflake://tester@myorg-shop?endpoint={}", emulator.url());
    let postgres = Server::start().unwrap();
    let url = postgres.url();
    let tp = Tp::new()
        .env("AWS_ENDPOINT_URL", &s3.endpoint())
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", s3.access_key())
        .env("AWS_SECRET_ACCESS_KEY", s3.secret_key())
        .env("SNOWFLAKE_PASSWORD", "planted-secret");
    let there = report(&tp, &["--warehouse", &warehouse, "--postgres", &url, "--date", "2026-01-15"]);
    assert!(there["checks"].as_array().unwrap().iter().all(|check| check["passed"] == true), "{there}");
    assert_eq!(there["published"]["tables"].as_array().unwrap().len(), 6 + 17);
    let loaded = &there["steps"][1]["tables"][0];
    assert_eq!((&loaded["usage"]["compute"], loaded["usage"]["credits"].is_f64()), (&"LOADING_WH".into(), true));

    // Again: what is loaded stays, what is built is published anew.
    let again = ["--warehouse", &warehouse, "--postgres", &url, "--no-generate", "--date", "2026-01-15"];
    let again = report(&tp, &[&again[..], &["load", "build", "test", "publish"]].concat());
    assert!(again["steps"][0]["tables"].as_array().unwrap().iter().all(|table| table["unchanged"] == true), "{again}");
    assert_eq!(again["figures"], there["figures"]);
    assert_eq!(again["published"]["version"], "2");

    // The same rows in the local warehouse, by the models' functions: the same tables and figures.
    let here = report(&tp, &["--postgres", &url, "--no-generate", "--date", "2026-01-15"]);
    assert_eq!(rows(&there, "build"), rows(&here, "build"));
    assert_eq!(there["figures"], here["figures"]);
}

#[test]
fn what_is_missing_is_said_before_anything_runs() {
    let tp = Tp::new().env("SNOWFLAKE_PASSWORD", "planted-secret");
    let warehouse = "snowflake://tester@myorg-shop?endpoint=http://127.0.0.1:9";
    for (args, option) in [(&["--lake", "s3://shop/lake"][..], "--aws-role"), (&["--aws-role", ROLE], "--lake")] {
        let said = tp.fails(&[&["--warehouse", warehouse], args].concat());
        assert!(said.contains(option) && !said.contains("planted"), "{said}");
    }
}
