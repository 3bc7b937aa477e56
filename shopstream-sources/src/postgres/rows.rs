//! Which rows of a table are asked for, as SQL.

use arrow::{array::RecordBatch, util::display::array_value_to_string};
use shopstream_core::{Bounds, CursorRange, CursorValue, Error, ReadOptions, Result};
use tokio_postgres::types::Type;

use super::catalog::{Attribute, Kind, Relation, quoted};

/// Pages of a part, at least: 8 MiB, below which another connection costs more than it gains.
const MIN_PART_PAGES: u64 = 1024;
/// Keys that one statement asks for, at most.
const KEYS: usize = 10_000;

/// What divides a table: the pages that its rows lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pages {
    from: u64,
    /// The last part has no end, so that no row is behind it.
    to: Option<u64>,
}

impl Pages {
    /// Divides a table into at most so many parts of about the same size.
    fn divide(pages: u64, parts: usize) -> Vec<Self> {
        let parts = (pages / MIN_PART_PAGES).clamp(1, parts.max(1) as u64);
        let start = |part: u64| pages / parts * part + (pages % parts).min(part);
        (0..parts).map(|i| Self { from: start(i), to: (i + 1 < parts).then(|| start(i + 1)) }).collect()
    }

    fn condition(&self) -> Option<String> {
        let from = (self.from > 0).then(|| format!("ctid >= '({},0)'::tid", self.from));
        let to = self.to.map(|to| format!("ctid < '({to},0)'::tid"));
        both(from, to)
    }
}

/// Why a table cannot be divided, though it was asked for. Rows of certain keys are divided by these.
pub(super) fn indivisible(relation: &Relation, options: &ReadOptions) -> Option<String> {
    if options.keys.is_some() {
        return None;
    }
    match relation.kind() {
        Kind::Table | Kind::Materialized if relation.tid_ranges => None,
        Kind::Table | Kind::Materialized => Some(
            "no ranges of its pages can be read (PostgreSQL before 14, or no heap table): read as one stream".into(),
        ),
        kind => Some(format!("it is {kind}, which has no pages of its own to divide: read as one stream")),
    }
}

/// The rows that are asked for, divided into at most so many parts: of each part, one after the other, the conditions
/// that its rows fulfil, and no others; `None` is none.
pub(super) fn divide(
    pages: u64,
    attributes: &[Attribute],
    options: &ReadOptions,
    parts: usize,
) -> Result<Vec<Vec<Option<String>>>> {
    let bounds = match &options.bounds {
        Bounds::Full => None,
        Bounds::Range(range) => Some(range_condition(attributes, range)?),
        _ => return Err(Error::unsupported("PostgreSQL tables are read whole or by a range of a cursor")),
    };
    let Some(keys) = &options.keys else {
        let pages = Pages::divide(pages, parts).into_iter();
        return Ok(pages.map(|pages| vec![both(bounds.clone(), pages.condition())]).collect());
    };
    let count = keys.num_rows();
    let some = |from: usize| keys_condition(attributes, &keys.slice(from, KEYS.min(count - from)));
    let one = |from: usize| Ok(both(bounds.clone(), Some(some(from)?)));
    let conditions = (0..count.max(1)).step_by(KEYS).map(one).collect::<Result<Vec<_>>>()?;
    let each = conditions.len().div_ceil(parts.max(1));
    Ok(conditions.chunks(each).map(<[_]>::to_vec).collect())
}

/// The rows of these keys; the batch's columns are the key's.
fn keys_condition(attributes: &[Attribute], keys: &RecordBatch) -> Result<String> {
    if keys.num_rows() == 0 {
        return Ok("false".to_owned());
    }
    let schema = keys.schema();
    let (mut names, mut columns) = (vec![], vec![]);
    for (field, values) in schema.fields().iter().zip(keys.columns()) {
        let attribute = find(attributes, field.name())?;
        names.push(quoted(field.name()));
        let literal = |row: usize| {
            let text = array_value_to_string(values, row)?;
            Ok(format!("'{}'::{}", text.replace('\'', "''"), attribute.native_type))
        };
        columns.push((0..keys.num_rows()).map(literal).collect::<Result<Vec<String>>>()?);
    }
    let row = |row: usize| {
        let values: Vec<&str> = columns.iter().filter_map(|c| c.get(row)).map(String::as_str).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..keys.num_rows()).map(row).collect();
    Ok(format!("({}) IN ({})", names.join(", "), rows.join(", ")))
}

fn find<'a>(attributes: &'a [Attribute], column: &str) -> Result<&'a Attribute> {
    let found = attributes.iter().find(|a| a.name == column);
    found.ok_or_else(|| Error::not_found("no such column in the table").with("column", column))
}

/// The query for the greatest value of a cursor: NULL in a table without rows.
pub(super) fn greatest_sql(relation: &Relation, attributes: &[Attribute], column: &str) -> Result<String> {
    let epoch = |of: &str| format!("(extract(epoch from max({0})::{of}) * 1000000)::int8", quoted(column));
    let value = match Type::from_oid(find(attributes, column)?.base.oid) {
        Some(Type::INT2 | Type::INT4 | Type::INT8) => format!("max({})::int8", quoted(column)),
        Some(Type::DATE) => format!("(max({}) - date '1970-01-01')::int8", quoted(column)),
        Some(Type::TIMESTAMP) => epoch("timestamp"),
        Some(Type::TIMESTAMPTZ) => epoch("timestamptz"),
        _ => {
            return Err(Error::config("the column is no cursor: a cursor is a whole number, day or time")
                .with("column", column));
        }
    };
    // Values that are no instants are no cursors either; those of whole numbers have none.
    let finite = match Type::from_oid(find(attributes, column)?.base.oid) {
        Some(Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ) => format!(" WHERE isfinite({})", quoted(column)),
        _ => String::new(),
    };
    Ok(format!("SELECT {value} FROM {}{finite}", relation.quoted()))
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} AND {other}")),
        (one, other) => one.or(other),
    }
}

fn range_condition(attributes: &[Attribute], range: &CursorRange) -> Result<String> {
    let located = |e: Error| e.with("column", &range.column);
    let attribute = find(attributes, &range.column)?;
    let (column, literal) = (quoted(&range.column), |value| literal(attribute, value).map_err(located));
    let to = literal(&range.to)?;
    Ok(match &range.from {
        Some(from) => format!("{column} >= {} AND {column} < {to}", literal(from)?),
        // Rows without a cursor are in the range that has no beginning.
        None => format!("({column} < {to} OR {column} IS NULL)"),
    })
}

/// A cursor's value as SQL; the session's time zone is UTC.
fn literal(attribute: &Attribute, value: &CursorValue) -> Result<String> {
    let of = Type::from_oid(attribute.base.oid);
    match (of, value) {
        (Some(Type::INT2 | Type::INT4 | Type::INT8), CursorValue::Int(value)) => Ok(format!("'{value}'::int8")),
        (Some(Type::DATE), CursorValue::Date(day)) => Ok(format!("'{day}'::date")),
        (Some(Type::TIMESTAMP), CursorValue::Timestamp(time)) => Ok(format!("'{time}'::timestamp")),
        (Some(Type::TIMESTAMPTZ), CursorValue::Timestamp(time)) => Ok(format!("'{time}'::timestamptz")),
        (Some(Type::TIMESTAMP), CursorValue::Date(day)) => Ok(format!("'{day}'::timestamp")),
        (Some(Type::TIMESTAMPTZ), CursorValue::Date(day)) => Ok(format!("'{day}'::timestamptz")),
        _ => Err(Error::schema("the column is no cursor of such values: a cursor is a whole number, day or time")
            .with("type", &attribute.native_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::catalog::BaseType;
    use arrow::array::{ArrayRef, Int32Array};
    use shopstream_core::{date, timestamp};
    use std::sync::Arc;

    fn attribute(name: &str, of: &Type) -> Attribute {
        Attribute {
            name: name.to_owned(),
            base: BaseType { oid: of.oid(), typmod: -1, is_enum: false, prints: true, output: String::new() },
            items: None,
            cast: None,
            not_null: false,
            generated: false,
            native_type: of.name().to_owned(),
            key_position: None,
        }
    }

    #[test]
    fn parts_meet_and_leave_nothing_out() {
        for (pages, parts) in [(0, 8), (2047, 8), (10_001, 0)] {
            assert_eq!(Pages::divide(pages, parts), [Pages { from: 0, to: None }]);
        }
        let parts = Pages::divide(10_001, 3);
        let conditions: Vec<_> = parts.iter().map(|p| p.condition().unwrap()).collect();
        assert_eq!(
            conditions,
            ["ctid < '(3334,0)'::tid", "ctid >= '(3334,0)'::tid AND ctid < '(6668,0)'::tid", "ctid >= '(6668,0)'::tid",]
        );
        assert_eq!(Pages::divide(u64::MAX, 2).len(), 2);
    }

    #[test]
    fn ranges_are_half_open_and_typed() {
        let attributes = [attribute("up\"dated", &Type::TIMESTAMPTZ), attribute("id", &Type::INT4)];
        let day = CursorValue::Date(date!("2026-01-15"));
        let time = CursorValue::Timestamp(timestamp!("2026-01-14 12:00:00.000001"));
        let only = |options: ReadOptions| divide(0, &attributes, &options, 1).map(|parts| parts.concat().remove(0));
        let of = |range: CursorRange| only(ReadOptions::default().with_bounds(Bounds::Range(range)));
        assert_eq!(
            of(CursorRange::new("up\"dated", Some(time), day)).unwrap().unwrap(),
            "\"up\"\"dated\" >= '2026-01-14 12:00:00.000001'::timestamptz AND \"up\"\"dated\" < '2026-01-15'::timestamptz"
        );
        assert_eq!(
            of(CursorRange::new("id", None, CursorValue::Int(7))).unwrap().unwrap(),
            "(\"id\" < '7'::int8 OR \"id\" IS NULL)"
        );
        assert!(of(CursorRange::new("id", None, day)).is_err());
        assert!(of(CursorRange::new("nope", None, day)).is_err());
        assert_eq!(only(ReadOptions::default()).unwrap(), None);
    }

    #[test]
    fn keys_are_asked_for_some_at_a_time_and_each_once() {
        let attributes = [attribute("id", &Type::INT4)];
        let asked = |keys: i32, parts: usize| {
            let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(0..keys));
            let keys = RecordBatch::try_from_iter([("id", ids)]).unwrap();
            divide(1 << 20, &attributes, &ReadOptions::default().with_keys(keys), parts).unwrap()
        };
        assert_eq!(asked(0, 4), [[Some("false".to_owned())]]);
        assert_eq!(asked(2, 4), [[Some("(\"id\") IN (('0'::int4), ('1'::int4))".to_owned())]]);
        let many = asked(25_001, 2);
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let all = many.concat().into_iter().flatten().collect::<String>();
        let ids = all.split('\'').filter_map(|text| text.parse::<i32>().ok());
        assert!(ids.eq(0..25_001));
        assert_eq!(asked(25_001, 1).len(), 1);
        assert_eq!(asked(25_001, 9).len(), 3);
    }
}
