//! Data tests as SQL. They mean what [`evaluate`](shopstream_core::evaluate) says; only counts, and the keys of up to ten
//! failing rows, leave the warehouse.

use arrow::{
    array::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use shopstream_core::{
    Aggregate, Check, CheckOutcome, Comparison, Condition, Dialect, Error, Measure, Operand, Result, Rule, TableRef,
    sql::SqlValue,
};

use super::{build::SnowflakeBuild, work::Work};
use crate::snowflake::{
    client::Statement,
    sql::{Ident, Name},
};

/// Runs a data test over the tables as the build has them.
pub(super) async fn check(build: &SnowflakeBuild, check: &Check) -> Result<CheckOutcome> {
    let mut work = build.shared.transformer.on(&check.table).of(&build.claim.run);
    match &check.rule {
        Rule::RowCount { expected } => {
            let found = total(build, &mut work, &Measure::count(check.table.clone())).await?;
            let expected = expected.to_string();
            Ok(totals(check, expected == found, [format!("expected {expected}"), format!("found {found}")]))
        }
        Rule::Equal { left, right } => {
            let (one, other) = (total(build, &mut work, left).await?, total(build, &mut work, right).await?);
            let same = is_same(&one, &other);
            let sample = [format!("{left} = {one}"), format!("{right} = {other}")];
            Ok(totals(check, same, sample))
        }
        _ => rows(check, &mut work, failing(build, check)?).await,
    }
}

/// What a table is called that the build has, or finds published.
fn name(build: &SnowflakeBuild, table: &TableRef) -> Result<Name> {
    build.name_of(table)?.ok_or_else(|| build.shared.missing(table))
}

/// Rows that fail.
struct Failing {
    /// What follows `FROM`.
    from: String,
    values: Vec<SqlValue>,
    /// The table.
    table: Name,
}

impl Failing {
    fn statement(&self, wanted: &str, end: &str) -> Statement {
        let statement = Statement::new(format!("SELECT {wanted} FROM {}{end}", self.from));
        self.values.iter().fold(statement, |statement, value| statement.bind(value.clone()))
    }
}

fn column(name: &str) -> Result<String> {
    Ok(format!("t.{}", Ident::new(name).map_err(|e| e.with("column", name.escape_debug()))?))
}

/// The rows that fail a rule about rows.
fn failing(build: &SnowflakeBuild, check: &Check) -> Result<Failing> {
    let table = name(build, &check.table)?;
    let all = |condition: String, values: Vec<SqlValue>| {
        Ok(Failing { from: format!("{table} AS t WHERE {condition}"), values, table: table.clone() })
    };
    match &check.rule {
        Rule::Unique { columns } if columns.is_empty() => {
            Err(Error::config("a test of uniqueness names no column").with("table", &check.table))
        }
        Rule::Unique { columns } => {
            let columns = columns.iter().map(|c| column(c)).collect::<Result<Vec<_>>>()?;
            let there: Vec<String> = columns.iter().map(|c| format!("{c} IS NOT NULL")).collect();
            let columns = columns.join(", ");
            let from = format!(
                "(SELECT t.* FROM {table} AS t WHERE {} \
                 QUALIFY ROW_NUMBER() OVER (PARTITION BY {columns} ORDER BY {columns}) > 1) AS t",
                there.join(" AND ")
            );
            Ok(Failing { from, values: vec![], table })
        }
        Rule::NotNull { column: tested } => all(format!("{} IS NULL", column(tested)?), vec![]),
        Rule::AcceptedValues { column: tested, values } => {
            let tested = column(tested)?;
            let marks: Vec<&str> = values.iter().map(|_| "?").collect();
            let known =
                if marks.is_empty() { String::new() } else { format!(" AND {tested} NOT IN ({})", marks.join(", ")) };
            all(format!("{tested} IS NOT NULL{known}"), values.iter().map(SqlValue::from).collect())
        }
        Rule::References { column: tested, table: other, to } => {
            let (tested, to) = (column(tested)?, Ident::new(to)?);
            let exists = format!("EXISTS (SELECT 1 FROM {} AS o WHERE o.{to} = {tested})", name(build, other)?);
            all(format!("{tested} IS NOT NULL AND NOT {exists}"), vec![])
        }
        Rule::Holds(Condition::Compare(left, comparison, right)) => {
            let comparison = match comparison {
                Comparison::Equal => "=",
                Comparison::Less => "<",
                Comparison::AtMost => "<=",
                Comparison::Greater => ">",
                Comparison::AtLeast => ">=",
                other => return Err(unknown(check).with("comparison", format!("{other:?}"))),
            };
            // NULL on a side makes it neither true nor false, and the row passes.
            all(format!("NOT ({} {comparison} {})", operand(check, left)?, operand(check, right)?), vec![])
        }
        Rule::Holds(Condition::TrueIffSet { flag, column: set }) => {
            all(format!("COALESCE({}, FALSE) <> ({} IS NOT NULL)", column(flag)?, column(set)?), vec![])
        }
        Rule::SumsTo { column: sum, key, details, details_key, details_column } => {
            let (sum, key) = (column(sum)?, column(key)?);
            let (details_key, details_column) = (Ident::new(details_key)?, Ident::new(details_column)?);
            let from = format!(
                "{table} AS t LEFT JOIN (SELECT {details_key} AS k, SUM({details_column}) AS s FROM {} GROUP BY 1) AS d \
                 ON d.k = {key} WHERE {sum} IS NOT NULL AND {key} IS NOT NULL AND {sum} <> COALESCE(d.s, 0)",
                name(build, details)?
            );
            Ok(Failing { from, values: vec![], table })
        }
        _ => Err(unknown(check)),
    }
}

fn unknown(check: &Check) -> Error {
    Error::unsupported("Snowflake's warehouse does not know a rule").with("table", &check.table)
}

fn operand(check: &Check, operand: &Operand) -> Result<String> {
    Ok(match operand {
        Operand::Column(name) => column(name)?,
        Operand::Product(left, right) => format!("({} * {})", column(left)?, column(right)?),
        Operand::Number { units, scale } => {
            SqlValue::Decimal { units: *units, precision: 38, scale: *scale }.literal(Dialect::Snowflake)
        }
        Operand::Timestamp(instant) => SqlValue::Timestamp(*instant).literal(Dialect::Snowflake),
        Operand::Date(day) => SqlValue::Date(*day).literal(Dialect::Snowflake),
        other => return Err(unknown(check).with("operand", format!("{other:?}"))),
    })
}

/// Counts the failing rows, and names some of them by their keys.
async fn rows(check: &Check, work: &mut Work<'_>, failing: Failing) -> Result<CheckOutcome> {
    let failures = work.number(failing.statement("COUNT(*)", "")).await?;
    if failures == 0 {
        return Ok(CheckOutcome::new(check, 0, vec![]));
    }
    if check.keys.is_empty() {
        let rows = work.number(format!("SELECT COUNT(*) FROM {}", failing.table)).await?;
        return Ok(CheckOutcome::new(check, failures, vec![format!("{failures} of {rows} rows")]));
    }
    let keys = check.keys.iter().map(|key| column(key)).collect::<Result<Vec<_>>>()?.join(", ");
    let end = format!(" ORDER BY {keys} LIMIT {}", CheckOutcome::SAMPLE);
    let mut sample = vec![];
    for batch in work.rows(failing.statement(&keys, &end)).await? {
        sample.extend(named(&check.keys, &batch)?);
    }
    Ok(CheckOutcome::new(check, failures, sample))
}

/// Rows by their keys: `id=7`.
fn named(keys: &[String], batch: &RecordBatch) -> Result<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns = batch.columns().iter().map(|array| ArrayFormatter::try_new(array, &options));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let row = |row| {
        let cells = keys.iter().zip(&columns).map(|(key, column)| format!("{key}={}", column.value(row)));
        cells.collect::<Vec<_>>().join(", ")
    };
    Ok((0..batch.num_rows()).map(row).collect())
}

/// A total as text.
async fn total(build: &SnowflakeBuild, work: &mut Work<'_>, measure: &Measure) -> Result<String> {
    let what = match &measure.aggregate {
        Aggregate::Count => "COUNT(*)".to_owned(),
        Aggregate::CountDistinct(of) => format!("COUNT(DISTINCT {})", column(of)?),
        Aggregate::Sum(of) => format!("COALESCE(SUM({}), 0)", column(of)?),
        _ => {
            return Err(Error::unsupported("Snowflake's warehouse does not know a total").with("table", &measure.table));
        }
    };
    let only = measure.only.as_ref().map(|flag| Ok::<_, Error>(format!(" WHERE {}", column(flag)?))).transpose()?;
    let from = name(build, &measure.table)?;
    let answer = work.rows(format!("SELECT {what} FROM {from} AS t{}", only.unwrap_or_default())).await?;
    let options = FormatOptions::new();
    let found = answer.iter().find(|batch| batch.num_rows() > 0 && batch.num_columns() > 0);
    let found = found.ok_or_else(|| work.blame(Error::data("Snowflake answered without a total")))?;
    Ok(ArrayFormatter::try_new(found.column(0), &options)?.value(0).to_string())
}

/// Whether two decimal numbers are the same, whatever their scales.
fn is_same(one: &str, other: &str) -> bool {
    fn bare(number: &str) -> &str {
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
    }
    bare(one) == bare(other)
}

fn totals(check: &Check, same: bool, sample: [String; 2]) -> CheckOutcome {
    if same { CheckOutcome::new(check, 0, vec![]) } else { CheckOutcome::new(check, 1, sample.into()) }
}
