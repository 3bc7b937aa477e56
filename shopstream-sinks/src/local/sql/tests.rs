use futures::TryStreamExt;
use proptest::prelude::*;
use shopstream_core::{
    ErrorKind,
    compute::quotient,
    sql::{SHOP_RATIO, SqlValue},
};

use super::*;

/// The one value that a query without tables answers, as its text.
async fn answer(query: Query) -> Result<String> {
    let bound = query.bound(Dialect::Postgres)?;
    let state = session::new();
    let rows = start(&state, Select::parse(&state, &bound.text)?, &bound.values).await?;
    let batches: Vec<RecordBatch> = rows.try_collect().await?;
    let text = arrow::util::display::array_value_to_string(batches[0].column(0), 0);
    Ok(format!("{} {}", batches[0].schema().field(0).data_type(), text.unwrap()))
}

#[tokio::test]
async fn the_functions_of_snowflake() {
    for (sql, expected) in [
        ("shop_ratio(1, 3, 6)", "Decimal128(38, 6) 0.333333"),
        ("shop_ratio(CAST(0.5 AS DECIMAL(38, 4)), CAST(100 AS DECIMAL(38, 2)), 2)", "Decimal128(38, 2) 0.01"),
        ("shop_ratio(-1, 200, 2)", "Decimal128(38, 2) -0.01"),
        ("shop_ratio(1, 0, 2)", "Decimal128(38, 2) "),
        ("shop_ratio(NULL, 2, 0)", "Decimal128(38, 0) "),
        ("datediff('day', CAST('2024-02-28' AS DATE), CAST('2024-03-01' AS DATE))", "Int64 2"),
        ("datediff('DAY', CAST('2024-03-01' AS DATE), CAST('1969-12-31' AS DATE))", "Int64 -19784"),
        ("datediff('day', NULL, CAST('1969-12-31' AS DATE))", "Int64 "),
        ("dateadd('day', -1, CAST('2024-03-01' AS DATE))", "Date32 2024-02-29"),
        ("date_from_parts(2024, 2, 29)", "Date32 2024-02-29"),
        ("date_from_parts(EXTRACT(YEAR FROM CAST('2024-03-01' AS DATE)), 12, 31)", "Date32 2024-12-31"),
        ("get_path('{\"a\": {\"b\": \"c\"}}', 'a.b')", "Utf8View \"c\""),
        ("json_extract_path_text('{\"a\": {\"b\": \"c\"}}', 'a.b')", "Utf8View c"),
        ("json_extract_path_text('{\"a\": {\"b\": \"c\"}}', 'a')", "Utf8View {\"b\": \"c\"}"),
        ("json_extract_path_text('{\"a\": null}', 'a')", "Utf8View "),
        ("as_integer(get_path('{\"a\": 12}', 'a'))", "Int64 12"),
        ("as_integer(get_path('{\"a\": \"12\"}', 'a'))", "Int64 "),
        ("as_integer(get_path('{\"a\": 12.0}', 'a'))", "Int64 "),
        ("0.1 + 0.2", "Decimal128(2, 1) 0.3"),
    ] {
        assert_eq!(answer(format!("SELECT {sql}").into()).await.unwrap(), expected, "{sql}");
    }
}

#[tokio::test]
async fn what_the_functions_refuse() {
    for (sql, kind) in [
        ("shop_ratio(1, 2, 7)", ErrorKind::Config),
        ("shop_ratio(1, 2)", ErrorKind::Config),
        ("shop_ratio(1, CAST(2 AS DOUBLE), 2)", ErrorKind::Config),
        ("shop_ratio(1, CAST(2 AS DECIMAL(10, 5)), 2)", ErrorKind::Config),
        (
            "shop_ratio(CAST('10000000000000000000000000000000000000' AS DECIMAL(38, 0)), CAST(0.01 AS DECIMAL(3, 2)), 2)",
            ErrorKind::Data,
        ),
        ("datediff('month', CAST('2024-02-28' AS DATE), CAST('2024-03-01' AS DATE))", ErrorKind::Unsupported),
        ("dateadd('day', 3000000000, CAST('2024-02-28' AS DATE))", ErrorKind::Data),
        ("get_path('{}', 'a[')", ErrorKind::Config),
        // A query of one version has one answer.
        ("now()", ErrorKind::Config),
        ("current_date", ErrorKind::NotFound),
        ("random()", ErrorKind::Config),
        ("uuid()", ErrorKind::Config),
    ] {
        let error = answer(format!("SELECT {sql}").into()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{sql}: {error}");
    }
}

#[tokio::test]
async fn values_are_bound_with_their_types() {
    let (number, day): (shopstream_core::Decimal<5, 2>, _) =
        (shopstream_core::dec!(-0.05), shopstream_core::date!("2026-01-14"));
    let instant = shopstream_core::timestamp!("2026-01-14 02:03:04.000005");
    let values: [(SqlValue, &str); 6] = [
        (true.into(), "Boolean true"),
        ((-7).into(), "Int64 -7"),
        (number.into(), "Decimal128(5, 2) -0.05"),
        ("O'Neil\\ :value $1; --".into(), "Utf8View O'Neil\\ :value $1; --"),
        (day.into(), "Date32 2026-01-14"),
        (instant.into(), "Timestamp(µs) 2026-01-14T02:03:04.000005"),
    ];
    for (value, expected) in values {
        assert_eq!(answer(Query::new("SELECT :value").bind("value", value)).await.unwrap(), expected);
    }
}

/// The body of the function's definition in Snowflake, which is plain SQL.
fn body() -> &'static str {
    SHOP_RATIO.split("$$").nth(1).unwrap()
}

fn decimal(units: i128, scale: u8) -> SqlValue {
    SqlValue::Decimal { units, precision: 38, scale }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What the definition in Snowflake says, computed by DataFusion as the plain SQL that it is, is what the function
    /// here says.
    #[test]
    fn the_definition_in_snowflake_says_the_same(
        numerator in prop_oneof![-9_999_999_999i128..9_999_999_999, -30i128..30],
        denominator in prop_oneof![-9_999_999_999i128..9_999_999_999, -30i128..30],
        scale in 0u8..=6,
        multiple in prop_oneof![Just(None), (1i128..2_000).prop_map(Some)],
    ) {
        // Every other time a quotient that lies halfway between two answers.
        let half = 2 * 10i128.pow(scale.into());
        let (numerator, denominator) = match multiple {
            Some(odd) => (numerator % 1_000 * (2 * odd + 1), half * (numerator % 1_000)),
            None => (numerator, denominator),
        };
        let sql = format!(
            "SELECT CAST({} AS DECIMAL(38, 6)) FROM (SELECT :numerator AS numerator, :denominator AS denominator) AS t",
            body().replace("scale", &scale.to_string())
        );
        let query = Query::new(sql).bind("numerator", decimal(numerator, 4)).bind("denominator", decimal(denominator, 4));
        let said = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(answer(query)).unwrap();
        let expected = quotient((numerator, 4), (denominator, 4), scale).unwrap();
        let digits = expected.map(|units| units * 10i128.pow(u32::from(6 - scale)));
        let expected = digits.map_or(String::new(), |units| {
            let sign = if units < 0 { "-" } else { "" };
            format!("{sign}{}.{:06}", units.abs() / 1_000_000, units.abs() % 1_000_000)
        });
        prop_assert_eq!(said, format!("Decimal128(38, 6) {expected}"));
    }
}
