//! The catalogue, cleaned.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Columns, Decimal, Landed, Result, Table, Timestamp};

use super::clean::{ONCE, latest, wide, wide_optional};
use crate::oltp::Products;

/// The products on offer: typed and renamed.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(product_id))]
pub struct StgProducts {
    /// Number of the product.
    pub product_id: i64,
    /// The merchant who sells it.
    pub merchant_id: i64,
    /// Its name.
    pub product_name: String,
    /// What it is, in words.
    pub product_description: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its price today.
    #[column(unit = "EUR", non_additive)]
    pub price: Decimal<10, 2>,
    /// Pieces in stock.
    #[column(unit = "pieces")]
    pub stock_quantity: Option<i64>,
    /// When it was first offered, UTC.
    pub created_at: Option<Timestamp>,
    /// When it was last changed, UTC.
    pub updated_at: Option<Timestamp>,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.products` → `staging.stg_products`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_products(products: &Batch<Landed<Products>>) -> Result<Cleaned<StgProducts>> {
    let rows = latest(&products.id, products)?;
    let batch = StgProductsColumns {
        product_id: wide(&rows.take(&products.id)?),
        merchant_id: wide(&rows.take(&products.merchant_id)?),
        product_name: rows.take(&products.name)?,
        product_description: rows.take(&products.description)?,
        category: rows.take(&products.category)?,
        price: rows.take(&products.price)?,
        stock_quantity: wide_optional(&rows.take(&products.stock_quantity)?),
        created_at: rows.take(&products.created_at)?,
        updated_at: rows.take(&products.updated_at)?,
        _loaded_at: rows.take(&products._loaded_at)?,
    }
    .batch()?;
    let twice = (products.num_rows() - batch.num_rows()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_product};
    use shopstream_core::{Dropped, dec, timestamp};

    fn product() -> Products {
        Products {
            id: 1,
            merchant_id: 7,
            name: "Lamp".to_owned(),
            description: Some("It gives light".to_owned()),
            category: Some("Home".to_owned()),
            price: dec!(12.50),
            stock_quantity: Some(40),
            created_at: Some(timestamp!("2025-02-01 09:00:00")),
            updated_at: Some(timestamp!("2025-12-01 09:00:00")),
        }
    }

    fn run(products: &[Landed<Products>]) -> Cleaned<StgProducts> {
        stg_products(&Batch::from_rows(products)).unwrap()
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let cleaned = run(&[landed(product())]);
        assert_rows(&cleaned.batch, &[stg_product()]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 0 }]);
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn what_is_null_stays_null_and_texts_stay_as_they_are() {
        let null = Products {
            description: None,
            category: None,
            stock_quantity: None,
            created_at: None,
            updated_at: None,
            ..product()
        };
        let expected = StgProducts {
            product_description: None,
            category: None,
            stock_quantity: None,
            created_at: None,
            updated_at: None,
            ..stg_product()
        };
        let text = "« Été », a \"quoted\" word,\nand a lamp 💡 ";
        let odd = Products {
            id: 2,
            name: text.to_owned(),
            description: Some(text.to_owned()),
            category: Some(" hOme ".to_owned()),
            price: dec!(99999999.99),
            stock_quantity: Some(-1),
            ..product()
        };
        let expected_odd = StgProducts {
            product_id: 2,
            product_name: text.to_owned(),
            product_description: Some(text.to_owned()),
            category: Some(" hOme ".to_owned()),
            price: dec!(99999999.99),
            stock_quantity: Some(-1),
            ..stg_product()
        };
        assert_rows(&run(&[landed(null), landed(odd)]).batch, &[expected, expected_odd]);
    }

    #[test]
    fn a_key_that_stands_twice_keeps_the_row_loaded_last() {
        let priced = |id, price| Products { id, price, ..product() };
        let cleaned = run(&[
            landed(priced(2, dec!(2.00))),
            landed_at(priced(1, dec!(1.99)), timestamp!("2026-01-15 02:00:00"), "a"),
            landed_at(priced(1, dec!(1.00)), LOADED_AT, "z"),
            landed(priced(2, dec!(2.99))),
        ]);
        let expected = [
            StgProducts { price: dec!(1.99), _loaded_at: timestamp!("2026-01-15 02:00:00"), ..stg_product() },
            StgProducts { product_id: 2, price: dec!(2.99), ..stg_product() },
        ];
        assert_rows(&cleaned.batch, &expected);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 2 }]);
    }
}
