use std::collections::{BTreeMap, BTreeSet};

use super::{Shop, about, numbered};

#[test]
fn orders() {
    for (n, shop) in Shop::both() {
        numbered(shop.orders.iter().map(|o| i64::from(o.id)), 5000 * n, "orders");
        let (mut statuses, mut payments) = (BTreeMap::new(), BTreeMap::new());
        for o in &shop.orders {
            let (user, at) = (shop.user(o.user_id), o.created_at.unwrap());
            assert_eq!(user.is_active, Some(true));
            assert!(user.created_at.unwrap() <= at && at >= shop.ago(183) && at < shop.now);
            assert_eq!(o.country, user.country);
            *statuses.entry(o.status.as_deref().unwrap()).or_insert(0) += 1;
            *payments.entry(o.payment_method.as_deref().unwrap()).or_insert(0) += 1;
        }
        for (status, percent) in
            [("pending", 5.0), ("paid", 40.0), ("shipped", 25.0), ("delivered", 25.0), ("cancelled", 5.0)]
        {
            about(statuses[status], shop.orders.len(), percent, status);
        }
        for payment in ["stripe", "paypal", "credit_card"] {
            about(payments[payment], shop.orders.len(), 100.0 / 3.0, payment);
        }
        assert_eq!((statuses.len(), payments.len()), (5, 3));
        assert!(shop.orders.is_sorted_by_key(|o| o.created_at));
        // The time is used from its start to its end.
        assert!(shop.orders[0].created_at.unwrap() < shop.ago(179));
        assert!(shop.orders[5000 * n - 1].created_at.unwrap() > shop.ago(1));
    }
}

#[test]
fn lines() {
    for (_, shop) in Shop::both() {
        numbered(shop.order_items.iter().map(|i| i64::from(i.id)), shop.order_items.len(), "order_items");
        let mut lines = BTreeMap::<i32, Vec<_>>::new();
        for item in &shop.order_items {
            assert!((1..=3).contains(&item.quantity));
            let product = shop.product(item.product_id);
            assert_eq!(item.unit_price, product.price);
            assert_eq!(item.line_total.units(), item.unit_price.units() * i128::from(item.quantity));
            lines.entry(item.order_id).or_default().push(item);
        }
        assert_eq!(lines.len(), shop.orders.len(), "an order has lines");
        let mut sizes = BTreeMap::new();
        for o in &shop.orders {
            let lines = &lines[&o.id];
            assert_eq!(o.total_amount.units(), lines.iter().map(|l| l.line_total.units()).sum::<i128>());
            let products: BTreeSet<i32> = lines.iter().map(|l| l.product_id).collect();
            assert_eq!(products.len(), lines.len(), "distinct products");
            for &product in &products {
                assert!(shop.product(product).created_at <= o.created_at);
            }
            *sizes.entry(lines.len()).or_insert(0) += 1;
        }
        for size in 1..=5 {
            about(sizes[&size], shop.orders.len(), 20.0, "orders of a size");
        }
        assert_eq!(sizes.len(), 5);
        assert!(shop.order_items.is_sorted_by_key(|i| i.order_id));
    }
}
