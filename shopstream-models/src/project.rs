//! The shop as a project: what is loaded, the models, their data tests.

use shopstream_core::{Landed, Materialization, Model, Project, Result};

use crate::{
    Params,
    checks::{checks, grain},
    core::{dim_customers, dim_date, dim_products, fact_orders},
    marts::{
        mart_campaign_conversion, mart_conversion_funnel, mart_customer_ltv, mart_order_trends,
        mart_product_performance, mart_sales_overview, mart_signup_funnel,
    },
    oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users},
    staging::{stg_crm_contacts, stg_events, stg_order_items, stg_orders, stg_products, stg_users},
};

/// The shop: its six tables, six staging models, star schema, seven marts, and their data tests.
///
/// # Errors
/// None of its own: [`Project`] checks what it is given.
pub fn project(params: &Params) -> Result<Project<Params>> {
    Project::builder()
        .source::<Landed<Users>>()
        .source::<Landed<Products>>()
        .source::<Landed<Orders>>()
        .source::<Landed<OrderItems>>()
        .source::<Landed<Events>>()
        .source::<Landed<CrmContacts>>()
        .models(models())
        .checks(checks(params))
        .bind(|query, params| params.bind(query))
        .build()
}

/// The shop's models, for a project of one's own: those that it needs, and others beside them. Each has its twin in
/// SQL, written for Snowflake: a project that runs them over there binds their parameters,
/// `.bind(|query, params| params.bind(query))`.
pub fn models() -> Vec<Model<Params>> {
    let staging = [
        Model::new(stg_users).sql(include_str!("staging/stg_users.sql")),
        Model::new(stg_products).sql(include_str!("staging/stg_products.sql")),
        Model::new(stg_orders).sql(include_str!("staging/stg_orders.sql")),
        Model::new(stg_order_items).sql(include_str!("staging/stg_order_items.sql")),
        Model::new(stg_events).sql(include_str!("staging/stg_events.sql")),
        Model::new(stg_crm_contacts).sql(include_str!("staging/stg_crm_contacts.sql")),
    ];
    let built = [
        Model::new(dim_date).sql(include_str!("core/dim_date.sql")).tag("star"),
        Model::new(dim_customers).sql(include_str!("core/dim_customers.sql")).tag("star").tag("sales"),
        Model::new(dim_products).sql(include_str!("core/dim_products.sql")).tag("star").tag("sales"),
        // The largest, of which few rows change from day to day.
        Model::new(fact_orders)
            .sql(include_str!("core/fact_orders.sql"))
            .materialized(Materialization::Merge)
            .tag("star")
            .tag("sales"),
        Model::new(mart_sales_overview).sql(include_str!("marts/mart_sales_overview.sql")).tag("sales"),
        Model::new(mart_product_performance).sql(include_str!("marts/mart_product_performance.sql")).tag("sales"),
        Model::new(mart_customer_ltv).sql(include_str!("marts/mart_customer_ltv.sql")).tag("sales").tag("customers"),
        Model::new(mart_order_trends).sql(include_str!("marts/mart_order_trends.sql")).tag("sales"),
        Model::new(mart_conversion_funnel).sql(include_str!("marts/mart_conversion_funnel.sql")).tag("traffic"),
        Model::new(mart_signup_funnel)
            .sql(include_str!("marts/mart_signup_funnel.sql"))
            .tag("traffic")
            .tag("customers"),
        Model::new(mart_campaign_conversion).sql(include_str!("marts/mart_campaign_conversion.sql")).tag("crm"),
    ];
    let tested = built.into_iter().map(|model| {
        let checks = grain(model.declaration());
        model.checks(checks)
    });
    staging.into_iter().chain(tested).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::{Dialect, date};

    #[test]
    fn the_shop_hangs_together() {
        let project = project(&Params::new(date!("2026-01-14"))).unwrap();
        assert_eq!(project.sources().count(), 6);
        assert_eq!(project.models().len(), 17);
    }

    #[test]
    fn every_model_has_a_twin_of_its_inputs_whose_parameters_are_bound() {
        let params = Params::new(date!("2026-01-14")).with_premium_plans(["o'gold\\", "premium"]);
        let project = project(&params).unwrap();
        for model in project.models() {
            let twin = project.twin(&model.table(), &params).unwrap();
            let sql = twin.inlined(Dialect::Snowflake).unwrap();
            assert!(!sql.contains(" :") && !sql.contains("(:"), "{sql}");
            for (table, _) in project.lineage() {
                let taken = model.inputs().iter().any(|input| input.table() == table);
                let words = sql.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_'));
                let named = words.skip_while(|word| *word != "SELECT").any(|word| word == table.to_string());
                assert_eq!(named, taken, "{} and {table}", model.table());
            }
        }
        let sql = project.twin(&"core.dim_customers".into(), &params).unwrap().inlined(Dialect::Snowflake).unwrap();
        assert!(sql.contains(r"plan_type IN ('o''gold\\', 'premium')"), "{sql}");
    }
}
