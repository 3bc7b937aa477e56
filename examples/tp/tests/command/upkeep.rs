//! What keeps a lake up to date and clean: days one by one, errands, and what is left of runs that were killed.

use serde_json::Value;
use shopstream::{Clock, SystemClock};
use shopstream_testkit::postgres::Server;
use std::{collections::BTreeSet, env, process::Stdio, thread::sleep, time::Duration};

use crate::support::{Tp, checksums, lake, manifest, marts};

/// A server with the shop's rows as of a day.
fn shop(scale: &str) -> (Server, String) {
    let server = Server::start().unwrap();
    let url = server.url();
    Tp::new().ok(&["generate", "--postgres", &url, "--date", "2026-01-15", "--scale", scale, "--quiet"]);
    (server, url)
}

fn manifests(tp: &Tp, folder: &str) -> Vec<Value> {
    let keys = lake(&tp.out()).into_iter().filter(|k| k.starts_with(folder) && k.ends_with(".json"));
    keys.map(|key| manifest(&tp.out(), &key)).collect()
}

#[test]
fn days_one_by_one_end_where_a_full_run_ends() {
    let (server, url) = shop("1");
    let (days, full) = (Tp::new(), Tp::new());
    let cursors = ["--cursor", "orders=created_at,events=event_ts", "--deletes", "--key-difference", "order_items"];
    let common = ["--postgres", &url, "--no-generate", "--quiet"];
    let on = |tp: &Tp, more: &[&str]| tp.ok(&[&common, more].concat());
    // Rows of a table without a cursor are of today on any day: the days before are for the lake.
    on(&days, &[&["extract"], &cursors[..], &["--from", "2026-01-12", "--date", "2026-01-14"]].concat());
    on(&days, &[&cursors[..], &["--date", "2026-01-15"]].concat());
    on(&full, &["--date", "2026-01-15"]);
    assert_eq!(marts(&days.out()), marts(&full.out()));

    // Rows come, and go.
    server
        .query(
            "postgres",
            "DELETE FROM events WHERE id % 10 = 3;
             DELETE FROM order_items WHERE order_id % 50 = 7; DELETE FROM orders WHERE id % 50 = 7;
             INSERT INTO orders (user_id, created_at, total_amount, status, country, payment_method)
             SELECT user_id, '2026-01-16 10:00', 12.34, 'paid', country, 'stripe' FROM orders WHERE id % 100 = 1;
             INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total)
             SELECT id, 1 + id % 200, 1, 12.34, 12.34 FROM orders WHERE created_at >= '2026-01-16'",
        )
        .unwrap();
    let before = marts(&full.out());
    let next = [&cursors[..], &["--date", "2026-01-16"]].concat();
    on(&days, &next);
    on(&full, &["--date", "2026-01-16"]);
    assert_eq!(marts(&days.out()), marts(&full.out()));
    assert_ne!(marts(&full.out()), before);

    // The day again, on the same rows: the same files and tables.
    on(&days, &next);
    assert_eq!(marts(&days.out()), marts(&full.out()));
    for table in ["orders", "order_items", "events"] {
        let folder = if table == "events" { "raw/events/".to_owned() } else { format!("raw/postgres/{table}/") };
        let of_day = manifests(&days, &format!("{folder}2026-01-16/"));
        assert_eq!(of_day.len(), 2, "{table}");
        assert_eq!(checksums(&of_day[0]), checksums(&of_day[1]), "{table}");
        assert_eq!(of_day[0]["bounds"], of_day[1]["bounds"], "{table}");
    }
    let fewer = |table: &str| manifests(&days, &format!("raw/postgres/{table}/2026-01-16/"))[0]["rows"].clone();
    assert!(fewer("orders").as_u64().unwrap() < 100 && fewer("order_items").as_u64().unwrap() < 100);

    let states = days.json(&["state", "--date", "2026-01-16"]);
    assert_eq!(states.as_array().unwrap().len(), 3 * 5, "{states}");
    let of_orders = |s: &&Value| s["table"] == "orders" && s["date"] == "2026-01-16";
    let state = states.as_array().unwrap().iter().find(of_orders).unwrap();
    assert_eq!(state["range"]["column"], "created_at", "{state}");
    days.ok(&["reset", "--tables", "orders"]);
    let left = days.json(&["state"]);
    assert!(left.as_array().unwrap().len() == 10 && !left.to_string().contains("created_at"), "{left}");
}

#[test]
fn the_doctor_tells_what_would_go_wrong() {
    let (server, url) = shop("1");
    let tp = Tp::new();
    let findings = tp.json(&["doctor", "--postgres", &url]);
    let findings = findings.as_array().unwrap();
    assert!(findings.len() > 8, "{findings:?}");
    assert!(findings.iter().all(|f| f["severity"] != "problem"), "{findings:?}");
    server.query("postgres", "DROP TABLE crm_contacts").unwrap();
    let output = tp.command(&["doctor", "--postgres", &url]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("problem: public.crm_contacts") && said.contains("fix:"), "{said}");
}

#[test]
fn parts_plain_encodings_and_memory_are_told_of() {
    let (_server, url) = shop("20");
    let (one, two) = (Tp::new(), Tp::new());
    let common = ["extract", "--postgres", &url, "--date", "2026-01-15", "--tables", "order_items,events"];
    let plain = one.json(&[&common[..], &["--workers", "1", "--plain"]].concat());
    let sampled = two.json(&[&common[..], &["--workers", "2"]].concat());
    let table = |report: &Value, i: usize| report["steps"][0]["tables"][i].clone();
    for i in [0, 1] {
        assert_eq!(table(&plain, i)["rows"], table(&sampled, i)["rows"]);
        assert!(table(&sampled, i)["bytes"].as_u64() < table(&plain, i)["bytes"].as_u64(), "sampled files are smaller");
        assert!(table(&sampled, i)["seconds"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(manifests(&one, "raw/postgres/order_items/")[0]["files"].as_array().unwrap().len(), 1);
    assert_eq!(manifests(&two, "raw/postgres/order_items/")[0]["files"].as_array().unwrap().len(), 2);
    if cfg!(target_os = "linux") {
        let memory = sampled["memory"].as_array().unwrap();
        assert_eq!(memory.len(), 2);
        assert!(memory.iter().all(|m| m["peak_bytes"].as_u64().unwrap() > 1 << 20), "{memory:?}");
    }
}

#[test]
fn files_are_split_at_so_many_rows() {
    let (_server, url) = shop("20");
    let (whole, split) = (Tp::new(), Tp::new());
    let common = ["extract", "--postgres", &url, "--date", "2026-01-15", "--tables", "order_items", "--workers", "1"];
    whole.json(&common);
    let report = split.json(&[&common[..], &["--rows-per-file", "40000"]].concat());
    let rows = |tp: &Tp| -> Vec<u64> {
        let manifest = &manifests(tp, "raw/postgres/order_items/")[0];
        manifest["files"].as_array().unwrap().iter().map(|file| file["rows"].as_u64().unwrap()).collect()
    };
    let (all, last) = (rows(&whole)[0], rows(&split).pop().unwrap());
    assert_eq!(rows(&whole), [all]);
    assert_eq!(report["steps"][0]["tables"][0]["rows"], all);
    let mut expected = vec![40_000; (all / 40_000) as usize];
    expected.push(all % 40_000);
    assert!(last > 0 && expected.len() > 2);
    assert_eq!(rows(&split), expected);
}

#[test]
fn runs_that_are_killed_leave_nothing_that_the_next_does_not_tidy_up() {
    let (_server, url) = shop("5");
    let (calm, killed) = (Tp::new(), Tp::new());
    let args = ["extract", "--postgres", &url, "--date", "2026-01-15", "--quiet", "--workers", "2"];
    let clock = SystemClock::new();
    calm.ok(&args);
    let whole = clock.elapsed();
    let kills = if env::var("SHOPSTREAM_LONG").is_ok_and(|long| long == "1") { 200 } else { 20 };
    for kill in 0..kills {
        let mut run = killed.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Moments all over the run, in an order that mixes early and late ones.
        sleep(whole.mul_f64(f64::from(kill * 7 % kills) / f64::from(kills)) + Duration::from_millis(1));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    killed.ok(&args);

    let newest = |tp: &Tp| -> Vec<(String, Vec<String>)> {
        let all = manifests(tp, "raw/");
        let tables: BTreeSet<&str> = all.iter().map(|m| m["table"].as_str().unwrap()).collect();
        let last = |table: &&str| {
            let of_table = all.iter().filter(|m| m["table"].as_str() == Some(table));
            checksums(of_table.max_by_key(|m| m["number"].as_u64()).unwrap())
        };
        tables.iter().map(|table| ((*table).to_owned(), last(table))).collect()
    };
    assert_eq!(newest(&killed), newest(&calm));
    let named: BTreeSet<String> = manifests(&killed, "raw/")
        .iter()
        .flat_map(|m| m["files"].as_array().unwrap().clone())
        .map(|f| f["key"].as_str().unwrap().to_owned())
        .collect();
    let found: BTreeSet<String> = lake(&killed.out()).into_iter().filter(|k| !k.ends_with(".json")).collect();
    assert_eq!(found, named, "what no manifest names is gone");
    assert_eq!(killed.servers(), Vec::<String>::new());
}
