use proptest::prelude::*;

use super::*;
use crate::{Decimal, date, dec, timestamp};

fn bound(sql: &str, dialect: Dialect) -> (String, usize) {
    let query = Query::new(sql).bind("a", 1).bind("b", "two").bind_list("list", [1, 2, 3]).bind_list("none", [0; 0]);
    let BoundQuery { text, values } = query.bound(dialect).unwrap();
    (text, values.len())
}

#[test]
fn parameters_become_placeholders() {
    for (sql, postgres, snowflake) in [
        ("SELECT 1", ("SELECT 1", 0), ("SELECT 1", 0)),
        ("SELECT :a", ("SELECT $1", 1), ("SELECT ?", 1)),
        ("(:a+:b,:a)", ("($1+$2,$1)", 2), ("(?+?,?)", 3)),
        ("x IN (:list)", ("x IN ($1, $2, $3)", 3), ("x IN (?, ?, ?)", 3)),
        (":b :list :list", ("$1 $2, $3, $4 $2, $3, $4", 4), ("? ?, ?, ? ?, ?, ?", 7)),
        ("x IN (:none) = :a", ("x IN (NULL) = $1", 1), ("x IN (NULL) = ?", 1)),
    ] {
        assert_eq!(bound(sql, Dialect::Postgres), (postgres.0.to_owned(), postgres.1), "{sql}");
        assert_eq!(bound(sql, Dialect::Snowflake), (snowflake.0.to_owned(), snowflake.1), "{sql}");
    }
}

#[test]
fn what_only_looks_like_a_parameter_stays() {
    for sql in [
        "SELECT ':a', 'it''s :a', \":a\", \"x\"\":a\" FROM t",
        "SELECT 1 -- :a\n, 2 /* :a\n */",
        "SELECT x::a, (x)::a, x:a, x[1]:a, \"x\":a, d:b:a, y[1:a]",
        "SELECT $$ :a ' :a $$, : a, :1",
        "SELECT 'never closed :a",
        "SELECT /* never closed :a",
        "-- é :a",
    ] {
        for dialect in [Dialect::Postgres, Dialect::Snowflake] {
            assert_eq!(bound(sql, dialect), (sql.to_owned(), 0), "{dialect:?}");
        }
    }
    let escaped = r"SELECT 'O\'Neil :a', 'a\\', :a";
    assert_eq!(bound(escaped, Dialect::Snowflake).0, r"SELECT 'O\'Neil :a', 'a\\', ?");
    let plain = r"SELECT '\', :a";
    assert_eq!(bound(plain, Dialect::Postgres).0, r"SELECT '\', $1");
}

#[test]
fn a_parameter_without_a_value_is_named() {
    let query = Query::new("SELECT :a, :c").bind("a", "secret").bind("b", 2);
    let error = query.bound(Dialect::Postgres).unwrap_err();
    assert_eq!((error.context("parameter"), error.context("bound")), (Some("c"), Some("a, b")));
    assert_eq!(query.inlined(Dialect::Snowflake).unwrap_err().context("parameter"), Some("c"));
    let bound = Query::new("SELECT :a").bind("a", "secret").bound(Dialect::Postgres).unwrap();
    for shown in [format!("{query:?}"), error.to_string(), format!("{bound:?}"), format!("{:?}", bound.values)] {
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn literals() {
    let minus: Decimal<5, 2> = dec!(-0.05);
    let values: [(SqlValue, &str); 8] = [
        (true.into(), "TRUE"),
        ((-7).into(), "(-7)"),
        (i64::MIN.into(), "(-9223372036854775808)"),
        (minus.into(), "CAST('-0.05' AS DECIMAL(5, 2))"),
        ("O'Neil".into(), "'O''Neil'"),
        (date!("2026-01-14").into(), "CAST('2026-01-14' AS DATE)"),
        (timestamp!("2026-01-14 02:03:04.000005").into(), "CAST('2026-01-14 02:03:04.000005' AS TIMESTAMP(6))"),
        ("\\'; DROP TABLE t; --".into(), "'\\\\''; DROP TABLE t; --'"),
    ];
    for (value, literal) in values {
        assert_eq!(value.literal(Dialect::Snowflake), literal);
    }
    assert_eq!(SqlValue::from("\\").literal(Dialect::Postgres), "'\\'");
}

#[test]
fn tables_get_other_names_where_they_are_tables() {
    let known = |table: &TableRef| (table.schema() == "staging").then(|| format!("\"B\".\"{}\"", table.table()));
    let renamed = |sql: &str, dialect| Query::new(sql).with_tables(dialect, known).text().to_owned();
    for (sql, expected) in [
        ("SELECT * FROM staging.orders", "SELECT * FROM \"B\".\"orders\""),
        ("FROM Staging.ORDERS,staging.users u", "FROM \"B\".\"orders\",\"B\".\"users\" u"),
        ("(SELECT staging.orders.id FROM staging.orders)", "(SELECT staging.orders.id FROM \"B\".\"orders\")"),
        (
            "db.staging.orders \"staging\".orders \"staging\".\"orders\"",
            "db.staging.orders \"staging\".orders \"staging\".\"orders\"",
        ),
        (
            "'staging.a' \"staging.a\" -- staging.a\n/* staging.a */ $$staging.a$$",
            "'staging.a' \"staging.a\" -- staging.a\n/* staging.a */ $$staging.a$$",
        ),
        (
            "staging.ratio(1) staging. .orders xstaging.a x:staging.a :staging.a @staging.a",
            "staging.ratio(1) staging. .orders xstaging.a x:staging.a :staging.a @staging.a",
        ),
        ("o.id = 1.5 AND a.staging.x", "o.id = 1.5 AND a.staging.x"),
        ("staging.été", "\"B\".\"été\""),
    ] {
        assert_eq!(renamed(sql, Dialect::Snowflake), expected);
    }
    assert_eq!(renamed(r"'\' staging.a '", Dialect::Postgres), r#"'\' "B"."a" '"#);
    assert_eq!(renamed(r"'\' staging.a '", Dialect::Snowflake), r"'\' staging.a '");
}

proptest! {
    #[test]
    fn a_text_without_known_tables_stays(sql in r#"[a.:_'\\"\-/*$ é(\n]{0,40}"#) {
        for dialect in [Dialect::Postgres, Dialect::Snowflake] {
            let query = Query::new(sql.clone());
            prop_assert_eq!(query.with_tables(dialect, |_| None), query);
        }
    }

    /// No text leaves its literal: a scanner of the dialect finds one string and nothing else.
    #[test]
    fn a_text_is_one_literal(text in r#"[a'\\":\-/*$ é\n]{0,20}"#) {
        for dialect in [Dialect::Postgres, Dialect::Snowflake] {
            let literal = SqlValue::from(&text).literal(dialect);
            let around = format!("SELECT :a, {literal}, :b");
            let found = parts(&around, dialect);
            prop_assert_eq!(found.iter().filter(|p| matches!(p, Part::Parameter(_))).count(), 2, "{}", around);
            let inner = &literal[1..literal.len() - 1];
            let read = match dialect {
                Dialect::Postgres => inner.replace("''", "'"),
                Dialect::Snowflake => inner.replace("\\\\", "\\").replace("''", "'"),
            };
            prop_assert_eq!(&read, &text);
        }
    }

    #[test]
    fn pieces_make_the_whole(sql in r#"[a:_'\\"\-/*$ é\n]{0,40}"#) {
        for dialect in [Dialect::Postgres, Dialect::Snowflake] {
            let whole: String = parts(&sql, dialect)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => text.to_owned(),
                    Part::Parameter(name) => format!(":{name}"),
                })
                .collect();
            prop_assert_eq!(whole, sql.clone());
        }
    }
}
