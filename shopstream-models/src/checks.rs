//! The shop's data tests.

use shopstream_core::{Check, Condition, Measure, Operand, Rule, TableDecl};

use crate::{Params, oltp};

/// All data tests of the shop. Those of row counts are the pipeline's own.
pub fn checks(params: &Params) -> Vec<Check> {
    let mut all = raw_keys();
    all.extend(raw_values(params));
    all.extend(staging_values());
    all.extend(dropped_rows());
    all.extend(totals());
    all
}

/// `raw_orders_user_id_references_users` and the like: layer or table, columns, rule.
fn check(table: &str, what: &str, rule: impl Into<Rule>) -> Check {
    Check::new(format!("{}_{what}", table.replace('.', "_")), table, rule.into())
}

fn raw_keys() -> Vec<Check> {
    let mut checks = vec![];
    for table in oltp::tables() {
        let raw = format!("raw.{}", table.name);
        checks.push(check(&raw, "id_unique", Rule::unique(["id"])).with_keys(["id"]));
        checks.push(check(&raw, "id_not_null", Rule::not_null("id")));
    }
    let reference = |table: &str, column: &str, to: &str| {
        let name = format!("{column}_references_{to}");
        check(&format!("raw.{table}"), &name, Rule::references(column, format!("raw.{to}").as_str(), "id"))
            .with_keys(["id"])
    };
    checks.extend([
        check("raw.users", "email_unique", Rule::unique(["email"])).with_keys(["id"]),
        check("raw.users", "email_not_null", Rule::not_null("email")).with_keys(["id"]),
        check("raw.orders", "user_id_not_null", Rule::not_null("user_id")).with_keys(["id"]),
        reference("orders", "user_id", "users"),
        reference("order_items", "order_id", "orders"),
        reference("order_items", "product_id", "products"),
        reference("events", "user_id", "users"),
    ]);
    checks
}

fn raw_values(params: &Params) -> Vec<Check> {
    // A day for clocks and zones.
    let future = params.as_of.plus_days(2).midnight();
    let mut checks = vec![
        check("raw.orders", "total_amount_positive", Condition::gt("total_amount", 0)),
        check("raw.order_items", "quantity_positive", Condition::gt("quantity", 0)),
        check("raw.products", "price_not_negative", Condition::ge("price", 0)),
        check("raw.order_items", "line_total_is_quantity_times_unit_price", {
            Condition::eq("line_total", Operand::product("quantity", "unit_price"))
        }),
        check(
            "raw.orders",
            "total_amount_is_sum_of_lines",
            Rule::SumsTo {
                column: "total_amount".to_owned(),
                key: "id".to_owned(),
                details: "raw.order_items".into(),
                details_key: "order_id".to_owned(),
                details_column: "line_total".to_owned(),
            },
        ),
        check("raw.users", "last_login_not_before_created_at", Condition::ge("last_login", "created_at")),
        check(
            "raw.crm_contacts",
            "converted_iff_converted_at",
            Condition::TrueIffSet { flag: "converted".to_owned(), column: "converted_at".to_owned() },
        ),
    ];
    for table in oltp::tables() {
        for column in timestamps(&table) {
            checks.push(check(
                &format!("raw.{}", table.name),
                &format!("{column}_not_in_the_future"),
                Condition::lt(column, future),
            ));
        }
    }
    checks.into_iter().map(|c| c.warn().with_keys(["id"])).collect()
}

fn timestamps(table: &TableDecl) -> Vec<&'static str> {
    use arrow::datatypes::DataType;
    table.columns.iter().filter(|c| matches!(c.data_type, DataType::Timestamp(..))).map(|c| c.name).collect()
}

fn staging_values() -> Vec<Check> {
    let accepted = |table: &str, key: &str, column: &str, values: &[&str]| {
        let rule = Rule::accepted(column, values.iter().copied());
        check(&format!("staging.{table}"), &format!("{column}_accepted"), rule).with_keys([key])
    };
    vec![
        accepted("stg_orders", "order_id", "order_status", &["PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"]),
        accepted("stg_orders", "order_id", "payment_method", &["stripe", "paypal", "credit_card"]),
        accepted("stg_events", "event_id", "event_type", &["page_view", "add_to_cart", "checkout_start", "purchase"]),
        accepted("stg_users", "customer_id", "plan_type", &["freemium", "premium", "enterprise"]),
        accepted("stg_crm_contacts", "contact_id", "source", &["organic", "paid_ads", "referral", "email_campaign"]),
    ]
}

/// The tests that follow from a model's declaration: its grain is unique, and none of it NULL.
pub(crate) fn grain(table: &TableDecl) -> Vec<Check> {
    let name = table.table_ref().to_string();
    let mut checks = vec![check(&name, "grain_unique", Rule::unique(table.grain.iter().copied()))];
    for column in &table.grain {
        checks.push(check(&name, &format!("{column}_not_null"), Rule::not_null(*column)));
    }
    let personal = |column: &&str| table.column(column).is_some_and(|c| c.pii.is_some());
    let keys: Vec<&str> = table.grain.iter().copied().filter(|c| !personal(c)).collect();
    checks.into_iter().map(|c| c.with_keys(keys.iter().copied())).collect()
}

fn dropped_rows() -> Vec<Check> {
    let dropped = |raw: &str, staging: &str| {
        let (raw, staging) = (format!("raw.{raw}"), format!("staging.{staging}"));
        let rule = Rule::equal(Measure::count(raw.as_str()), Measure::count(staging.as_str()));
        check(&staging, "no_row_dropped", rule)
    };
    let reference = |table: &str, key: &str, column: &str, to: &str, what: &str| {
        check(table, what, Rule::references(column, to, column)).with_keys([key])
    };
    let mut checks: Vec<Check> =
        oltp::tables().iter().map(|table| dropped(table.name, &format!("stg_{}", table.name))).collect();
    checks.extend([
        reference("core.fact_orders", "order_item_key", "product_key", "core.dim_products", "product_in_dimension"),
        reference("core.fact_orders", "order_item_key", "customer_key", "core.dim_customers", "customer_in_dimension"),
        reference(
            "staging.stg_order_items",
            "order_item_id",
            "order_id",
            "staging.stg_orders",
            "order_was_not_dropped",
        ),
    ]);
    checks.into_iter().map(Check::warn).collect()
}

/// What every mart adds up to.
fn totals() -> Vec<Check> {
    let facts = || Measure::sum("core.fact_orders", "line_revenue").only("is_completed");
    let revenue = |mart: &str, column: &str| {
        check(mart, &format!("{column}_is_completed_revenue"), Rule::equal(Measure::sum(mart, column), facts()))
    };
    let orders = Measure::count_distinct("core.fact_orders", "order_key").only("is_completed");
    vec![
        revenue("marts.mart_sales_overview", "total_revenue"),
        revenue("marts.mart_product_performance", "total_revenue"),
        revenue("marts.mart_customer_ltv", "lifetime_value"),
        revenue("marts.mart_order_trends", "revenue"),
        check("marts.mart_order_trends", "orders_are_completed_orders", {
            Rule::equal(Measure::sum("marts.mart_order_trends", "orders"), orders)
        }),
    ]
}
