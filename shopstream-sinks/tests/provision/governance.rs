//! Who sees what.

use shopstream_core::{ColumnDecl, ErrorKind, TableDecl};
use shopstream_sinks::snowflake::provision::{ApplyOptions, Governance, Inventory, Plan, Reader, Statement};

use crate::{
    account::Account,
    from_nothing::{plan_of, provisioned},
    tables::{declarations, settings},
};

async fn plans(account: &Account, governance: &Governance) -> [Plan; 2] {
    let (settings, declarations) = (settings(), declarations());
    let inventory = Inventory::read(account, &settings, &declarations).await.unwrap();
    [
        governance.masking(&settings, &declarations, &inventory).unwrap(),
        governance.row_access(&settings, &declarations, &inventory).unwrap(),
    ]
}

fn all(plans: &[Plan; 2]) -> impl Iterator<Item = &Statement> {
    plans.iter().flat_map(Plan::statements)
}

#[tokio::test]
async fn policies_are_made_once_and_changed_in_place() {
    let account = provisioned(&settings(), &declarations()).await;
    let first = plans(&account, &Governance::default()).await;
    for plan in &first {
        plan.apply(&account, &ApplyOptions::default()).await.unwrap();
    }
    let again = plans(&account, &Governance::default()).await;
    assert!(again.iter().all(Plan::is_empty), "{} {}", again[0], again[1]);
    assert!(plan_of(&account, &settings(), &declarations()).await.is_empty(), "they are beside the rest");

    let support = Reader::new("SUPPORT").with_personal(true).with_countries(["FRA"]);
    let changed = plans(&account, &Governance::default().reader(support)).await;
    let sql: Vec<&str> = all(&changed).map(|s| s.sql.as_str()).collect();
    assert!(sql.iter().all(|sql| sql.starts_with("ALTER ") && sql.contains("POLICY") && sql.contains("SET BODY ->")));
    assert_eq!(sql.iter().filter(|sql| sql.contains("'SUPPORT'")).count(), 4, "{sql:#?}");
    let masks_of_money = sql.iter().filter(|sql| sql.contains("MASK_MONEY"));
    assert_eq!(masks_of_money.count(), 0, "support sees no money, as before");
    for plan in &changed {
        assert_eq!(plan.destructive().count(), plan.statements().len());
        plan.apply(&account, &ApplyOptions::default().with_allow_destructive(true)).await.unwrap();
    }
}

#[tokio::test]
async fn a_policy_that_stands_there_is_replaced_in_one_statement() {
    let account = provisioned(&settings(), &declarations()).await;
    let other = "CREATE ROW ACCESS POLICY IF NOT EXISTS \"SHOPSTREAM_DWH\".\"GOVERNANCE\".\"OTHER\" AS (c VARCHAR) \
                 RETURNS BOOLEAN ->\nFALSE\nCOMMENT = ''";
    account.run(other).unwrap();
    let mart = "ALTER TABLE \"SHOPSTREAM_DWH\".\"MARTS\".\"MART_COUNTRIES\"";
    let on = "ON (\"COUNTRY_CODE\")";
    account.run(&format!("{mart} ADD ROW ACCESS POLICY \"SHOPSTREAM_DWH\".\"GOVERNANCE\".\"OTHER\" {on}")).unwrap();
    let [_, rows] = plans(&account, &Governance::default()).await;
    let lost: Vec<&str> = rows.destructive().map(|s| s.sql.as_str()).collect();
    let gone = "DROP ROW ACCESS POLICY \"SHOPSTREAM_DWH\".\"GOVERNANCE\".\"OTHER\"";
    let new = "ADD ROW ACCESS POLICY \"SHOPSTREAM_DWH\".\"GOVERNANCE\".\"ROWS_BY_COUNTRY\"";
    assert_eq!(lost, [format!("{mart} {gone}, {new} {on}")]);
    rows.apply(&account, &ApplyOptions::default().with_allow_destructive(true)).await.unwrap();
    assert!(plans(&account, &Governance::default()).await[1].is_empty());
}

#[test]
fn readers_get_what_they_may_read() {
    let plan = Governance::default().readers(&settings(), &declarations()).unwrap();
    let tables = |role: &str| {
        let of =
            plan.statements().iter().filter(|s| s.sql.contains("ON TABLE") && s.sql.ends_with(&format!("{role:?}")));
        of.filter_map(|s| s.sql.split(['"', '.']).filter(|p| !p.is_empty()).nth(3)).collect::<Vec<_>>()
    };
    assert_eq!(tables("MARKETING"), ["MART_COUNTRIES"]);
    assert_eq!(tables("MERCHANT"), ["SALES"], "only what has a merchant");
    assert_eq!(tables("JUNIOR"), ["MART_COUNTRIES"]);
    assert!(plan.statements().iter().all(|s| !s.sql.contains("RAW")));
}

#[test]
fn a_merchant_without_rows_to_choose_by_sees_none() {
    let rows = Governance::default().row_access(&settings(), &declarations(), &Inventory::default()).unwrap();
    let of = |name: &str| rows.statements().iter().find(|s| s.sql.starts_with("CREATE ROW") && s.sql.contains(name));
    let by_country = &of("\"ROWS_BY_COUNTRY\"").unwrap().sql;
    assert!(by_country.contains("'MARKETING'") && !by_country.contains("'MERCHANT'"), "{by_country}");
    let by_both = &of("\"ROWS_BY_COUNTRY_AND_MERCHANT_NUMBER_19_0\"").unwrap().sql;
    assert!(by_both.contains("'MERCHANT'") && by_both.contains("CURRENT_USER()"), "{by_both}");
}

#[test]
fn what_is_masked_follows_from_the_declarations() {
    let masking = |governance: &Governance, declarations: &[TableDecl]| {
        let plan = governance.masking(&settings(), declarations, &Inventory::default()).unwrap();
        let set = plan.statements().iter().filter_map(|s| s.sql.split_once(" SET MASKING POLICY "));
        let last = |name: &str| name.rsplit('"').nth(1).unwrap().to_owned();
        set.map(|(column, policy)| format!("{} {}", last(column), last(policy))).collect::<Vec<_>>()
    };
    let money = ["AMOUNT MASK_MONEY_NUMBER_10_2", "REVENUE MASK_MONEY_NUMBER_38_2"];
    assert_eq!(
        masking(&Governance::default(), &declarations()),
        [&["EMAIL MASK_EMAIL", "NAME MASK_PERSON"], money.as_slice()].concat()
    );
    let others = Governance::none().with_currencies(["USD"]);
    assert_eq!(masking(&others, &declarations()), ["EMAIL MASK_EMAIL", "NAME MASK_PERSON"]);
    let phone = ColumnDecl::of::<i64>("phone", "").with_pii(shopstream_core::Pii::Direct).with_unit("EUR");
    let people = TableDecl::new("people", "core", "", vec![], vec![phone]);
    assert_eq!(masking(&others, &[people]), ["PHONE MASK_PERSON_NUMBER_19_0"]);
}

#[test]
fn a_role_is_one_reader() {
    for twice in ["reporter", "SysAdmin", "junior"] {
        let governance = Governance::default().reader(Reader::new(twice));
        let error = governance.readers(&settings(), &declarations()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{twice}");
    }
}
