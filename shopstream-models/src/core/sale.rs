//! The one definition of a sale.

use shopstream_core::{Batch, Col, Date, Timestamp};

use crate::{Params, staging::StgOrders};

/// The statuses of an order that make it a sale.
pub const SALE_STATUSES: [&str; 3] = ["PAID", "SHIPPED", "DELIVERED"];

/// The status of an order that was called off.
pub const CANCELLED: &str = "CANCELLED";

/// Whether an order of this status is a sale, when its date counts.
pub(super) fn is_sale_status(status: Option<&str>) -> bool {
    status.is_some_and(|status| SALE_STATUSES.contains(&status))
}

/// Whether an order of this date counts.
pub(super) fn counts(order_date: Option<Timestamp>, start_date: Date) -> bool {
    order_date.is_some_and(|t| t.date() >= start_date)
}

/// Which orders are sales: paid, shipped or delivered, and on or after the start date.
pub(super) fn is_sale(orders: &Batch<StgOrders>, params: &Params) -> Col<bool> {
    orders
        .order_status
        .values()
        .zip(orders.order_date.values())
        .map(|(status, date)| is_sale_status(status) && counts(date, params.start_date))
        .collect()
}
