//! Raw rows of shops that are dirtier than any real one.

use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use shopstream::{
    models::oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users},
    prelude::*,
};

use crate::shop::Shop;

const COUNTRIES: &[&str] = &["FRA", "fra", "DEU", "GBR", "Unknown", "île", ""];
const CATEGORIES: &[&str] = &["Electronics", "Fashion", "Books", "Unknown", "Maison & jardin", "🎁", ""];
const NAMES: &[&str] = &["Zoë", "Jean-Luc", "O'Neil", "", " ", "D\"Arc, Jeanne", "back\\slash", "李"];
const PLANS: &[&str] = &["freemium", "Premium", "ENTERPRISE", "gold", "o'gold\\", ""];
const STATUSES: &[&str] = &["paid", "Shipped", "DELIVERED", "pending", "cancelled", "refunded", "", "paid"];
const PAYMENTS: &[&str] = &["stripe", "PayPal", "credit_card", "cheque"];
/// Cleaned, several are one address.
const EMAILS: &[&str] = &["a@example.org", " A@Example.ORG\t", "\r\nb@example.org", "B@EXAMPLE.org", "c@x", "É@x", ""];
const SOURCES: &[&str] = &["organic", "Paid_Ads", "referral", "EMAIL_CAMPAIGN", "Unknown"];
const CAMPAIGNS: &[&str] = &["CAMP_1", "camp_1", "CAMP_2", "Unknown", ""];
const EVENTS: &[&str] = &["page_view", "Page_View", "add_to_cart", "checkout_start", "PURCHASE", "purchase", "other"];
/// Cents.
const PRICES: &[i64] = &[0, 1, 5, 999, 1_000, 1_999, 2_500, 49_999, -250];
/// Days before the day as of which things are told, at which something changes, and those beside them.
const BOUNDS: &[i64] = &[0, 1, 10, 11, 29, 30, 31, 89, 90, 91, 179, 180, 181, 182, -1];
const METADATA: &[&str] = &[
    "{}",
    r#"{"visitor_id": "v1", "device": "mobile", "page_url": "/a?b=\"c\"&d=\u00e9"}"#,
    r#"{"visitor_id": "v2", "device": "desktop", "product_id": 12, "quantity": 2}"#,
    r#"{"visitor_id":"v3","device":null,"product_id":"12","quantity":2.0}"#,
    r#"{"visitor_id": 7, "device": {"os": "x"}, "product_id": 9223372036854775808, "quantity": -1}"#,
    r#"{"visitor_id": null, "device": "tablet", "product_id": null, "quantity": 1e2}"#,
    r#"{"visitor_id": "first", "visitor_id": "v1", "nested": {"visitor_id": "no"}}"#,
    r#"{"device": "", "visitor_id": "", "page_url": ["/a", 1]}"#,
    r#"{"visitor_id": true, "device": "unknown"}"#,
    "[1, 2]",
    "\"text\"",
    "null",
    "not a document",
];
const AS_OF: Date = date!("2026-01-14");

/// So many shops, always the same, with up to `times` as many rows as a small one has.
pub(crate) fn several(shops: usize, times: usize) -> Vec<Shop> {
    let mut runner = TestRunner::deterministic();
    (0..shops).map(|_| sized(times, 3 * times / 4).new_tree(&mut runner).unwrap().current()).collect()
}

/// Small shops, down to empty ones.
pub(crate) fn shop() -> impl Strategy<Value = Shop> {
    sized(1, 0)
}

/// The rows of a table are from `least` to `most` times a number that suits the table.
fn sized(most: usize, least: usize) -> impl Strategy<Value = Shop> {
    let rows = move |n: usize| n * least..=n * most;
    let tables = (
        landed(user(most), rows(15)),
        landed(product(most), rows(6)),
        landed(order(most), rows(30)),
        landed(order_item(most), rows(70)),
        landed(event(most), rows(40)),
        landed(crm_contact(most), rows(20)),
    );
    (params(), tables).prop_map(|(params, (users, products, orders, order_items, events, crm_contacts))| Shop {
        params,
        users,
        products,
        orders,
        order_items,
        events,
        crm_contacts,
    })
}

fn params() -> impl Strategy<Value = Params> {
    let plans = prop_oneof![
        3 => Just(vec!["premium", "enterprise"]),
        1 => Just(vec!["gold", "o'gold\\"]),
        1 => Just(vec![]),
    ];
    let start = select(vec![date!("2024-06-01"), date!("2025-11-15"), date!("2022-01-01"), date!("2026-01-20")]);
    let days =
        (select(vec![30i64, 10, -1]), select(vec![90i64, 29]), select(vec![90i64, 30]), select(vec![180i64, 90]));
    (plans, start, select(vec!["0.20", "0.37", "0", "-0.5", "999.99"]), days, 0..Timestamp::DAY).prop_map(
        |(plans, start, rate, (active, at_risk, medium, high), micros)| {
            let params = Params::new(AS_OF).with_premium_plans(plans).with_start_date(start);
            let mut params = params.with_margin_rate(rate).unwrap().with_built_at(AS_OF.midnight().plus_micros(micros));
            (params.active_days, params.at_risk_days) = (active, at_risk);
            (params.churn_medium_days, params.churn_high_days) = (medium, high);
            params
        },
    )
}

/// Rows as they landed, each of a file of its own: of two of one id it is known which was loaded last.
fn landed<T: Clone + std::fmt::Debug>(
    row: impl Strategy<Value = T>,
    rows: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = Vec<Landed<T>>> {
    vec((row, 0i64..3, any::<u16>()), rows).prop_map(|rows| {
        let landed = |(i, (row, hours, shuffled)): (usize, (T, i64, u16))| Landed {
            row,
            _loaded_at: AS_OF.midnight().plus_micros(hours * 3_600_000_000),
            _source_file: format!("raw/{shuffled:05}-{i}.parquet"),
        };
        rows.into_iter().enumerate().map(landed).collect()
    })
}

/// An id of so many: low ones are drawn more often, so that some stand twice and others are missing.
fn id(of: i32) -> impl Strategy<Value = i32> {
    (1..=of, 1..=of).prop_map(|(a, b)| a.min(b))
}

fn text(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

fn some<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.85, value)
}

fn instant() -> impl Strategy<Value = Option<Timestamp>> {
    let edge = select(vec![0, 1, Timestamp::DAY / 2, Timestamp::DAY - 1]);
    some(prop_oneof![
        3 => (select(BOUNDS), edge).prop_map(|(days, edge)| AS_OF.midnight().plus_micros(edge - days * Timestamp::DAY)),
        2 => (0i64..900).prop_map(|days| AS_OF.midnight().plus_micros(3_600_000_000 - days * Timestamp::DAY)),
        1 => (-5i64..5).prop_map(Timestamp::from_micros),
    ])
}

fn money() -> impl Strategy<Value = Decimal<10, 2>> {
    let cents = prop_oneof![20 => select(PRICES), 20 => 1i64..60_000, 1 => Just(9_999_999_999)];
    cents.prop_map(|cents| Decimal::new(cents.into()).unwrap())
}

fn of(small: i32, times: usize) -> i32 {
    small * times as i32
}

fn user(times: usize) -> impl Strategy<Value = Users> {
    let names = (some(text(NAMES)), some(text(NAMES)), some(text(COUNTRIES)), some(text(PLANS)));
    (id(of(20, times)), text(EMAILS), names, instant(), instant(), any::<Option<bool>>()).prop_map(
        |(id, email, (first_name, last_name, country, plan_type), created_at, last_login, is_active)| Users {
            // Few share an address.
            email: if id % 3 == 0 { email } else { format!("{id}@example.org") },
            id,
            first_name,
            last_name,
            country,
            plan_type,
            created_at,
            last_login,
            is_active,
        },
    )
}

fn product(times: usize) -> impl Strategy<Value = Products> {
    let texts = (text(NAMES), some(text(NAMES)), some(text(CATEGORIES)));
    (id(of(9, times)), 1i32..100, texts, money(), some(0i32..1_000), instant(), instant()).prop_map(
        |(id, merchant_id, (name, description, category), price, stock_quantity, created_at, updated_at)| Products {
            id,
            merchant_id,
            name,
            description,
            category,
            price,
            stock_quantity,
            created_at,
            updated_at,
        },
    )
}

fn order(times: usize) -> impl Strategy<Value = Orders> {
    let texts = (some(text(STATUSES)), some(text(COUNTRIES)), some(text(PAYMENTS)));
    (id(of(40, times)), id(of(25, times)), instant(), money(), texts).prop_map(
        |(id, user_id, created_at, total_amount, (status, country, payment_method))| Orders {
            id,
            user_id,
            created_at,
            total_amount,
            status,
            country,
            payment_method,
        },
    )
}

fn order_item(times: usize) -> impl Strategy<Value = OrderItems> {
    (id(of(140, times)), id(of(40, times)), id(of(12, times)), -1i32..4, money(), money()).prop_map(
        |(id, order_id, product_id, quantity, unit_price, line_total)| OrderItems {
            id,
            order_id,
            product_id,
            quantity,
            unit_price,
            line_total,
        },
    )
}

fn event(times: usize) -> impl Strategy<Value = Events> {
    let metadata = some(select(METADATA).prop_map(Json::from));
    (id(of(80, times)), some(id(of(25, times))), text(EVENTS), instant(), metadata).prop_map(
        |(id, user_id, event_type, event_ts, metadata)| Events {
            id: id.into(),
            user_id,
            event_type,
            event_ts,
            metadata,
        },
    )
}

fn crm_contact(times: usize) -> impl Strategy<Value = CrmContacts> {
    let names = (some(text(NAMES)), some(text(NAMES)), some(text(SOURCES)), some(text(CAMPAIGNS)));
    (id(of(40, times)), text(EMAILS), names, instant(), any::<Option<bool>>(), instant()).prop_map(
        |(id, email, (first_name, last_name, source, campaign_id), created_at, converted, converted_at)| CrmContacts {
            id,
            email,
            first_name,
            last_name,
            source,
            campaign_id,
            created_at,
            converted,
            converted_at,
        },
    )
}
