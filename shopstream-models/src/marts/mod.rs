//! The marts: what the shop's people look at.

mod mart_campaign_conversion;
mod mart_conversion_funnel;
mod mart_customer_ltv;
mod mart_order_trends;
mod mart_product_performance;
mod mart_sales_overview;
mod mart_signup_funnel;

pub use mart_campaign_conversion::{MartCampaignConversion, MartCampaignConversionColumns, mart_campaign_conversion};
pub use mart_conversion_funnel::{MartConversionFunnel, MartConversionFunnelColumns, mart_conversion_funnel};
pub use mart_customer_ltv::{MartCustomerLtv, MartCustomerLtvColumns, mart_customer_ltv, rfm_segment};
pub use mart_order_trends::{MartOrderTrends, MartOrderTrendsColumns, mart_order_trends};
pub use mart_product_performance::{MartProductPerformance, MartProductPerformanceColumns, mart_product_performance};
pub use mart_sales_overview::{MartSalesOverview, MartSalesOverviewColumns, mart_sales_overview};
pub use mart_signup_funnel::{MartSignupFunnel, MartSignupFunnelColumns, mart_signup_funnel};

/// What a NULL of a grain is called.
const UNKNOWN: &str = "Unknown";

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::Table;

    fn non_additive<T: Table>() -> Vec<&'static str> {
        T::declaration().columns.iter().filter(|column| !column.additive).map(|column| column.name).collect()
    }

    #[test]
    fn what_must_not_be_summed_is_marked() {
        assert_eq!(
            non_additive::<MartSalesOverview>(),
            ["total_orders", "unique_customers", "avg_order_value", "revenue_per_order", "margin_rate"]
        );
        assert_eq!(
            non_additive::<MartProductPerformance>(),
            ["total_orders", "avg_unit_price", "margin_rate", "revenue_rank", "revenue_pct", "cumulative_revenue_pct"]
        );
        // A customer's orders are nobody else's.
        assert_eq!(
            non_additive::<MartCustomerLtv>(),
            [
                "days_since_last_order",
                "customer_lifespan_days",
                "avg_order_value",
                "recency_score",
                "frequency_score",
                "monetary_score",
                "rfm_total_score"
            ]
        );
        // An order is in one row, a customer may be in several.
        assert_eq!(non_additive::<MartOrderTrends>(), ["customers", "new_customers", "avg_order_value"]);
        assert_eq!(
            non_additive::<MartConversionFunnel>(),
            [
                "visitors",
                "viewed",
                "added_to_cart",
                "started_checkout",
                "purchased",
                "cart_rate",
                "checkout_rate",
                "purchase_rate"
            ]
        );
        assert_eq!(non_additive::<MartSignupFunnel>(), ["visitors", "signup_rate", "order_rate"]);
        assert_eq!(non_additive::<MartCampaignConversion>(), ["conversion_rate", "avg_days_to_convert", "revenue"]);
    }

    #[test]
    fn a_grain_is_never_null() {
        fn check<T: Table>() {
            let declaration = T::declaration();
            assert!(!declaration.grain.is_empty());
            for name in &declaration.grain {
                assert!(!declaration.column(name).unwrap().nullable, "{name}");
            }
        }
        check::<MartSalesOverview>();
        check::<MartProductPerformance>();
        check::<MartCustomerLtv>();
        check::<MartOrderTrends>();
        check::<MartConversionFunnel>();
        check::<MartSignupFunnel>();
        check::<MartCampaignConversion>();
    }
}
