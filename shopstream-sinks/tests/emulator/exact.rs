//! Money, and the quotient.

use shopstream_core::sql::SHOP_RATIO;
use shopstream_testkit::snowflake::Emulator;

use crate::fixture::{refused, run, shop};

#[tokio::test]
async fn sums_are_exact() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    run(&session, "CREATE TABLE T (AMOUNT NUMBER(38,2), MARGIN NUMBER(38,4), QUANTITY NUMBER(19,0))").await;
    // More digits than a float has.
    let row = "(90071992547409930.01, 0.0001, 9007199254740993)";
    run(&session, &*format!("INSERT INTO T VALUES {row}, {row}, {row}")).await;
    let sql = "SELECT SUM(AMOUNT), SUM(MARGIN), SUM(QUANTITY), SUM(AMOUNT * CAST(0.30 AS DECIMAL(5,2))) FROM T";
    let sums = ["270215977642229790.03", "0.0003", "27021597764222979", "81064793292668937.0090"];
    assert_eq!(run(&session, sql).await, [sums]);
}

#[tokio::test]
async fn the_quotient_is_rounded_once_and_half_away_from_zero() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let unknown = refused(&session, "SELECT SHOP_RATIO(1, 3, 2)").await;
    assert_eq!(unknown.context("code"), Some("002141"));
    run(&session, SHOP_RATIO).await;
    for (call, expected) in [
        ("1, 3, 6", "0.333333"),
        ("2, 3, 2", "0.670000"),
        ("-2, 3, 0", "-1.000000"),
        ("1, 2, 0", "1.000000"),
        ("-1, -2, 0", "1.000000"),
        ("-0.005, 1, 2", "-0.010000"),
        ("1.2345, 0.0001, 6", "12345.000000"),
        ("12345678901234567890.12, 1, 2", "12345678901234567890.120000"),
        ("0, 5, 6", "0.000000"),
        ("5, 0, 6", "-"),
        ("NULL, 5, 6", "-"),
        ("5, NULL, 6", "-"),
        ("5, 1, NULL", "-"),
    ] {
        for name in ["shop_ratio", "\"SHOP\".PUBLIC.SHOP_RATIO"] {
            assert_eq!(run(&session, &*format!("SELECT {name}({call})")).await, [[expected]], "{name}({call})");
        }
    }
    let grouped = "SELECT shop_ratio(SUM(A), COUNT(*), 2) FROM (VALUES (0.01), (0.02), (0.02)) AS T (A)";
    assert_eq!(run(&session, grouped).await, [["0.020000"]]);
}
