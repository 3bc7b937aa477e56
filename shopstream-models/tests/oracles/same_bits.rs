//! The same rows make the same files, whatever the threads and the order in which the rows come.

use parquet::arrow::ArrowWriter;
use shopstream_core::{Batch, Table};

use crate::{models::Models, shop::Shop};

fn file<T: Table>(batch: &Batch<T>) -> Vec<u8> {
    let batch = batch.record_batch();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn files(shop: &Shop, threads: usize) -> [Vec<u8>; 6] {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let models = pool.install(|| Models::of(shop));
    [
        file(&models.dim_customers),
        file(&models.dim_products),
        file(&models.fact_orders),
        file(&models.mart_sales_overview),
        file(&models.mart_product_performance),
        file(&models.mart_customer_ltv),
    ]
}

#[test]
fn whatever_the_threads_and_the_order_of_rows() {
    let shop = Shop::large();
    let expected = files(&shop, 1);
    for threads in [2, 8] {
        assert!(files(&shop, threads) == expected, "{threads} threads");
    }
    for seed in [1, 2] {
        let shuffled = shop.clone().shuffled(seed);
        assert_ne!(shuffled.order_items, shop.order_items);
        assert!(files(&shuffled, 8) == expected, "shuffled by {seed}");
    }
}
