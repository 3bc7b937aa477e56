//! From an empty account to one where nothing is left to do.

use shopstream_core::{ErrorKind, TableDecl};
use shopstream_sinks::snowflake::provision::{
    ApplyOptions, Execute, Inventory, Kind, Plan, Settings, WarehouseSize, plan,
};

use crate::{
    account::Account,
    tables::{declarations, settings},
};

/// The plan for an account as it is.
pub(crate) async fn plan_of(account: &Account, settings: &Settings, declarations: &[TableDecl]) -> Plan {
    let inventory = Inventory::read(account, settings, declarations).await.unwrap();
    plan(settings, declarations, &inventory).unwrap()
}

/// An account where a plan was applied.
pub(crate) async fn provisioned(settings: &Settings, declarations: &[TableDecl]) -> Account {
    let account = Account::new();
    let plan = plan_of(&account, settings, declarations).await;
    plan.apply(&account, &ApplyOptions::default()).await.unwrap();
    account
}

#[tokio::test]
async fn everything_is_made_and_then_nothing_is_left() {
    let (settings, declarations) = (settings(), declarations());
    let account = Account::new();
    let first = plan_of(&account, &settings, &declarations).await;
    assert_eq!(first, plan(&settings, &declarations, &Inventory::default()).unwrap());
    assert_eq!(first.destructive().count(), 0);
    let done = first.apply(&account, &ApplyOptions::default()).await.unwrap();
    assert_eq!((done, account.statements().len()), (first.statements().len(), done));
    let tables = account.names("TABLE");
    let tables: Vec<&str> = tables.iter().filter_map(|path| path.last()).map(String::as_str).collect();
    assert_eq!(tables, ["SALES", "MART_COUNTRIES", "CUSTOMERS", "_LOADS", "_CLAIMS", "_BUILDS", "_TABLES", "_REJECTS"]);
    let again = plan_of(&account, &settings, &declarations).await;
    assert!(again.is_empty(), "{again}");
}

#[tokio::test]
async fn without_tags_too() {
    let settings = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").tags(false);
    let settings = settings.build().unwrap();
    let account = provisioned(&settings, &declarations()).await;
    assert!(account.names("TAG").is_empty());
    assert!(plan_of(&account, &settings, &declarations()).await.is_empty());
}

#[tokio::test]
async fn rights_are_the_least() {
    let account = provisioned(&settings(), &declarations()).await;
    let right = |privilege: &str, on: &str, name: &str| (privilege.to_owned(), on.to_owned(), name.to_owned());
    assert_eq!(
        account.rights("REPORTER"),
        [
            right("SELECT", "TABLE", "SHOPSTREAM_DWH.MARTS.MART_COUNTRIES"),
            right("USAGE", "DATABASE", "SHOPSTREAM_DWH"),
            right("USAGE", "SCHEMA", "SHOPSTREAM_DWH.MARTS"),
            right("USAGE", "WAREHOUSE", "BI_WH"),
        ]
    );
    let loader = account.rights("LOADER");
    assert!(loader.contains(&right("INSERT", "TABLE", "SHOPSTREAM_DWH.RAW._LOADS")));
    assert!(loader.iter().all(|(_, on, name)| on == "DATABASE" || on == "WAREHOUSE" || name.contains(".RAW")));
    let transformer = account.rights("TRANSFORMER");
    assert!(transformer.contains(&right("SELECT", "FUTURE TABLE", "SHOPSTREAM_DWH.RAW")));
    assert!(!transformer.contains(&right("CREATE TABLE", "SCHEMA", "SHOPSTREAM_DWH.RAW")));
    for role in ["LOADER", "TRANSFORMER", "REPORTER"] {
        assert!(account.rights("SYSADMIN").contains(&right("USAGE", "ROLE", role)));
        assert!(account.rights(role).iter().all(|(.., name)| !name.contains("GOVERNANCE")));
    }
}

#[tokio::test]
async fn settings_that_changed_are_set_again() {
    let account = provisioned(&settings(), &declarations()).await;
    let alter = async |sql: &str| account.execute(sql).await.map(drop).unwrap();
    alter("ALTER WAREHOUSE \"BI_WH\" SET WAREHOUSE_SIZE = XXLARGE AUTO_SUSPEND = 600").await;
    alter("ALTER FILE FORMAT \"SHOPSTREAM_DWH\".\"RAW\".\"CSV_FORMAT\" SET EMPTY_FIELD_AS_NULL = FALSE").await;
    alter("ALTER STORAGE INTEGRATION \"S3_INTEGRATION\" SET STORAGE_ALLOWED_LOCATIONS = ('s3://other/')").await;
    let bigger = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake")
        .loading("LOADING_WH", WarehouseSize::Small, 60)
        .build()
        .unwrap();
    let drift = plan_of(&account, &bigger, &declarations()).await;
    let sql: Vec<&str> = drift.statements().iter().map(|s| s.sql.as_str()).collect();
    assert_eq!(
        sql,
        [
            "ALTER WAREHOUSE \"LOADING_WH\" SET WAREHOUSE_SIZE = SMALL",
            "ALTER WAREHOUSE \"BI_WH\" SET WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 120",
            "ALTER STORAGE INTEGRATION \"S3_INTEGRATION\" SET STORAGE_ALLOWED_LOCATIONS = ('s3://other/', \
             's3://shop-lake/raw/')",
            "ALTER FILE FORMAT \"SHOPSTREAM_DWH\".\"RAW\".\"CSV_FORMAT\" SET EMPTY_FIELD_AS_NULL = TRUE",
        ]
    );
    drift.apply(&account, &ApplyOptions::default()).await.unwrap();
    assert!(plan_of(&account, &bigger, &declarations()).await.is_empty());
}

#[tokio::test]
async fn another_lake_takes_the_old_one_away() {
    let account = provisioned(&settings(), &declarations()).await;
    let other = Settings::builder("other-lake", "arn:aws:iam::123456789012:role/other").build().unwrap();
    let plan = plan_of(&account, &other, &declarations()).await;
    let lost: Vec<Kind> = plan.destructive().map(|s| s.object.kind).collect();
    assert_eq!(lost, [Kind::StorageIntegration, Kind::Stage]);
    let before = account.statements().len();
    let refused = plan.apply(&account, &ApplyOptions::default()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("stage \"SHOPSTREAM_DWH\".\"RAW\".\"S3_RAW_STAGE\""), "{refused}");
    assert_eq!(account.statements().len(), before, "nothing ran");
    plan.apply(&account, &ApplyOptions::default().with_allow_destructive(true)).await.unwrap();
    assert!(plan_of(&account, &other, &declarations()).await.is_empty());
}

#[tokio::test]
async fn the_first_failure_ends_it_and_names_its_object() {
    let mut account = Account::new();
    account.fail = Some(9);
    let whole = plan_of(&account, &settings(), &declarations()).await;
    let error = whole.apply(&account, &ApplyOptions::default()).await.unwrap_err();
    assert_eq!(account.statements().len(), 10, "none after it ran");
    let object = whole.statements()[9].object.to_string();
    assert_eq!((error.kind(), error.context("object")), (ErrorKind::Unavailable, Some(object.as_str())));
    assert_eq!(error.context("statement"), Some(format!("10 of {}", whole.statements().len()).as_str()));
    // What was done is not planned again.
    account.fail = None;
    let rest = plan_of(&account, &settings(), &declarations()).await;
    assert_eq!(rest.statements(), &whole.statements()[9..]);
    rest.apply(&account, &ApplyOptions::default()).await.unwrap();
    assert!(plan_of(&account, &settings(), &declarations()).await.is_empty());
}
