//! The shop as a project: what is loaded, the models, their data tests.

use shopstream_core::{Landed, Model, Project, Result};

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
        .build()
}

/// The shop's models, for a project of one's own: those that it needs, and others beside them.
pub fn models() -> Vec<Model<Params>> {
    let staging = [
        Model::new(stg_users),
        Model::new(stg_products),
        Model::new(stg_orders),
        Model::new(stg_order_items),
        Model::new(stg_events),
        Model::new(stg_crm_contacts),
    ];
    let built = [
        Model::new(dim_date).tag("star"),
        Model::new(dim_customers).tag("star").tag("sales"),
        Model::new(dim_products).tag("star").tag("sales"),
        Model::new(fact_orders).tag("star").tag("sales"),
        Model::new(mart_sales_overview).tag("sales"),
        Model::new(mart_product_performance).tag("sales"),
        Model::new(mart_customer_ltv).tag("sales").tag("customers"),
        Model::new(mart_order_trends).tag("sales"),
        Model::new(mart_conversion_funnel).tag("traffic"),
        Model::new(mart_signup_funnel).tag("traffic").tag("customers"),
        Model::new(mart_campaign_conversion).tag("crm"),
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
    use shopstream_core::date;

    #[test]
    fn the_shop_hangs_together() {
        let project = project(&Params::new(date!("2026-01-14"))).unwrap();
        assert_eq!(project.sources().count(), 6);
        assert_eq!(project.models().len(), 17);
    }
}
