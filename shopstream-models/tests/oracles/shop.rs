//! Shops of random rows, dirtier than any real one.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::IndexedRandom, seq::SliceRandom};
use shopstream_core::{Decimal, Timestamp, date, timestamp};
use shopstream_models::{
    Params,
    staging::{StgOrderItems, StgOrders, StgProducts, StgUsers},
};

/// The rows of staging, and the parameters of a build.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) params: Params,
    pub(crate) users: Vec<StgUsers>,
    pub(crate) products: Vec<StgProducts>,
    pub(crate) orders: Vec<StgOrders>,
    pub(crate) order_items: Vec<StgOrderItems>,
}

const LOADED: Timestamp = timestamp!("2026-01-14 02:00:00");
const COUNTRIES: [&str; 6] = ["FRA", "DEU", "GBR", "Unknown", "ÎLE", ""];
const CATEGORIES: [&str; 6] = ["Electronics", "Fashion", "Books", "Unknown", "Maison & jardin", "🎁"];
const NAMES: [&str; 6] = ["Zoë", "Jean-Luc", "O'Neil", "", "D\"Arc, Jeanne", "李"];
const PLANS: [&str; 5] = ["freemium", "premium", "enterprise", "gold", "freemium"];
const STATUSES: [&str; 8] = ["PAID", "SHIPPED", "DELIVERED", "PENDING", "CANCELLED", "REFUNDED", "", "PAID"];
const PAYMENTS: [&str; 4] = ["stripe", "paypal", "credit_card", "cheque"];
/// Cents.
const PRICES: [i64; 9] = [0, 1, 5, 999, 1_000, 1_999, 2_500, 49_999, -250];
/// Days before the day as of which things are told, at which something changes, and those beside them.
const BOUNDS: [i64; 15] = [0, 1, 10, 11, 29, 30, 31, 89, 90, 91, 179, 180, 181, 182, -1];

impl Shop {
    /// A large shop, and small ones down to an empty one, by the defaults and by other parameters.
    pub(crate) fn several() -> Vec<Self> {
        let small = [0, 1, 2, 3, 5, 8, 13, 40, 150, 1_000].into_iter().zip(10..);
        let shops =
            small.flat_map(|(lines, seed)| [Self::random(seed, lines), Self::random(100 + seed, lines).other()]);
        shops.chain([Self::large(), Self::random(2, 20_000).other()]).collect()
    }

    /// A large shop.
    pub(crate) fn large() -> Self {
        Self::random(1, 100_000)
    }

    /// The same by other parameters.
    fn other(mut self) -> Self {
        let params = Params::new(self.params.as_of).with_premium_plans(["gold"]).with_start_date(date!("2025-11-15"));
        self.params = params.with_margin_rate("0.37").unwrap().with_built_at(timestamp!("2026-01-14 02:03:04.000005"));
        (self.params.active_days, self.params.at_risk_days) = (10, 29);
        (self.params.churn_medium_days, self.params.churn_high_days) = (30, 90);
        self
    }

    /// A shop of so many order lines.
    pub(crate) fn random(seed: u64, lines: usize) -> Self {
        let params = Params::new(date!("2026-01-14")).with_start_date(date!("2024-06-01"));
        let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
        let (users, products, orders) = (lines / 20, lines / 250 + lines.min(4), lines / 3);
        Self {
            users: (0..users).map(|i| draw.user(id(i))).collect(),
            products: (0..products).map(|i| draw.product(id(i))).collect(),
            orders: (0..orders).map(|i| draw.order(id(i), users, &params)).collect(),
            order_items: (0..lines).map(|i| draw.order_item(id(i), orders, products)).collect(),
            params,
        }
        .shuffled(seed)
    }

    /// The same rows in another order.
    pub(crate) fn shuffled(mut self, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        self.users.shuffle(&mut rng);
        self.products.shuffle(&mut rng);
        self.orders.shuffle(&mut rng);
        self.order_items.shuffle(&mut rng);
        self
    }
}

/// The id of the `i`th row: each eighth is missing, though others may point to it.
fn id(i: usize) -> i64 {
    (i + i / 7 + 1) as i64
}

struct Draw(ChaCha8Rng);

impl Draw {
    fn one_in(&mut self, n: u32) -> bool {
        self.0.random_range(0..n) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *choices.choose(&mut self.0).unwrap()
    }

    fn text(&mut self, choices: &[&str]) -> Option<String> {
        (!self.one_in(9)).then(|| self.pick(choices).to_owned())
    }

    /// An id of `n` rows, there or missing, the low ones more often.
    fn reference(&mut self, n: usize) -> i64 {
        let last = id(n) + 1;
        (0..3).map(|_| self.0.random_range(1..=last)).min().unwrap()
    }

    fn instant(&mut self, params: &Params) -> Timestamp {
        let (start, end) = (params.start_date.midnight(), params.as_of.midnight());
        let edge = self.pick(&[0, 1, Timestamp::DAY / 2, Timestamp::DAY - 1]);
        match self.0.random_range(0..10) {
            0 => start.plus_micros(self.pick(&[-1, 0, 1, -Timestamp::DAY, Timestamp::DAY - 1])),
            1 | 2 => end.plus_micros(edge - self.pick(&BOUNDS) * Timestamp::DAY),
            _ => {
                let hours = (end.micros() - start.micros()) / 3_600_000_000;
                start.plus_micros(self.0.random_range(-1_000..hours + 50) * 3_600_000_000)
            }
        }
    }

    fn optional_instant(&mut self, params: &Params) -> Option<Timestamp> {
        (!self.one_in(15)).then(|| self.instant(params))
    }

    fn cents(&mut self) -> i64 {
        match self.0.random_range(0..1_000) {
            0 => 9_999_999_999,
            1..=500 => self.pick(&PRICES),
            _ => self.0.random_range(1..60_000),
        }
    }

    fn user(&mut self, customer_id: i64) -> StgUsers {
        let params = Params::new(date!("2026-01-14")).with_start_date(date!("2024-01-01"));
        StgUsers {
            customer_id,
            email: format!("{customer_id}@example.com"),
            first_name: self.text(&NAMES),
            last_name: self.text(&NAMES),
            country_code: self.text(&COUNTRIES),
            plan_type: self.pick(&PLANS).to_owned(),
            registered_at: self.optional_instant(&params),
            last_login_at: self.optional_instant(&params),
            is_active: !self.one_in(4),
            _loaded_at: LOADED,
        }
    }

    fn product(&mut self, product_id: i64) -> StgProducts {
        let params = Params::new(date!("2026-01-14")).with_start_date(date!("2024-01-01"));
        StgProducts {
            product_id,
            merchant_id: self.0.random_range(1..=100),
            product_name: self.pick(&NAMES).to_owned(),
            product_description: self.text(&["plain", "", "a \"quoted\", \n broken line"]),
            category: self.text(&CATEGORIES),
            price: money(self.cents()),
            stock_quantity: (!self.one_in(5)).then(|| self.0.random_range(0..1_000)),
            created_at: self.optional_instant(&params),
            updated_at: self.optional_instant(&params),
            _loaded_at: LOADED,
        }
    }

    fn order(&mut self, order_id: i64, users: usize, params: &Params) -> StgOrders {
        StgOrders {
            order_id,
            customer_id: self.reference(users),
            order_date: self.optional_instant(params),
            order_amount: money(self.cents().max(1)),
            order_status: self.text(&STATUSES),
            country_code: self.text(&COUNTRIES),
            payment_method: self.text(&PAYMENTS),
            _loaded_at: LOADED,
        }
    }

    fn order_item(&mut self, order_item_id: i64, orders: usize, products: usize) -> StgOrderItems {
        let (quantity, unit_price) = (self.0.random_range(1..4), self.cents());
        let line_total = if self.one_in(20) { self.cents() } else { (quantity * unit_price).min(9_999_999_999) };
        StgOrderItems {
            order_item_id,
            order_id: self.0.random_range(1..=id(orders)),
            product_id: self.reference(products),
            quantity,
            unit_price: money(unit_price),
            line_total: money(line_total),
            _loaded_at: LOADED,
        }
    }
}

fn money(cents: i64) -> Decimal<10, 2> {
    Decimal::new(cents.into()).unwrap()
}
