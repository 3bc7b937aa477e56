//! Demo data of `events`: visitors' sessions, one after the other.

use shopstream_core::{Json, Timestamp};
use std::sync::Arc;

use super::{
    Demo, Inner,
    draw::{Draw, Stream, slot},
};
use crate::oltp::Events;

const DEVICES: [(&str, u64); 3] = [("mobile", 55), ("desktop", 35), ("tablet", 10)];
const PAGES: [&str; 10] = [
    "/",
    "/",
    "/categories/electronics",
    "/categories/fashion",
    "/categories/home",
    "/categories/books",
    "/categories/sports",
    "/categories/beauty",
    "/search?q=caf%C3%A9&page=2",
    "/promotions/no%C3%ABl?utm_source=newsletter",
];
const DAYS: i32 = 90;
const SECOND: i64 = 1_000_000;

/// A step of a session; products are indexes.
enum Step {
    Page(&'static str),
    Product(usize),
    AddToCart(usize, i32),
    CheckoutStart,
    Purchase,
}

/// Who visits: somebody with an account has the same cookie and device each time.
struct Visitor {
    user: Option<usize>,
    id: u64,
    device: &'static str,
}

impl Visitor {
    fn draw(draw: &mut Draw, demo: &Inner, user: Option<usize>) -> Self {
        match user {
            Some(i) => {
                let mut own = Draw::row(demo.options.seed, Stream::Visitors, i as u64);
                Self { user, id: own.bits(), device: own.weighted(&DEVICES) }
            }
            None => Self { user, id: draw.bits(), device: draw.weighted(&DEVICES) },
        }
    }
}

/// A session: its steps in order, each with its time.
struct Session {
    visitor: Visitor,
    steps: Vec<(Timestamp, Step)>,
}

impl Session {
    /// The session whose first event is event `i`.
    fn draw(demo: &Inner, i: u64) -> Self {
        let mut draw = Draw::row(demo.options.seed, Stream::Sessions, i);
        // Sessions without a user are shorter, so that 30 % of events need 33 % of sessions.
        let anonymous = draw.percent(33);
        let (pages, carts) = (1 + draw.below(4), if draw.percent(35) { 1 + draw.below(2) } else { 0 });
        // Who buys must log in.
        let checkout = carts > 0 && !anonymous && draw.percent(55);
        let purchase = checkout && draw.percent(70);

        let count = pages + 2 * carts + 2 * u64::from(checkout) + u64::from(purchase);
        let times = times(&mut draw, demo, i, count);
        let start = times.first().copied().unwrap_or(demo.options.now);
        let user = (!anonymous).then(|| demo.active_user(&mut draw, start));
        let visitor = Visitor::draw(&mut draw, demo, user);
        let offered = demo.offered(start);

        let mut steps = Vec::with_capacity(times.len());
        for n in 0..pages {
            // Half of the later pages are products'.
            let product = n > 0 && draw.percent(50);
            steps.push(if product { Step::Product(draw.low_index(offered)) } else { Step::Page(draw.pick(&PAGES)) });
        }
        for _ in 0..carts {
            let product = draw.low_index(offered);
            steps.extend([Step::Product(product), Step::AddToCart(product, draw.between(1, 3))]);
        }
        if checkout {
            steps.extend([Step::Page("/cart"), Step::CheckoutStart]);
        }
        if purchase {
            steps.push(Step::Purchase);
        }
        Self { visitor, steps: times.into_iter().zip(steps).collect() }
    }

    fn rows(self, first: u64) -> impl Iterator<Item = Events> {
        let Self { visitor, steps } = self;
        steps.into_iter().zip(first..).map(move |((at, step), i)| row(&visitor, at, &step, i))
    }
}

/// The times of a session's steps, 5 to 180 seconds apart, all within one day and before now.
fn times(draw: &mut Draw, demo: &Inner, first: u64, count: u64) -> Vec<Timestamp> {
    let now = demo.options.now;
    let from = super::days_before(now, DAYS).plus_micros(3600 * SECOND);
    let mut at = slot(draw, from, now, first, demo.counts().events);
    let mut times: Vec<Timestamp> = (0..count)
        .map(|_| {
            let here = at;
            at = at.plus_micros(5 * SECOND + draw.below(175 * SECOND as u64) as i64);
            here
        })
        .collect();
    if let (Some(start), Some(end)) = (times.first().copied(), times.last().copied()) {
        // What would run past midnight, or past now, started a little earlier: half an hour at most.
        let limit = now.min(start.date().plus_days(1).midnight());
        let late = (end.micros() - limit.micros() + 1).max(0);
        times.iter_mut().for_each(|t| *t = t.plus_micros(-late));
    }
    times
}

fn row(visitor: &Visitor, at: Timestamp, step: &Step, i: u64) -> Events {
    let product_id = |product: &usize| super::id(*product as u64);
    let (event_type, of_step) = match step {
        Step::Page(url) => ("page_view", [format!("\"page_url\": \"{url}\", "), String::new()]),
        Step::Product(p) => ("page_view", [format!("\"page_url\": \"/products/{}\", ", product_id(p)), String::new()]),
        Step::AddToCart(p, quantity) => {
            ("add_to_cart", [format!("\"quantity\": {quantity}, "), format!("\"product_id\": {}, ", product_id(p))])
        }
        Step::CheckoutStart => ("checkout_start", [String::new(), String::new()]),
        Step::Purchase => ("purchase", [String::new(), String::new()]),
    };
    let (Visitor { user, id, device }, [short, long]) = (visitor, of_step);
    // As PostgreSQL writes a jsonb: keys by length, then by letter, a space behind ':' and ','.
    let metadata = format!("{{\"device\": \"{device}\", {short}{long}\"visitor_id\": \"v-{id:016x}\"}}");
    Events {
        id: i as i64 + 1,
        user_id: user.map(|u| super::id(u as u64)),
        event_type: event_type.to_owned(),
        event_ts: Some(at),
        metadata: Some(Json::from(metadata.as_str())),
    }
}

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = Events> + Send + use<> {
    let demo: Arc<Inner> = demo.inner.clone();
    let (count, mut next) = (demo.counts().events, 0);
    let sessions = std::iter::from_fn(move || {
        let first = next;
        (first < count).then(|| {
            let session = Session::draw(&demo, first);
            next += session.steps.len() as u64;
            session.rows(first)
        })
    });
    // The last session ends where the table does.
    sessions.flatten().take(usize::try_from(count).unwrap_or(usize::MAX))
}
