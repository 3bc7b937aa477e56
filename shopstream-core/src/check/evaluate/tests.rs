//! Every rule against the plainest way to say it.

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    compute::cast,
    datatypes::{DataType, SchemaRef},
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::evaluate;
use crate::*;

#[derive(Debug)]
struct Tables {
    run: RunId,
    tables: BTreeMap<TableRef, Vec<RecordBatch>>,
}

impl Tables {
    fn new<const N: usize>(tables: [(&str, Vec<RecordBatch>); N]) -> Self {
        Self { run: "test".parse().unwrap(), tables: tables.into_iter().map(|(n, b)| (n.into(), b)).collect() }
    }

    fn check(&self, check: &Check) -> Result<CheckOutcome> {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(evaluate(check, self))
    }

    fn rule(&self, table: &str, rule: impl Into<Rule>) -> CheckOutcome {
        self.check(&Check::new("c", table, rule.into()).with_keys(["row"])).unwrap()
    }

    fn error(&self, table: &str, rule: impl Into<Rule>) -> Error {
        self.check(&Check::new("c", table, rule.into()).with_keys(["row"])).unwrap_err()
    }
}

#[async_trait]
impl Build for Tables {
    fn run(&self) -> &RunId {
        &self.run
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        Ok(self.tables.keys().cloned().collect())
    }

    async fn remove(&self, _: &TableRef) -> Result<()> {
        Err(Error::unsupported("remove"))
    }

    async fn load(&self, _: &dyn Lake, _: &Manifest, _: &LoadOptions) -> Result<LoadReport> {
        Err(Error::unsupported("load"))
    }

    async fn put(&self, _: &TableRef, _: SchemaRef, _: BatchStream) -> Result<u64> {
        Err(Error::unsupported("put"))
    }

    async fn materialize(&self, _: &QueryTable) -> Result<Materialized> {
        Err(Error::unsupported("materialize"))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let batches = self.tables.get(table).ok_or_else(|| Error::not_found("no such table").with("table", table))?;
        let mut read = vec![];
        for batch in batches {
            let schema = TableSchema::from_arrow(&batch.schema());
            let wanted = columns.expect("a data test reads what it needs");
            schema.select(wanted)?;
            let indices: Vec<usize> = wanted.iter().map(|c| batch.schema().index_of(c).unwrap()).collect();
            read.push(Ok(batch.project(&indices)?));
        }
        Ok(stream::iter(read).boxed())
    }

    async fn check(&self, check: &Check) -> Result<CheckOutcome> {
        evaluate(check, self).await
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        Err(Error::unsupported("publish"))
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Row {
    id: Option<i64>,
    amount: Option<i128>,
    price: Option<i128>,
    text: Option<String>,
    other: Option<String>,
    flag: Option<bool>,
    day: Option<i32>,
    at: Option<i64>,
}

fn ids() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        1 => Just(None),
        6 => (-70i64..70).prop_map(Some),
        1 => any::<i64>().prop_map(Some),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(i64::MIN + 1)].prop_map(Some)
    ]
}

fn texts() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some(String::new())),
        "[ab]{1,2}".prop_map(Some),
        "a text beyond twelve bytes [é😀]".prop_map(Some)
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let days = proptest::option::weighted(0.8, -2i32..3);
    let instants = proptest::option::weighted(
        0.8,
        prop_oneof![-3i64..3, (-2i64..3).prop_map(|d| d * Timestamp::DAY), any::<i64>()],
    );
    let decimals = || proptest::option::weighted(0.8, -300i128..300);
    (ids(), decimals(), decimals(), texts(), texts(), proptest::option::weighted(0.8, any::<bool>()), days, instants)
        .prop_map(|(id, amount, price, text, other, flag, day, at)| Row {
            id,
            amount,
            price,
            text,
            other,
            flag,
            day,
            at,
        })
}

/// Rows, the length of a batch, and the encoding of texts.
type Shop = (Vec<Row>, usize, usize);

fn shop() -> impl Strategy<Value = Shop> {
    (proptest::collection::vec(row(), 0..40), 1..50usize, 0..4usize)
}

fn decimals(values: impl Iterator<Item = Option<i128>>, scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from_iter(values).with_precision_and_scale(38, scale).unwrap())
}

fn encoded(values: impl Iterator<Item = Option<String>>, encoding: usize) -> ArrayRef {
    let array: ArrayRef = Arc::new(values.collect::<StringArray>());
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    cast(&array, &[DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, dictionary][encoding]).unwrap()
}

fn batches((rows, size, encoding): &Shop) -> Vec<RecordBatch> {
    let numbered: Vec<_> = rows.iter().enumerate().collect();
    numbered.chunks(*size).map(|rows| batch(rows, *encoding)).collect()
}

fn batch(rows: &[(usize, &Row)], encoding: usize) -> RecordBatch {
    let column = rows.iter().map(|(_, row)| row);
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("row", Arc::new(rows.iter().map(|(i, _)| *i as i64).collect::<Int64Array>()), true),
        ("id", Arc::new(column.clone().map(|r| r.id).collect::<Int64Array>()), true),
        ("small", Arc::new(column.clone().map(|r| r.id.map(|id| id as i32)).collect::<Int32Array>()), true),
        ("amount", decimals(column.clone().map(|r| r.amount), 2), true),
        ("price", decimals(column.clone().map(|r| r.price), 1), true),
        ("wide", decimals(column.clone().map(|r| r.id.map(|id| i128::from(id) * 3)), 1), true),
        ("text", encoded(column.clone().map(|r| r.text.clone()), encoding), true),
        ("other", encoded(column.clone().map(|r| r.other.clone()), encoding), true),
        ("flag", Arc::new(column.clone().map(|r| r.flag).collect::<BooleanArray>()), true),
        ("day", Arc::new(column.clone().map(|r| r.day).collect::<Date32Array>()), true),
        ("at", Arc::new(column.clone().map(|r| r.at).collect::<TimestampMicrosecondArray>()), true),
        ("float", Arc::new(column.map(|r| r.amount.map(|a| a as f64 / 4.0)).collect::<Float64Array>()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// What an outcome must say when these rows fail.
fn assert_fails(outcome: &CheckOutcome, rows: &[Row], fails: impl Fn(&Row) -> bool) {
    assert_failing(outcome, (0..rows.len()).filter(|&i| fails(&rows[i])).collect());
}

fn assert_failing(outcome: &CheckOutcome, failing: Vec<usize>) {
    assert_eq!(outcome.failures, failing.len() as u64);
    assert_eq!(outcome.passed, failing.is_empty());
    assert_eq!(outcome.sample, failing.iter().take(10).map(|i| format!("row={i}")).collect::<Vec<_>>());
}

/// The rows whose key stood before.
fn again<K: Ord>(rows: &[Row], key: impl Fn(&Row) -> Option<K>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    (0..rows.len()).filter(|&i| key(&rows[i]).is_some_and(|key| !seen.insert(key))).collect()
}

fn floor_day(at: i64) -> (i64, i64) {
    (at.div_euclid(Timestamp::DAY), at.rem_euclid(Timestamp::DAY))
}

proptest! {
    #[test]
    fn unique(shop in shop()) {
        let tables = Tables::new([("t", batches(&shop))]);
        let rows = &shop.0;
        assert_failing(&tables.rule("t", Rule::unique(["id"])), again(rows, |r| r.id));
        assert_failing(&tables.rule("t", Rule::unique(["amount"])), again(rows, |r| r.amount));
        assert_failing(&tables.rule("t", Rule::unique(["float"])), again(rows, |r| r.amount));
        assert_failing(&tables.rule("t", Rule::unique(["wide"])), again(rows, |r| r.id));
        assert_failing(&tables.rule("t", Rule::unique(["text"])), again(rows, |r| r.text.clone()));
        assert_failing(&tables.rule("t", Rule::unique(["at"])), again(rows, |r| r.at));
        assert_failing(
            &tables.rule("t", Rule::unique(["text", "other"])),
            again(rows, |r| r.text.clone().zip(r.other.clone())),
        );
        assert_failing(
            &tables.rule("t", Rule::unique(["flag", "text", "day"])),
            again(rows, |r| r.flag.zip(r.text.clone()).zip(r.day)),
        );
    }

    #[test]
    fn not_null(shop in shop()) {
        let tables = Tables::new([("t", batches(&shop))]);
        assert_fails(&tables.rule("t", Rule::not_null("id")), &shop.0, |r| r.id.is_none());
        assert_fails(&tables.rule("t", Rule::not_null("text")), &shop.0, |r| r.text.is_none());
        assert_fails(&tables.rule("t", Rule::not_null("flag")), &shop.0, |r| r.flag.is_none());
        assert_fails(&tables.rule("t", Rule::not_null("float")), &shop.0, |r| r.amount.is_none());
    }

    #[test]
    fn accepted_values(shop in shop()) {
        let tables = Tables::new([("t", batches(&shop))]);
        assert_fails(&tables.rule("t", Rule::accepted("text", ["", "a"])), &shop.0, |r| {
            r.text.as_ref().is_some_and(|t| t != "a" && !t.is_empty())
        });
        assert_fails(&tables.rule("t", Rule::accepted("text", [""; 0])), &shop.0, |r| r.text.is_some());
    }

    #[test]
    fn references(from in shop(), to in shop()) {
        let tables = Tables::new([("t", batches(&from)), ("to", batches(&to))]);
        let ids: BTreeSet<i64> = to.0.iter().filter_map(|r| r.id).collect();
        let texts: BTreeSet<&String> = to.0.iter().filter_map(|r| r.text.as_ref()).collect();
        let prices: BTreeSet<i128> = to.0.iter().filter_map(|r| r.price.map(|p| p * 10)).collect();
        let amounts: BTreeSet<i128> = to.0.iter().filter_map(|r| r.amount).collect();
        let days: BTreeSet<i64> = to.0.iter().filter_map(|r| r.day.map(i64::from)).collect();
        let rule = |column: &str, to: &str| tables.rule("t", Rule::references(column, "to", to));
        assert_fails(&rule("id", "id"), &from.0, |r| r.id.is_some_and(|id| !ids.contains(&id)));
        assert_fails(&rule("wide", "wide"), &from.0, |r| r.id.is_some_and(|id| !ids.contains(&id)));
        assert_fails(&rule("text", "text"), &from.0, |r| r.text.as_ref().is_some_and(|t| !texts.contains(t)));
        // Across scales, both ways, and integers in decimals.
        assert_fails(&rule("amount", "price"), &from.0, |r| r.amount.is_some_and(|a| !prices.contains(&a)));
        assert_fails(&rule("price", "amount"), &from.0, |r| r.price.is_some_and(|p| !amounts.contains(&(p * 10))));
        assert_fails(&rule("id", "amount"), &from.0, |r| {
            r.id.is_some_and(|id| !amounts.contains(&(i128::from(id) * 100)))
        });
        assert_fails(&rule("at", "day"), &from.0, |r| {
            r.at.map(floor_day).is_some_and(|(day, rest)| rest != 0 || !days.contains(&day))
        });
    }

    #[test]
    fn conditions(shop in shop(), bound in -300i64..300) {
        let tables = Tables::new([("t", batches(&shop))]);
        let rows = &shop.0;
        let both = |r: &Row| r.amount.zip(r.price.map(|p| p * 10));
        let rule = |condition: Condition| tables.rule("t", condition);
        assert_fails(&rule(Condition::eq("amount", "price")), rows, |r| both(r).is_some_and(|(a, p)| a != p));
        assert_fails(&rule(Condition::lt("amount", "price")), rows, |r| both(r).is_some_and(|(a, p)| a >= p));
        assert_fails(&rule(Condition::le("amount", "price")), rows, |r| both(r).is_some_and(|(a, p)| a > p));
        assert_fails(&rule(Condition::gt("price", "amount")), rows, |r| both(r).is_some_and(|(a, p)| p <= a));
        assert_fails(&rule(Condition::ge("price", "amount")), rows, |r| both(r).is_some_and(|(a, p)| p < a));
        let number = Operand::Number { units: bound.into(), scale: 3 };
        assert_fails(&rule(Condition::ge("amount", number)), rows, |r| {
            r.amount.is_some_and(|a| a * 10 < bound.into())
        });
        assert_fails(&rule(Condition::gt("id", bound)), rows, |r| r.id.is_some_and(|id| id <= bound));
        assert_fails(&rule(Condition::eq("wide", Operand::product("small", "price"))), rows, |r| {
            r.id.zip(r.price).is_some_and(|(id, p)| i128::from(id) * 3 != i128::from(id as i32) * p)
        });
        assert_fails(&rule(Condition::le(Operand::product("amount", "price"), bound)), rows, |r| {
            r.amount.zip(r.price).is_some_and(|(a, p)| a * p > i128::from(bound) * 1000)
        });
        assert_fails(&rule(Condition::le("at", Date::from_days(1))), rows, |r| {
            r.at.is_some_and(|at| at > Timestamp::DAY)
        });
        assert_fails(&rule(Condition::lt("day", Timestamp::from_micros(1))), rows, |r| {
            r.day.is_some_and(|day| i64::from(day) * Timestamp::DAY >= 1)
        });
        assert_fails(&rule(Condition::ge("at", "day")), rows, |r| {
            r.at.zip(r.day).is_some_and(|(at, day)| at < i64::from(day) * Timestamp::DAY)
        });
        assert_fails(&rule(Condition::le("text", "other")), rows, |r| {
            r.text.as_ref().zip(r.other.as_ref()).is_some_and(|(a, b)| a > b)
        });
        let flag = Condition::TrueIffSet { flag: "flag".into(), column: "text".into() };
        assert_fails(&rule(flag), rows, |r| r.flag.unwrap_or(false) != r.text.is_some());
    }

    #[test]
    fn sums_to(heads in shop(), details in shop()) {
        let tables = Tables::new([("t", batches(&heads)), ("d", batches(&details))]);
        let rule = |key: &str, details_key: &str| Rule::SumsTo {
            column: "amount".into(),
            key: key.into(),
            details: "d".into(),
            details_key: details_key.into(),
            details_column: "price".into(),
        };
        let sum = |wanted: &dyn Fn(&Row) -> bool| -> i128 {
            details.0.iter().filter(|r| wanted(r)).filter_map(|r| r.price).sum::<i128>() * 10
        };
        assert_fails(&tables.rule("t", rule("id", "id")), &heads.0, |r| {
            r.id.zip(r.amount).is_some_and(|(id, a)| sum(&|d| d.id == Some(id)) != a)
        });
        assert_fails(&tables.rule("t", rule("wide", "wide")), &heads.0, |r| {
            r.id.zip(r.amount).is_some_and(|(id, a)| sum(&|d| d.id == Some(id)) != a)
        });
        assert_fails(&tables.rule("t", rule("text", "other")), &heads.0, |r| {
            r.text.as_ref().zip(r.amount).is_some_and(|(text, a)| sum(&|d| d.other.as_ref() == Some(text)) != a)
        });
    }

    #[test]
    fn totals(shop in shop(), more in shop()) {
        let tables = Tables::new([("t", batches(&shop)), ("u", batches(&more))]);
        let (rows, more) = (&shop.0, &more.0);
        let outcome = tables.rule("t", Rule::RowCount { expected: more.len() as u64 });
        prop_assert_eq!(outcome.passed, rows.len() == more.len());
        let expected = [format!("expected {}", more.len()), format!("found {}", rows.len())];
        prop_assert_eq!(&outcome.sample[..], if outcome.passed { &[] } else { &expected[..] });

        let flagged = |r: &&Row| r.flag == Some(true);
        let same = |left: Measure, right: Measure| tables.rule("t", Rule::equal(left, right)).passed;
        let ids = |rows: &[Row]| rows.iter().filter_map(|r| r.id).collect::<BTreeSet<_>>().len();
        prop_assert_eq!(same(Measure::count_distinct("t", "id"), Measure::count("u")), ids(rows) == more.len());
        let texts = rows.iter().filter(flagged).filter_map(|r| r.text.clone()).collect::<BTreeSet<_>>().len();
        prop_assert_eq!(
            same(Measure::count_distinct("t", "text").only("flag"), Measure::count("u").only("flag")),
            texts == more.iter().filter(flagged).count()
        );
        let sum = |rows: &[Row]| rows.iter().filter_map(|r| r.amount).sum::<i128>();
        let prices = more.iter().filter(flagged).filter_map(|r| r.price).sum::<i128>();
        prop_assert_eq!(
            same(Measure::sum("t", "amount"), Measure::sum("u", "price").only("flag")),
            sum(rows) == prices * 10
        );
        prop_assert!(same(Measure::sum("t", "amount"), Measure::sum("t", "amount")));
    }
}

fn one(column: &str, array: ArrayRef) -> RecordBatch {
    let rows: ArrayRef = Arc::new((0..array.len() as i64).collect::<Int64Array>());
    RecordBatch::try_from_iter_with_nullable([("row", rows, true), (column, array, true)]).unwrap()
}

#[test]
fn an_empty_table_passes_all_but_its_count() {
    let tables = Tables::new([("none", vec![]), ("some", vec![one("id", Arc::new(Int64Array::from(vec![1])))])]);
    for rule in [
        Rule::unique(["id"]),
        Rule::not_null("id"),
        Rule::accepted("id", ["x"]),
        Rule::references("id", "some", "id"),
        Condition::gt("id", 0).into(),
        Rule::RowCount { expected: 0 },
        Rule::equal(Measure::sum("none", "id"), Measure::count_distinct("none", "id")),
    ] {
        assert!(tables.rule("none", rule).passed);
    }
    assert_eq!(tables.rule("none", Rule::RowCount { expected: 1 }).sample, ["expected 1", "found 0"]);
    assert_eq!(tables.rule("some", Rule::references("id", "none", "id")).sample, ["row=0"]);
}

#[test]
fn a_sample_names_rows_by_their_keys_alone() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None, Some("y")]));
    let amounts = decimals([Some(150), Some(-1), Some(-2)].into_iter(), 2);
    let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 1, 2]));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("text", texts, true),
        ("amount", amounts, true),
        ("day", days, true),
    ])
    .unwrap();
    let tables = Tables::new([("t", vec![batch])]);
    let check = Check::new("c", "t", Condition::gt("amount", 0).into());
    let outcome = tables.check(&check.clone().with_keys(["text", "day", "amount"])).unwrap();
    assert_eq!(outcome.sample, ["text=NULL, day=1970-01-02, amount=-0.01", "text=y, day=1970-01-03, amount=-0.02"]);
    assert_eq!(tables.check(&check.clone()).unwrap().sample, ["2 of 3 rows"]);
    let outcome = tables.check(&check.warn().with_allowed(2)).unwrap();
    assert!(outcome.passed && outcome.failures == 2 && !outcome.stops());

    let same = Rule::equal(Measure::sum("t", "amount"), Measure::count("t"));
    assert_eq!(tables.check(&Check::new("c", "t", same)).unwrap().sample, ["sum of t.amount = 1.47", "count of t = 3"]);
}

#[test]
fn what_is_missing_or_does_not_compare_is_named() {
    let tables = Tables::new([(
        "t",
        batches(&(
            vec![Row {
                id: Some(1),
                amount: Some(1),
                price: Some(1),
                text: None,
                other: None,
                flag: None,
                day: None,
                at: None,
            }],
            1,
            0,
        )),
    )]);
    let missing = tables.error("nowhere", Rule::not_null("id"));
    assert_eq!((missing.kind(), missing.context("table")), (ErrorKind::NotFound, Some("nowhere")));
    let missing = tables.error("t", Rule::not_null("nothing"));
    assert_eq!((missing.kind(), missing.context("columns")), (ErrorKind::NotFound, Some("nothing")));
    assert_eq!((missing.context("table"), missing.context("check")), (Some("t"), Some("c")));
    let sums = |column: &str, key: &str, details_key: &str, details_column: &str| Rule::SumsTo {
        column: column.into(),
        key: key.into(),
        details: "t".into(),
        details_key: details_key.into(),
        details_column: details_column.into(),
    };
    for rule in [
        Rule::accepted("id", ["1"]),
        Rule::references("id", "t", "text"),
        Rule::references("day", "t", "id"),
        Condition::gt("float", 0).into(),
        Condition::eq("flag", 1).into(),
        Condition::lt("at", "amount").into(),
        Condition::gt(Operand::product("float", "id"), 0).into(),
        Condition::TrueIffSet { flag: "id".into(), column: "text".into() }.into(),
        Rule::equal(Measure::sum("t", "float"), Measure::count("t")),
        Rule::equal(Measure::sum("t", "at"), Measure::count("t")),
        Rule::equal(Measure::count("t").only("id"), Measure::count("t")),
        sums("text", "id", "id", "price"),
        sums("amount", "id", "text", "price"),
        sums("amount", "id", "id", "float"),
    ] {
        let error = tables.error("t", rule.clone());
        assert_eq!(error.kind(), ErrorKind::Schema, "{rule:?}: {error}");
        assert!(error.context("table").is_some() && error.context("check").is_some(), "{error}");
        assert!(error.context("column").or(error.context("columns")).is_some(), "{error}");
    }
    assert_eq!(tables.error("t", Rule::unique([""; 0])).kind(), ErrorKind::Config);
}

#[test]
fn what_is_too_large_is_an_error_and_never_wraps() {
    let large = || decimals([Some(10i128.pow(38) - 1), Some(10i128.pow(38) - 1)].into_iter(), 0);
    let tables = Tables::new([("t", vec![one("large", large())])]);
    let sum = tables.error("t", Rule::equal(Measure::sum("t", "large"), Measure::count("t")));
    assert_eq!((sum.kind(), sum.context("column")), (ErrorKind::Data, Some("large")));
    let product = tables.error("t", Condition::gt(Operand::product("large", "large"), 0));
    assert_eq!((product.kind(), product.context("columns")), (ErrorKind::Data, Some("large, large")));
    assert!(!sum.to_string().contains("999") && !product.to_string().contains("999"));
    let details = Rule::SumsTo {
        column: "large".into(),
        key: "large".into(),
        details: "t".into(),
        details_key: "large".into(),
        details_column: "large".into(),
    };
    assert_eq!(tables.error("t", details).kind(), ErrorKind::Data);
    // A comparison is exact even where aligned units would not fit.
    let small = Operand::Number { units: 1, scale: 30 };
    assert!(tables.rule("t", Condition::gt("large", small)).passed);
    assert_eq!(tables.rule("t", Rule::references("large", "t", "large")).failures, 0);
    assert_eq!(tables.rule("t", Rule::unique(["large"])).failures, 1);
}

#[test]
fn types_stay_as_they_began() {
    let batches = vec![one("a", Arc::new(Int64Array::from(vec![1]))), one("a", Arc::new(Int32Array::from(vec![1])))];
    let error = Tables::new([("t", batches)]).error("t", Rule::unique(["a"]));
    assert_eq!((error.kind(), error.context("table")), (ErrorKind::Schema, Some("t")));
}
