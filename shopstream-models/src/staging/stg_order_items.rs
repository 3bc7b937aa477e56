//! Order lines, cleaned.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Columns, Decimal, Landed, Result, Table, Timestamp};

use super::clean::{ONCE, keep, latest, wide};
use crate::oltp::OrderItems;

/// The lines of orders: typed and renamed; only those with a positive quantity.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(order_item_id))]
pub struct StgOrderItems {
    /// Number of the line.
    pub order_item_id: i64,
    /// The order it is of.
    pub order_id: i64,
    /// What was ordered.
    pub product_id: i64,
    /// How many pieces.
    #[column(unit = "pieces")]
    pub quantity: i64,
    /// The price of a piece.
    #[column(unit = "EUR", non_additive)]
    pub unit_price: Decimal<10, 2>,
    /// Quantity × unit price.
    #[column(unit = "EUR")]
    pub line_total: Decimal<10, 2>,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.order_items` → `staging.stg_order_items`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_order_items(items: &Batch<Landed<OrderItems>>) -> Result<Cleaned<StgOrderItems>> {
    let once = latest(&items.id, items)?;
    let (rows, not_positive) = keep(&once, |row| items.quantity.get(row) > 0);
    let batch = StgOrderItemsColumns {
        order_item_id: wide(&rows.take(&items.id)?),
        order_id: wide(&rows.take(&items.order_id)?),
        product_id: wide(&rows.take(&items.product_id)?),
        quantity: wide(&rows.take(&items.quantity)?),
        unit_price: rows.take(&items.unit_price)?,
        line_total: rows.take(&items.line_total)?,
        _loaded_at: rows.take(&items._loaded_at)?,
    }
    .batch()?;
    let twice = (items.num_rows() - once.rows().len()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice).with_dropped("quantity > 0", not_positive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_order_item};
    use shopstream_core::{Dropped, dec, timestamp};

    fn item() -> OrderItems {
        OrderItems { id: 1, order_id: 1, product_id: 1, quantity: 2, unit_price: dec!(12.50), line_total: dec!(25.00) }
    }

    fn run(items: &[Landed<OrderItems>]) -> Cleaned<StgOrderItems> {
        stg_order_items(&Batch::from_rows(items)).unwrap()
    }

    fn dropped(twice: u64, not_positive: u64) -> [Dropped; 2] {
        [Dropped { rule: ONCE, rows: twice }, Dropped { rule: "quantity > 0", rows: not_positive }]
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let other = OrderItems {
            id: i32::MAX,
            order_id: 5,
            product_id: 6,
            quantity: 3,
            unit_price: dec!(0.00),
            line_total: dec!(-7.01),
        };
        let expected = StgOrderItems {
            order_item_id: i64::from(i32::MAX),
            order_id: 5,
            product_id: 6,
            quantity: 3,
            unit_price: dec!(0.00),
            line_total: dec!(-7.01),
            _loaded_at: LOADED_AT,
        };
        let cleaned = run(&[landed(other), landed(item())]);
        assert_rows(&cleaned.batch, &[stg_order_item(), expected]);
        assert_eq!(cleaned.dropped, dropped(0, 0));
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn only_positive_quantities_pass_and_the_others_are_counted() {
        let of = |id, quantity| landed(OrderItems { id, quantity, ..item() });
        let cleaned = run(&[of(1, 0), of(2, 1), of(3, -1), of(4, i32::MAX), of(5, i32::MIN)]);
        let expected = |order_item_id, quantity| StgOrderItems { order_item_id, quantity, ..stg_order_item() };
        assert_rows(&cleaned.batch, &[expected(2, 1), expected(4, i64::from(i32::MAX))]);
        assert_eq!(cleaned.dropped, dropped(0, 3));
    }

    #[test]
    fn a_row_that_was_loaded_last_and_is_dropped_brings_no_other_back() {
        let of = |id, quantity, at, file: &str| landed_at(OrderItems { id, quantity, ..item() }, at, file);
        let later = timestamp!("2026-01-15 02:00:00");
        let cleaned = run(&[
            of(3, 30, LOADED_AT, "b"),
            of(3, 31, LOADED_AT, "a"),
            of(2, 0, LOADED_AT, "a"),
            of(1, 10, later, "a"),
            of(1, 11, LOADED_AT, "b"),
            of(2, 20, timestamp!("2026-01-13 02:00:00"), "a"),
        ]);
        let expected = [
            StgOrderItems { quantity: 10, _loaded_at: later, ..stg_order_item() },
            StgOrderItems { order_item_id: 3, quantity: 30, ..stg_order_item() },
        ];
        assert_rows(&cleaned.batch, &expected);
        assert_eq!(cleaned.dropped, dropped(3, 1));
    }
}
