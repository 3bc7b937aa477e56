//! The shop's demo data: six tables that hang together, of any size, the same on every machine.

mod batches;
mod crm_contacts;
mod draw;
mod events;
mod order_items;
mod orders;
mod people;
mod products;
mod source;
mod users;

pub use batches::Batches;
pub use source::DemoSource;

use shopstream_core::{Date, Decimal, Error, Result, Timestamp, date, timestamp};
use std::{fmt, sync::Arc};

use crate::oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users};
use draw::{Draw, Stream};

/// What demo data to make.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DemoOptions {
    /// How much: 1 (the default) is 1,000 users, 200 products, 5,000 orders of about 15,000 lines, 10,000 events and
    /// 500 contacts; `n` is `n` times as much, 0 is empty tables.
    pub scale: u16,
    /// Which: another seed (default 42), other data.
    pub seed: u64,
    /// As of when: all times are before it (default 2026-01-15 00:00:00).
    pub now: Timestamp,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { scale: 1, seed: 42, now: timestamp!("2026-01-15 00:00:00") }
    }
}

impl DemoOptions {
    /// Makes so much.
    #[must_use]
    pub fn with_scale(mut self, scale: u16) -> Self {
        self.scale = scale;
        self
    }

    /// Draws from this seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes the data as of then.
    #[must_use]
    pub fn with_now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }
}

/// The shop's demo data. The same options give the same rows, on any machine and in batches of any size.
///
/// Rows are made as they are asked for; held in memory are about 40 bytes a user and 16 a product. Ids are 1, 2, 3 …
/// as sequences give them, in the order of `created_at`; events are in the order of their sessions' starts.
///
/// * **Users** come from ten countries, France the most; 80 % are freemium, 95 % active.
/// * **Products** have texts in English and French with quotes, commas, line breaks, accents and emoji.
/// * **Orders** are of active users, never before user or product were there; older users and products have more.
///   All amounts are counted in cents.
/// * **Events** are sessions within a day. About 30 % have no user. Of the sessions 35 % fill a cart; of those with a
///   user 55 % go on to the checkout, and 70 % of these buy. Metadata is written as PostgreSQL writes a `jsonb`.
/// * **CRM contacts** are users in three cases of ten, with the user's e-mail and name. 40 % converted: 80 % of the
///   users, 23 % of the others.
///
/// E-mails are unique by construction, and in domains that are reserved for examples.
///
/// ```
/// use shopstream_models::demo::{Demo, DemoOptions};
///
/// let demo = Demo::new(DemoOptions::default().with_seed(7))?;
/// let orders: usize = demo.orders().map(|batch| batch.num_rows()).sum();
/// assert_eq!(orders, 5_000);
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Demo {
    inner: Arc<Inner>,
}

struct Inner {
    options: DemoOptions,
    accounts: Vec<users::Account>,
    /// Indexes of the active users.
    active: Vec<u32>,
    offers: Vec<products::Offer>,
}

/// Rows of the tables whose number is fixed.
struct Counts {
    users: u64,
    products: u64,
    orders: u64,
    events: u64,
    crm_contacts: u64,
}

impl Inner {
    fn counts(&self) -> Counts {
        let n = u64::from(self.options.scale);
        Counts { users: n * 1000, products: n * 200, orders: n * 5000, events: n * 10_000, crm_contacts: n * 500 }
    }

    /// The index of an active user who was there at that time.
    fn active_user(&self, draw: &mut Draw, at: Timestamp) -> usize {
        let there = self.active.partition_point(|&i| self.accounts[i as usize].created_at <= at);
        self.active[draw.low_index(there)] as usize
    }

    /// How many products were there at that time: the first ones.
    fn offered(&self, at: Timestamp) -> usize {
        self.offers.partition_point(|offer| offer.created_at <= at)
    }
}

impl Demo {
    /// The demo data of these options.
    ///
    /// # Errors
    /// `Config` when `now` is not in the years 1980 to 9999.
    pub fn new(options: DemoOptions) -> Result<Self> {
        const YEARS: [Date; 2] = [date!("1980-01-01"), date!("9999-12-31")];
        let (now, seed) = (options.now, options.seed);
        if !(YEARS[0]..=YEARS[1]).contains(&now.date()) {
            return Err(Error::config("the now of demo data is in the years 1980 to 9999").with("now", now));
        }
        let mut inner = Inner { options, accounts: vec![], active: vec![], offers: vec![] };
        let Counts { users, products, .. } = inner.counts();
        inner.accounts =
            (0..users).map(|i| users::Account::draw(&mut Draw::row(seed, Stream::Users, i), now, i, users)).collect();
        inner.active = (0..).zip(&inner.accounts).filter(|(_, account)| account.active).map(|(i, _)| i).collect();
        inner.offers = (0..products)
            .map(|i| products::Offer::draw(&mut Draw::row(seed, Stream::Products, i), now, i, products))
            .collect();
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What it was made of.
    pub fn options(&self) -> &DemoOptions {
        &self.inner.options
    }

    /// The rows of `users`.
    pub fn users(&self) -> Batches<Users> {
        Batches::new(users::rows(self))
    }

    /// The rows of `products`.
    pub fn products(&self) -> Batches<Products> {
        Batches::new(products::rows(self))
    }

    /// The rows of `orders`.
    pub fn orders(&self) -> Batches<Orders> {
        Batches::new(orders::rows(self))
    }

    /// The rows of `order_items`.
    pub fn order_items(&self) -> Batches<OrderItems> {
        Batches::new(order_items::rows(self))
    }

    /// The rows of `events`.
    pub fn events(&self) -> Batches<Events> {
        Batches::new(events::rows(self))
    }

    /// The rows of `crm_contacts`.
    pub fn crm_contacts(&self) -> Batches<CrmContacts> {
        Batches::new(crm_contacts::rows(self))
    }
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Demo").field(&self.inner.options).finish()
    }
}

/// The id of row `i`, as a sequence gives it. A scale is at most 65,535: no table with ids of 32 bits outgrows them.
fn id(i: u64) -> i32 {
    (i + 1) as i32
}

/// An amount in cents. A line is 1,500 € at most and an order 7,500 €: it always fits.
fn money(cents: i32) -> Decimal<10, 2> {
    Decimal::new(i128::from(cents)).unwrap_or_default()
}

fn days_before(now: Timestamp, days: i32) -> Timestamp {
    now.plus_micros(-i64::from(days) * Timestamp::DAY)
}
