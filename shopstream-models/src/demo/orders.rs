//! Demo data of `orders`.

use shopstream_core::Timestamp;

use super::{
    Demo, Inner,
    draw::{Draw, Stream, slot},
    money,
};
use crate::oltp::Orders;

const STATUSES: [(&str, u64); 5] = [("pending", 5), ("paid", 40), ("shipped", 25), ("delivered", 25), ("cancelled", 5)];
const PAYMENTS: [&str; 3] = ["stripe", "paypal", "credit_card"];
const DAYS: i32 = 180;
const MOST_LINES: usize = 5;

/// A line of an order.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    pub(super) product: usize,
    pub(super) quantity: i32,
    pub(super) cents: i32,
}

/// An order with its lines: both tables draw it anew, and so agree.
pub(super) struct Order {
    user: usize,
    created_at: Timestamp,
    lines: [Line; MOST_LINES],
    count: usize,
    draw: Draw,
}

impl Order {
    pub(super) fn draw(demo: &Inner, i: u64) -> Self {
        let now = demo.options.now;
        let mut draw = Draw::row(demo.options.seed, Stream::Orders, i);
        let created_at = slot(&mut draw, super::days_before(now, DAYS), now, i, demo.counts().orders);
        let user = demo.active_user(&mut draw, created_at);
        let offered = demo.offered(created_at);
        let count = (1 + draw.below(MOST_LINES as u64) as usize).min(offered);
        let mut lines = [Line::default(); MOST_LINES];
        for n in 0..count {
            let mut product = draw.low_index(offered);
            while lines[..n].iter().any(|line| line.product == product) {
                product = draw.low_index(offered);
            }
            lines[n] = Line { product, quantity: draw.between(1, 3), cents: demo.offers[product].cents };
        }
        Self { user, created_at, lines, count, draw }
    }

    pub(super) fn into_lines(self) -> impl Iterator<Item = Line> {
        self.lines.into_iter().take(self.count)
    }

    fn row(mut self, demo: &Inner, i: u64) -> Orders {
        Orders {
            id: super::id(i),
            user_id: super::id(self.user as u64),
            created_at: Some(self.created_at),
            total_amount: money(self.lines[..self.count].iter().map(|line| line.quantity * line.cents).sum()),
            status: Some(self.draw.weighted(&STATUSES).to_owned()),
            country: Some(demo.accounts[self.user].country.to_owned()),
            payment_method: Some(self.draw.pick(&PAYMENTS).to_owned()),
        }
    }
}

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = Orders> + Send + use<> {
    let demo = demo.inner.clone();
    (0..demo.counts().orders).map(move |i| Order::draw(&demo, i).row(&demo, i))
}
