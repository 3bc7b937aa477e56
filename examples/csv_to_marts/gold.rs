//! Gold: what people look at.

use super::silver::StgSales;
use shopstream::prelude::*;

/// Revenue by country and category.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(country, category))]
pub(crate) struct MartRevenue {
    /// Where.
    pub(crate) country: String,
    /// What.
    pub(crate) category: String,
    /// How many sales.
    pub(crate) sales: i64,
    /// How much.
    #[column(unit = "EUR")]
    pub(crate) revenue: Decimal<38, 2>,
}

pub(crate) fn mart_revenue(sales: &Batch<StgSales>) -> Result<Batch<MartRevenue>> {
    let (groups, (country, category)) = sales.all().group_by((&sales.country, &sales.category))?;
    MartRevenueColumns { sales: groups.count(), revenue: groups.sum(&sales.amount)?, country, category }.batch()
}
