use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

use shopstream_models::oltp::Events;

use super::{Shop, about, numbered};

fn metadata(event: &Events) -> Map<String, Value> {
    serde_json::from_str(event.metadata.as_ref().unwrap().as_str()).unwrap()
}

#[test]
fn events() {
    for (n, shop) in Shop::both() {
        numbered(shop.events.iter().map(|e| e.id), 10_000 * n, "events");
        let mut devices = BTreeMap::new();
        for e in &shop.events {
            let (at, more) = (e.event_ts.unwrap(), metadata(e));
            assert!(at >= shop.ago(92) && at < shop.now);
            if let Some(user) = e.user_id {
                let user = shop.user(user);
                assert!(user.created_at.unwrap() <= at && user.is_active == Some(true));
            }
            let own: &[&str] = match e.event_type.as_str() {
                "page_view" => &["page_url"],
                "add_to_cart" => &["product_id", "quantity"],
                "checkout_start" | "purchase" => &[],
                other => panic!("{other}"),
            };
            let keys: BTreeSet<&str> = more.keys().map(String::as_str).collect();
            assert_eq!(keys, own.iter().copied().chain(["device", "visitor_id"]).collect());
            if e.event_type == "add_to_cart" {
                let product = i32::try_from(more["product_id"].as_i64().unwrap()).unwrap();
                assert!(shop.product(product).created_at.unwrap() <= at);
                assert!((1..=3).contains(&more["quantity"].as_i64().unwrap()));
            }
            if let Some(url) = more.get("page_url") {
                assert!(url.as_str().unwrap().starts_with('/'));
            }
            *devices.entry(more["device"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        assert!(devices.keys().eq(["desktop", "mobile", "tablet"]), "{devices:?}");
        let nobody = shop.events.iter().filter(|e| e.user_id.is_none()).count();
        let share = nobody as f64 / shop.events.len() as f64;
        assert!((0.27..0.33).contains(&share), "{share}");
    }
}

#[test]
fn the_funnel_narrows_within_a_session() {
    for (_, shop) in Shop::both() {
        // A session ends with its visitor, or when the next event is not within three minutes.
        let goes_on = |last: &Events, next: &Events| {
            let pause = next.event_ts.unwrap().micros() - last.event_ts.unwrap().micros();
            metadata(last)["visitor_id"] == metadata(next)["visitor_id"] && (0..=180_000_000).contains(&pause)
        };
        let sessions: Vec<Vec<&Events>> =
            shop.events.chunk_by(goes_on).map(|session| session.iter().collect()).collect();
        let mut reached = BTreeMap::new();
        for session in &sessions {
            assert!(session.is_sorted_by_key(|e| e.event_ts));
            let same = |of: fn(&Events) -> Value| session.iter().all(|e| of(e) == of(session[0]));
            assert!(same(|e| metadata(e)["device"].clone()));
            assert!(same(|e| e.user_id.into()));
            assert!(same(|e| e.event_ts.unwrap().date().to_string().into()), "within one day");
            let first = |kind: &str| session.iter().position(|e| e.event_type == kind);
            let steps = ["page_view", "add_to_cart", "checkout_start", "purchase"];
            for (before, after) in steps.iter().zip(&steps[1..]) {
                if let Some(at) = first(after) {
                    assert!(first(before).is_some_and(|b| b < at), "{after} without {before}");
                }
            }
            for step in steps {
                *reached.entry(step).or_insert(0) += usize::from(first(step).is_some());
            }
            assert!(first("checkout_start").is_none() || session[0].user_id.is_some(), "who buys is known");
        }
        assert_eq!(reached["page_view"], sessions.len());
        about(reached["add_to_cart"], sessions.len(), 35.0, "carts");
        about(reached["checkout_start"], sessions.len(), 35.0 * 0.67 * 0.55, "checkouts");
        about(reached["purchase"], reached["checkout_start"], 70.0, "purchases");
    }
}

#[test]
fn a_visitor_with_an_account_keeps_cookie_and_device() {
    for (_, shop) in Shop::both() {
        let mut of_user = BTreeMap::new();
        let mut users = BTreeMap::new();
        for e in &shop.events {
            let more = metadata(e);
            let visitor = (more["visitor_id"].to_string(), more["device"].to_string());
            users.entry(visitor.0.clone()).or_insert_with(BTreeSet::new).insert(e.user_id);
            if let Some(user) = e.user_id {
                assert_eq!(of_user.entry(user).or_insert_with(|| visitor.clone()), &visitor);
            }
        }
        assert!(of_user.len() > 500);
        assert!(users.values().all(|u| u.len() == 1), "a cookie is of one user, or of nobody");
    }
}
