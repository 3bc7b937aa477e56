//! The demo data is what it is documented to be.
#![allow(clippy::unwrap_used)]

mod catalogue;
mod people;
mod reading;
mod sales;
mod same;
mod sessions;

use shopstream_core::Timestamp;
use shopstream_models::{
    demo::{Demo, DemoOptions},
    oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users},
};

/// All rows of a demo.
struct Shop {
    now: Timestamp,
    users: Vec<Users>,
    products: Vec<Products>,
    orders: Vec<Orders>,
    order_items: Vec<OrderItems>,
    events: Vec<Events>,
    crm_contacts: Vec<CrmContacts>,
}

impl Shop {
    fn of(demo: &Demo) -> Self {
        Self {
            now: demo.options().now,
            users: demo.users().rows().collect(),
            products: demo.products().rows().collect(),
            orders: demo.orders().rows().collect(),
            order_items: demo.order_items().rows().collect(),
            events: demo.events().rows().collect(),
            crm_contacts: demo.crm_contacts().rows().collect(),
        }
    }

    /// Two shops, of scales 1 and 3, that have nothing else in common: what is asserted holds for both.
    fn both() -> [(usize, Self); 2] {
        let options = [
            DemoOptions::default(),
            DemoOptions::default()
                .with_scale(3)
                .with_seed(u64::MAX)
                .with_now(shopstream_core::timestamp!("2024-03-01 00:07:13.000001")),
        ];
        options.map(|options| (usize::from(options.scale), Self::of(&Demo::new(options).unwrap())))
    }

    /// The user of an id.
    fn user(&self, id: i32) -> &Users {
        &self.users[usize::try_from(id - 1).unwrap()]
    }

    /// The product of an id.
    fn product(&self, id: i32) -> &Products {
        &self.products[usize::try_from(id - 1).unwrap()]
    }

    /// An instant so many days before now.
    fn ago(&self, days: i64) -> Timestamp {
        self.now.plus_micros(-days * Timestamp::DAY)
    }
}

/// Asserts that `part` is about `percent` per cent of `whole`: within five standard deviations of as many draws.
fn about(part: usize, whole: usize, percent: f64, what: &str) {
    assert!(whole > 0, "{what}: nothing");
    let (p, n) = (percent / 100.0, whole as f64);
    let (share, slack) = (part as f64 / n, 5.0 * (p * (1.0 - p) / n).sqrt());
    assert!((share - p).abs() <= slack, "{what}: {share} of {whole}, expected {p} ± {slack}");
}

/// Asserts that ids are 1, 2, 3 …
fn numbered(ids: impl ExactSizeIterator<Item = i64>, count: usize, what: &str) {
    assert_eq!(ids.len(), count, "{what}");
    assert!(ids.eq(1..=count as i64), "{what}");
}
