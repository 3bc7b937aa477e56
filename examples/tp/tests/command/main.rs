//! The command as people use it: a process, with real servers and files.

#![allow(clippy::unwrap_used)]

mod snowflake;
mod support;
mod upkeep;

use serde_json::Value;
use shopstream_testkit::{postgres::Server, s3::S3Server};
use std::{fs, io::Read, process::Stdio, time::Duration};
use support::{Tp, current, marts, published};

const TABLES: [(&str, &str); 6] = [
    ("users", "1000"),
    ("products", "200"),
    ("orders", "5000"),
    ("order_items", "15106"),
    ("events", "10000"),
    ("crm_contacts", "500"),
];

#[test]
fn everything_at_once_on_a_throwaway_server() {
    let tp = Tp::new();
    let report = tp.json(&["--date", "2026-01-15"]);
    assert!(report["database"].as_str().unwrap().starts_with("throwaway PostgreSQL"), "{report}");
    assert_eq!(report["steps"].as_array().unwrap().len(), 5);
    assert!(report["checks"].as_array().unwrap().iter().all(|check| check["passed"] == true));
    assert!(report["snapshot"]["lsn"].is_string(), "{report}");
    let figures = &report["figures"];
    let countries = figures["countries"].as_array().unwrap();
    let cents = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<i128>().unwrap();
    assert_eq!(countries.iter().map(|c| cents(&c["revenue"])).sum::<i128>(), cents(&figures["revenue"]));
    assert!(cents(&figures["revenue"]) > 0);
    let files = published(&tp.out());
    assert_eq!(files.len(), 6 + 6 + 4 + 7, "{files:?}");
    assert!(files.contains(&"marts/mart_sales_overview.parquet".to_owned()));
    assert_eq!(tp.servers(), Vec::<String>::new(), "no server is left");
    assert!(tp.out().join("reports/shop-2026-01-15.json").is_file());
    for (path, name) in [("postgres/users", "users"), ("events", "events"), ("crm/contacts", "crm_contacts")] {
        assert!(tp.out().join(format!("lake/raw/{path}/2026-01-15/{name}_20260115.parquet")).is_file());
    }
}

#[test]
fn a_second_run_of_a_date_gives_the_same_tables_and_an_older_date_is_refused() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    let at = |date: &str, more: &[&str]| {
        [&["--postgres", &url, "--date", date, "--quiet"], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    tp.ok(&at("2026-01-15", &[]));
    let (version, first) = (current(&tp.out()), marts(&tp.out()));
    tp.ok(&at("2026-01-15", &[]));
    assert_ne!(current(&tp.out()), version);
    assert_eq!(marts(&tp.out()), first, "the same rows, the same bytes");

    let error = tp.fails(&at("2026-01-14", &[]));
    assert!(error.contains("later date") && error.contains("allow_older"), "{error}");
    assert_eq!(marts(&tp.out()), first);
    tp.ok(&at("2026-01-14", &["--allow-older"]));
    assert_ne!(marts(&tp.out()), first);
}

#[test]
fn steps_one_by_one_go_on_where_the_last_one_stopped() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    for step in ["generate", "extract", "load", "build", "test"] {
        tp.ok(&[step, "--postgres", &url, "--date", "2026-01-15", "--quiet"]);
        assert!(!tp.out().join("warehouse/current").exists(), "{step} shows nothing");
    }
    for (table, rows) in TABLES {
        let count = server.query("postgres", &format!("SELECT count(*) FROM {table}")).unwrap();
        assert_eq!(count, [[Some(rows.to_owned())]]);
    }
    tp.ok(&["publish", "--date", "2026-01-15", "--quiet"]);
    assert_eq!(published(&tp.out()).len(), 23);
    let next = "SELECT nextval(pg_get_serial_sequence('orders', 'id'))";
    assert_eq!(server.query("postgres", next).unwrap(), [[Some("5001".to_owned())]], "sequences are left right");
}

#[test]
fn a_step_without_what_it_goes_on_from_says_so() {
    let tp = Tp::new();
    assert!(tp.fails(&["load", "--date", "2026-01-15"]).contains("users"));
    assert!(tp.fails(&["publish", "--date", "2026-01-15"]).contains("empty"));
}

#[test]
fn every_format_of_the_lake_gives_the_same_marts() {
    let server = Server::start().unwrap();
    let url = server.url();
    let of = |format: &str| {
        let tp = Tp::new();
        tp.ok(&["--postgres", &url, "--date", "2026-01-15", "--format", format, "--quiet"]);
        let ending = format!("lake/raw/postgres/orders/2026-01-15/orders_20260115.{format}");
        assert!(tp.out().join(ending).is_file());
        marts(&tp.out())
    };
    let parquet = of("parquet");
    assert_eq!(of("csv"), parquet);
    assert_eq!(of("ndjson"), parquet);
}

#[test]
fn the_lake_may_be_in_s3() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(S3Server::start()).unwrap();
    s3.create_bucket("shop").unwrap();
    let tp =
        Tp::new().env("AWS_ENDPOINT_URL", &s3.endpoint()).env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "us-east-1");
    let tp = tp.env("AWS_ACCESS_KEY_ID", s3.access_key()).env("AWS_SECRET_ACCESS_KEY", s3.secret_key());
    tp.ok(&["--lake", "s3://shop/lake", "--date", "2026-01-15", "--quiet"]);
    assert_eq!(published(&tp.out()).len(), 23);
    assert!(!tp.out().join("lake").exists());
    let wrong = tp.env("AWS_SECRET_ACCESS_KEY", "planted-secret-0815");
    let error = wrong.fails(&["--lake", "s3://shop/lake", "--date", "2026-01-16"]);
    assert!(!error.contains("planted-secret-0815"), "{error}");
}

#[test]
fn tables_of_others_are_neither_replaced_nor_touched() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    server.query("postgres", "CREATE TABLE users (id integer); INSERT INTO users VALUES (7)").unwrap();
    let error = tp.fails(&["--postgres", &url]);
    assert!(error.contains("public.users") && error.contains("--no-generate"), "{error}");
    let error = tp.fails(&["--postgres", &url, "--no-generate"]);
    // The tables are looked at side by side: which of those that are missing is named first is open.
    assert!(error.contains("no such table") && error.contains("declared: raw."), "{error}");
    assert_eq!(server.query("postgres", "SELECT id FROM users").unwrap(), [[Some("7".to_owned())]]);
}

#[test]
fn a_failing_test_publishes_nothing_and_leaves_what_was_there() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    tp.ok(&["--postgres", &url, "--date", "2026-01-15", "--quiet"]);
    let before = (current(&tp.out()), marts(&tp.out()));

    server.query("postgres", "ALTER TABLE order_items DROP CONSTRAINT order_items_order_id_fkey").unwrap();
    server.query("postgres", "UPDATE order_items SET order_id = 999999 WHERE id = 1").unwrap();
    server.query("postgres", "UPDATE products SET price = -1 WHERE id = 3").unwrap();
    let error = tp.fails(&["--postgres", &url, "--no-generate", "--date", "2026-01-16"]);
    assert!(error.contains("raw_order_items_order_id_references_orders"), "{error}");
    assert_eq!((current(&tp.out()), marts(&tp.out())), before);
    let json = fs::read_to_string(tp.out().join("reports/shop-2026-01-16.json")).unwrap();
    let report: Value = serde_json::from_str(&json).unwrap();
    let failed: Vec<_> = report["checks"].as_array().unwrap().iter().filter(|c| c["passed"] == false).collect();
    assert!(
        failed.iter().any(|c| c["name"] == "raw_products_price_not_negative" && c["sample"][0] == "id=3"),
        "{failed:?}"
    );

    server.query("postgres", "UPDATE order_items SET order_id = 1 WHERE id = 1").unwrap();
    tp.ok(&["--postgres", &url, "--no-generate", "--date", "2026-01-16", "--quiet"]);
    assert_ne!(current(&tp.out()), before.0);
}

#[test]
fn narrowed_to_some_tables_and_days() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    let report = tp.json(&["--postgres", &url, "--date", "2026-01-15", "--tables", "users,orders"]);
    let files = published(&tp.out());
    assert!(
        files.contains(&"core/dim_customers.parquet".to_owned())
            && !files.contains(&"core/fact_orders.parquet".to_owned())
    );
    assert!(
        report["left_out"].as_array().unwrap().iter().any(|l| l["name"].as_str().unwrap().contains("fact_orders")),
        "{report}"
    );
    let all = tp.json(&["--postgres", &url, "--date", "2026-01-15"]);
    let late = tp.json(&["--postgres", &url, "--date", "2026-01-15", "--start-date", "2026-01-01"]);
    assert!(late["figures"]["orders"].as_i64() < all["figures"]["orders"].as_i64());
    let error = tp.fails(&["--postgres", &url, "--tables", "user"]);
    assert!(error.contains("no such source") && error.contains("users"), "{error}");
}

#[test]
fn two_runs_at_once_on_a_folder() {
    let tp = Tp::new();
    fs::create_dir_all(tp.out()).unwrap();
    let lock = fs::File::create(tp.out().join(".lock")).unwrap();
    lock.try_lock().unwrap();
    let error = tp.fails(&["--quiet"]);
    assert!(error.contains("another run") && error.contains("--out"), "{error}");
    drop(lock);
    tp.ok(&["--quiet"]);
}

#[test]
fn databases_that_cannot_be_read() {
    let (tp, server) = (Tp::new(), Server::builder().password("right").start().unwrap());
    let (host, port, user) = (server.host(), server.port(), server.user());
    let url =
        |password: &str, port: u16, database: &str| format!("postgres://{user}:{password}@{host}:{port}/{database}");
    for (url, said) in [
        (url("planted-password-0815", port, "postgres"), "password"),
        (url("right", port, "nowhere"), "nowhere"),
        (url("right", 1, "postgres"), "running"),
    ] {
        let error = tp.fails(&["--postgres", &url]);
        assert!(error.contains(said), "{said}: {error}");
        assert!(!error.contains("planted-password-0815") && !error.contains(":right@"), "{error}");
    }
    assert!(tp.fails(&["--postgres", "mysql://x"]).contains("postgres"));
    assert!(!tp.out().join("warehouse/current").exists());
}

#[test]
fn a_lake_that_was_damaged() {
    let (tp, server) = (Tp::new(), Server::start().unwrap());
    let url = server.url();
    tp.ok(&["--postgres", &url, "--date", "2026-01-15", "--quiet"]);
    let before = marts(&tp.out());
    tp.ok(&["extract", "--postgres", &url, "--no-generate", "--date", "2026-01-16", "--quiet"]);
    let folder = tp.out().join("lake/raw/postgres/orders/2026-01-16");
    let (data, manifest) =
        (folder.join("orders_20260116.parquet"), folder.join("orders_20260116.manifest.000001.json"));

    let whole = fs::read(&data).unwrap();
    fs::write(&data, &whole[..whole.len() / 2]).unwrap();
    assert!(tp.fails(&["load", "--date", "2026-01-16"]).contains("orders_20260116.parquet"));
    fs::write(&data, &whole).unwrap();

    let text = fs::read(&manifest).unwrap();
    fs::write(&manifest, &text[..text.len() / 2]).unwrap();
    assert!(tp.fails(&["load", "--date", "2026-01-16"]).contains("manifest"));
    fs::write(&manifest, &text).unwrap();

    tp.ok(&["load", "build", "test", "--date", "2026-01-16", "--quiet"]);
    assert_eq!(marts(&tp.out()), before, "nothing is shown before it is published");
}

#[test]
fn stopped_or_killed_it_leaves_nothing_for_good() {
    let tp = Tp::new();
    for signal in ["-INT", "-TERM", "-KILL"] {
        let mut child = tp.command(&["--scale", "20", "--date", "2026-01-15"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = [0; 9];
        child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
        assert_eq!(&said, b"database:", "the server runs");
        std::thread::sleep(Duration::from_millis(200));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let status = child.wait().unwrap();
        if signal != "-KILL" {
            assert_eq!(status.code(), Some(130));
            assert_eq!(tp.servers(), Vec::<String>::new(), "{signal} stops the server");
        }
        assert!(!tp.out().join("warehouse/current").exists());
    }
    tp.ok(&["--date", "2026-01-15", "--quiet"]);
    assert_eq!(published(&tp.out()).len(), 23);
    assert_eq!(tp.servers(), Vec::<String>::new(), "the next run removes what the killed one left");
}
