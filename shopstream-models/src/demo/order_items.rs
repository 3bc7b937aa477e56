//! Demo data of `order_items`.

use super::{
    Demo, money,
    orders::{Line, Order},
};
use crate::oltp::OrderItems;

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = OrderItems> + Send + use<> {
    let demo = demo.inner.clone();
    let lines = (0..demo.counts().orders)
        .flat_map(move |order| Order::draw(&demo, order).into_lines().map(move |line| (order, line)));
    lines.enumerate().map(|(i, (order, line))| row(i as u64, order, line))
}

fn row(i: u64, order: u64, line: Line) -> OrderItems {
    OrderItems {
        id: super::id(i),
        order_id: super::id(order),
        product_id: super::id(line.product as u64),
        quantity: line.quantity,
        unit_price: money(line.cents),
        line_total: money(line.quantity * line.cents),
    }
}
