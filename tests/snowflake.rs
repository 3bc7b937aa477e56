//! The SQL that provisions Snowflake for the shop, compared with files: `tests/golden/snowflake`.
//!
//! After a change that is meant, `SHOPSTREAM_GOLDEN=renew cargo test --all-features --test snowflake` writes them anew;
//! what git then shows is what has to be read.
#![allow(clippy::unwrap_used)]

use shopstream::models::{Params, oltp::Orders, oltp::Users, project};
use shopstream::sinks::snowflake::provision::{
    Governance, IntegrationIdentity, Inventory, Plan, Rejects, Schedule, ScheduledModel, Settings, Snowpipe, plan,
};
use shopstream::{Format, Landed, Table, TableDecl, date};
use std::{fs, path::Path};

fn settings() -> Settings {
    let role = "arn:aws:iam::123456789012:role/shopstream-snowflake";
    Settings::builder("shopstream-lake", role).prefix("prod").build().unwrap()
}

fn tables() -> Vec<TableDecl> {
    let project = project(&Params::new(date!("2026-01-15"))).unwrap();
    project.sources().chain(project.models().iter().map(|model| model.declaration())).cloned().collect()
}

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/snowflake").join(name);
    if std::env::var("SHOPSTREAM_GOLDEN").is_ok_and(|v| v == "renew") {
        return fs::write(path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let (mut was, mut is) = (golden.lines(), text.lines());
    for line in 1.. {
        match (was.next(), is.next()) {
            (None, None) => break,
            (was, is) => assert_eq!(was, is, "{name}, line {line}; if it is meant: SHOPSTREAM_GOLDEN=renew"),
        }
    }
}

fn compare_plan(name: &str, plan: &Plan) {
    assert_eq!(plan.destructive().count(), 0);
    compare(name, &plan.to_string());
}

#[test]
fn provision() {
    compare_plan("provision.sql", &plan(&settings(), &tables(), &Inventory::default()).unwrap());
}

#[test]
fn aws_policies() {
    compare("access_policy.json", &format!("{:#}\n", settings().access_policy()));
    let identity = IntegrationIdentity::new("arn:aws:iam::999999999999:user/abc0-s-x", "SHOP_SFCRole=2_abc=");
    compare("trust_policy.json", &format!("{:#}\n", identity.trust_policy()));
}

#[test]
fn governance() {
    let (governance, settings, tables) = (Governance::default(), settings(), tables());
    compare_plan("masking.sql", &governance.masking(&settings, &tables, &Inventory::default()).unwrap());
    compare_plan("row_access.sql", &governance.row_access(&settings, &tables, &Inventory::default()).unwrap());
    compare_plan("readers.sql", &governance.readers(&settings, &tables).unwrap());
}

#[test]
fn snowpipe() {
    let (events, orders) = (Landed::<shopstream::models::oltp::Events>::declaration(), Landed::<Orders>::declaration());
    let pipes = Snowpipe::new()
        .table(Landed::<Users>::declaration(), "inbox/users", Format::Csv)
        .table(orders, "inbox/orders", Format::Parquet)
        .table(events, "inbox/events", Format::Ndjson)
        .errors_to("arn:aws:sns:eu-west-1:123456789012:pipes", "arn:aws:iam::123456789012:role/shopstream-sns");
    compare_plan("snowpipe.sql", &pipes.plan(&settings()).unwrap());
    let queue = "arn:aws:sqs:eu-west-1:999999999999:sf-snowpipe-x";
    let notification = pipes.event_notification(&settings(), queue).unwrap();
    compare("event_notification.json", &format!("{notification:#}\n"));

    let of_model = Snowpipe::new().table(Orders::declaration(), "inbox", Format::Csv);
    assert!(of_model.plan(&settings()).unwrap_err().to_string().contains("public.orders"));
    let elsewhere = Snowpipe::new().table(Landed::<Orders>::declaration(), "a/) --", Format::Csv);
    assert!(elsewhere.plan(&settings()).is_err() && elsewhere.event_notification(&settings(), queue).is_err());
}

#[test]
fn schedule() {
    let project = project(&Params::new(date!("2026-01-15"))).unwrap();
    // The shape of the chain is what matters here, and not the models' SQL.
    let models = project.models().iter().map(|model| {
        let inputs = model.inputs().iter().map(|input| input.table().clone());
        ScheduledModel::new(model.table(), inputs, format!("SELECT * FROM {}_as_sql", model.name()))
    });
    let schedule = models.clone().fold(Schedule::new("0 2 * * *", "UTC"), Schedule::model);
    compare_plan("schedule.sql", &schedule.plan(&settings(), &tables()).unwrap());

    let backwards = models.rev().fold(Schedule::new("0 2 * * *", "UTC"), Schedule::model);
    let error = backwards.plan(&settings(), &tables()).unwrap_err().to_string();
    assert!(error.contains("a model comes after those that it takes"), "{error}");
    for (cron, time_zone) in [("0 2 * *", "UTC"), ("0 2 * * *", ""), ("0 2 * * *", "UTC x")] {
        assert!(Schedule::new(cron, time_zone).plan(&settings(), &tables()).is_err());
    }
    assert!(Schedule::new("0 2 * * *", "UTC").plan(&settings(), &tables()).is_err(), "nothing to run");
}

#[test]
fn bad_rows_of_files_and_of_loads_share_a_table() {
    let columns = |table: TableDecl| {
        let column = |c: &shopstream::ColumnDecl| (c.name, c.data_type.clone(), c.nullable);
        (table.table_ref(), table.columns.iter().map(column).collect::<Vec<_>>())
    };
    let files = columns(Landed::<shopstream::sources::files::Rejects>::declaration());
    assert_eq!(columns(Landed::<Rejects>::declaration()), files);
}
