//! A plan that is applied, and what is then there.

use shopstream_core::{Decimal, Json, Landed, Table, TableDecl, Timestamp};
use shopstream_sinks::snowflake::provision::{ApplyOptions, Inventory, Kind, Plan, Settings, plan};
use shopstream_testkit::snowflake::Emulator;
use std::collections::BTreeSet;

use crate::fixture::{column, nowhere, run};

/// Who bought; it's "personal".
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "shop", grain(id))]
struct Customers {
    /// Number.
    #[column(serial)]
    id: i64,
    /// What it's called.
    #[column(length = 255, pii = "direct")]
    name: Option<String>,
    /// When.
    created_at: Option<Timestamp>,
    /// More.
    metadata: Option<Json>,
}

/// Revenue by country.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(country_code))]
struct MartCountries {
    /// The country.
    country_code: String,
    /// How much was paid.
    revenue: Decimal<38, 2>,
}

/// As it was a year before.
mod before {
    use super::*;

    /// Who bought.
    #[derive(Table, Clone, Debug, PartialEq)]
    #[table(layer = "shop", grain(id))]
    pub(super) struct Customers {
        /// Number.
        id: i32,
        /// What it's called.
        #[column(length = 10)]
        name: String,
    }
}

fn settings() -> Settings {
    Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").build().unwrap()
}

fn declarations() -> Vec<TableDecl> {
    vec![Landed::<Customers>::declaration(), MartCountries::declaration()]
}

/// The kinds of what a plan is about.
fn kinds(plan: &Plan) -> BTreeSet<String> {
    plan.statements().iter().map(|statement| format!("{:?}", statement.object.kind)).collect()
}

#[tokio::test]
async fn a_plan_is_applied_and_what_the_emulator_keeps_is_there() {
    let emulator = Emulator::start().unwrap();
    let session = nowhere(&emulator);
    let (settings, declarations) = (settings(), declarations());
    let empty = Inventory::read(&session, &settings, &declarations).await.unwrap();
    let first = plan(&settings, &declarations, &empty).unwrap();
    assert_eq!(first, plan(&settings, &declarations, &Inventory::default()).unwrap());
    let done = first.apply(&session, &ApplyOptions::default()).await.unwrap();
    assert_eq!(done, first.statements().len());

    let tables = run(&session, "SHOW TABLES IN SCHEMA \"SHOPSTREAM_DWH\".\"RAW\"").await;
    assert_eq!(column(&tables, 1), ["CUSTOMERS", "_BUILDS", "_CLAIMS", "_LOADS", "_REJECTS", "_TABLES"]);
    let described = run(&session, "DESC TABLE \"SHOPSTREAM_DWH\".\"RAW\".\"CUSTOMERS\"").await;
    let expected = [
        ["ID", "NUMBER(19,0)", "N", "Number."],
        ["NAME", "VARCHAR(255)", "Y", "What it's called."],
        ["CREATED_AT", "TIMESTAMP_NTZ(6)", "Y", "When."],
        ["METADATA", "VARIANT", "Y", "More."],
    ];
    for (found, expected) in described.iter().zip(expected) {
        assert_eq!([&found[0], &found[1], &found[3], &found[9]], expected);
    }
    let insert = "INSERT INTO SHOPSTREAM_DWH.MARTS.MART_COUNTRIES SELECT 'FRA', 12.50";
    assert_eq!(session.execute(insert).await.unwrap().report().inserted, Some(1));

    // What the emulator only nods at it cannot show: this is wanted again, and nothing else.
    let left = Inventory::read(&session, &settings, &declarations).await.unwrap();
    let again = plan(&settings, &declarations, &left).unwrap();
    let nodded = ["Role", "StorageIntegration", "Table", "Tag", "Warehouse"].map(str::to_owned);
    assert_eq!(kinds(&again), BTreeSet::from(nodded));
    let of_tables = again.statements().iter().filter(|statement| statement.object.kind == Kind::Table);
    assert!(of_tables.clone().count() > 0 && of_tables.into_iter().all(|tag| tag.sql.contains(" SET TAG ")), "{again}");
    assert_eq!(again.apply(&session, &ApplyOptions::default()).await.unwrap(), again.statements().len());
}

#[tokio::test]
async fn tables_are_changed_into_what_is_declared() {
    let emulator = Emulator::start().unwrap();
    let session = nowhere(&emulator);
    let settings = settings();
    let before = [Landed::<before::Customers>::declaration()];
    let first = plan(&settings, &before, &Inventory::default()).unwrap();
    first.apply(&session, &ApplyOptions::default()).await.unwrap();
    let now = [Landed::<Customers>::declaration()];
    let found = Inventory::read(&session, &settings, &now).await.unwrap();
    let change = plan(&settings, &now, &found).unwrap();
    assert_eq!(change.destructive().count(), 0, "{change}");
    assert!(change.to_string().contains("DROP NOT NULL") && change.to_string().contains("ADD COLUMN"), "{change}");
    change.apply(&session, &ApplyOptions::default()).await.unwrap();
    let found = Inventory::read(&session, &settings, &now).await.unwrap();
    let left = plan(&settings, &now, &found).unwrap();
    let altered = left.statements().iter().filter(|s| s.object.kind == Kind::Table && !s.sql.contains(" SET TAG "));
    assert_eq!(altered.count(), 0, "{left}");
}
