//! Names that try to break out of their place.

use proptest::prelude::*;
use shopstream_core::{ColumnDecl, TableDecl};
use shopstream_sinks::snowflake::provision::{Inventory, Settings, plan};
use std::collections::BTreeSet;

use crate::{
    from_nothing::{plan_of, provisioned},
    tables::settings,
};

/// A name as declarations have it.
fn lasting(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

fn mart(name: &'static str, columns: &[&'static str]) -> TableDecl {
    let columns = columns.iter().map(|c| ColumnDecl::of::<i64>(c, lasting(&format!("It's {c}; --")))).collect();
    TableDecl::new(name, "marts", "A mart.", vec![], columns)
}

/// Applies a plan for a table of these names, and looks at what is there then.
async fn survives(database: &str, table: &str, columns: &[String]) {
    let settings = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/x")
        .database(database)
        .roles(format!("{database} loader"), format!("{table}'s"), format!("x{table}"))
        .build()
        .unwrap();
    let columns: Vec<&'static str> = columns.iter().map(|c| lasting(c)).collect();
    let declarations = [mart(lasting(table), &columns)];
    let account = provisioned(&settings, &declarations).await;
    assert!(plan_of(&account, &settings, &declarations).await.is_empty());
    assert_eq!(account.names("DATABASE"), [[database.to_uppercase()]]);
    assert_eq!(account.names("TABLE").len(), 1 + 5);
    let found = account.columns(&[&database.to_uppercase(), "MARTS", &table.to_uppercase()]);
    let found: Vec<&str> = found.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(found, columns.iter().map(|c| c.to_uppercase()).collect::<Vec<_>>());
}

#[tokio::test]
async fn known_attacks_are_names() {
    for name in [
        "select",
        "a.b",
        "\"",
        "\"\"",
        "x\" (id INT); DROP DATABASE prod; --",
        "x' ; DROP ROLE loader; --",
        "\\'; --",
        "$$ drop $$",
        "/* x */",
        "été ÇA 名前 🛒",
        &"n".repeat(200),
    ] {
        survives(name, name, &[name.to_owned(), "id".to_owned()]).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_name_stays_in_its_place(
        database in "(\"|'|\\.|\\\\|;|--|\\PC){1,12}",
        table in "(\"|'|\\.|\\\\|;|--|\\PC){1,12}",
        columns in prop::collection::vec("(\"|'|\\.|\\\\|;|--|\\PC){1,12}", 1..4),
    ) {
        let different: BTreeSet<String> = columns.iter().map(|c| c.to_uppercase()).collect();
        prop_assume!(different.len() == columns.len());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(survives(&database, &table, &columns));
    }
}

#[test]
fn what_does_not_fit_is_told_at_once() {
    let long = lasting(&"x".repeat(256));
    let declarations = [
        mart(long, &["id"]),
        mart("a", &["id", "Id"]),
        mart("b", &[]),
        mart("c", &["x\ny"]),
        mart("straße", &["id"]),
        mart("STRASSE", &["id"]),
        TableDecl::new("d", "public", "", vec![], vec![ColumnDecl::of::<i64>("id", "")]),
        TableDecl::new("e", "raw", "", vec![], vec![ColumnDecl::of::<i64>("id", "")]),
    ];
    let error = plan(&settings(), &declarations, &Inventory::default()).unwrap_err().to_string();
    for part in [
        "characters: 256",
        "columns: id, Id",
        "at least one column",
        "column: x\\ny",
        "marts.STRASSE and marts.straße would both be \"SHOPSTREAM_DWH\".\"MARTS\".\"STRASSE\"",
        "layer: public",
        "columns: _loaded_at, _source_file",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
