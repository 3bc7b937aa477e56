use shopstream_core::dec;
use std::collections::BTreeSet;

use super::{Shop, numbered};

#[test]
fn products() {
    for (n, shop) in Shop::both() {
        numbered(shop.products.iter().map(|p| i64::from(p.id)), 200 * n, "products");
        for p in &shop.products {
            assert!((1..=100).contains(&p.merchant_id));
            assert!(p.price >= dec!(5.00) && p.price <= dec!(500.00));
            assert!((0..=1000).contains(&p.stock_quantity.unwrap()));
            let (created, updated) = (p.created_at.unwrap(), p.updated_at.unwrap());
            assert!(created >= shop.ago(365) && created <= updated && updated < shop.now);
            assert!(!p.name.is_empty() && p.name.chars().count() <= 255);
        }
        let categories: BTreeSet<_> = shop.products.iter().map(|p| p.category.as_deref().unwrap()).collect();
        assert_eq!(categories, ["Electronics", "Fashion", "Home", "Books", "Sports", "Beauty"].into());
    }
}

#[test]
fn descriptions_try_careless_readers() {
    for (_, shop) in Shop::both() {
        let descriptions: Vec<&str> = shop.products.iter().map(|p| p.description.as_deref().unwrap()).collect();
        for trap in ["\"", "'", ",", ";", "\n", "\r\n", "\t", "\\", "é", "«", "’", "😍", "🇫🇷"] {
            let count = descriptions.iter().filter(|d| d.contains(trap)).count();
            assert!(count >= 5, "{trap:?}: {count}");
        }
        let distinct: BTreeSet<&&str> = descriptions.iter().collect();
        assert!(distinct.len() * 10 > descriptions.len() * 9);
        assert!(shop.products.iter().any(|p| p.name.contains('«')) && shop.products.iter().any(|p| p.name.is_ascii()));
    }
}
