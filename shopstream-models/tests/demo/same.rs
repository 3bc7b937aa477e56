use serde::Serialize;
use shopstream_core::{Batch, Table, timestamp};
use shopstream_models::demo::{Batches, Demo, DemoOptions};

/// FNV-1a of the rows as JSON.
fn digest<T: Table + Serialize>(rows: impl Iterator<Item = T>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for row in rows {
        for byte in serde_json::to_vec(&row).unwrap() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

fn digests(options: DemoOptions) -> [String; 6] {
    let demo = Demo::new(options).unwrap();
    [
        digest(demo.users().rows()),
        digest(demo.products().rows()),
        digest(demo.orders().rows()),
        digest(demo.order_items().rows()),
        digest(demo.events().rows()),
        digest(demo.crm_contacts().rows()),
    ]
}

/// The rows that these options have always given. A change of them is a change for everybody who compares with data
/// that was made before: bump it on purpose only, and say so.
#[test]
fn the_rows_are_those_of_every_machine_and_version() {
    assert_eq!(digests(DemoOptions::default()), GOLDEN);
}

const GOLDEN: [&str; 6] = [
    "505c3d8ba04c818a",
    "97701c3edba4043d",
    "4b00f0b29fa9b1bd",
    "2360aa54c4da7c9e",
    "75c58eccad6fe1a1",
    "7cb90fb8ffc01f39",
];

#[test]
fn each_option_makes_other_rows() {
    let base = digests(DemoOptions::default());
    let unlike = |other: &DemoOptions| base.iter().zip(digests(other.clone())).filter(|(a, b)| **a != *b).count();
    assert_eq!(unlike(&DemoOptions::default()), 0);
    assert_eq!(unlike(&DemoOptions::default().with_seed(43)), 6);
    assert_eq!(unlike(&DemoOptions::default().with_scale(2)), 6);
    // A day later everything is a day later, and the lines of orders have no time.
    assert_eq!(unlike(&DemoOptions::default().with_now(timestamp!("2026-01-16 00:00:00"))), 5);
}

#[test]
fn batches_are_the_rows_cut() {
    fn check<T: Table>(of: impl Fn() -> Batches<T>) {
        let rows: Vec<T> = of().rows().collect();
        for size in [0, 1, 333, 4096, usize::MAX] {
            let batches: Vec<Batch<T>> = of().with_batch_rows(size).collect();
            let (last, full) = batches.split_last().unwrap();
            assert!(full.iter().all(|b| b.num_rows() == size.max(1)) && last.num_rows() <= size.max(1));
            assert_eq!(batches.iter().flat_map(Batch::rows).collect::<Vec<_>>(), rows);
        }
    }
    let demo = Demo::new(DemoOptions::default()).unwrap();
    check(|| demo.users());
    check(|| demo.products());
    check(|| demo.crm_contacts());
    check(|| demo.order_items());
}

#[test]
fn nothing_of_scale_0() {
    let demo = Demo::new(DemoOptions::default().with_scale(0)).unwrap();
    assert_eq!(demo.users().count() + demo.products().count() + demo.orders().count(), 0);
    assert_eq!(demo.order_items().count() + demo.events().count() + demo.crm_contacts().count(), 0);
}

#[test]
fn a_now_out_of_time_is_refused() {
    let now = timestamp!("1979-12-31 23:59:59");
    let error = Demo::new(DemoOptions::default().with_now(now)).unwrap_err();
    assert_eq!(error.kind(), shopstream_core::ErrorKind::Config);
}
