//! From the catalog's columns to what is asked of the server and how its bytes are read.

use arrow::datatypes::SchemaRef;
use shopstream_core::{ColumnSchema, Error, Result, TableSchema};
use tokio_postgres::types::Type;

use super::{
    catalog::{Attribute, Relation, quoted},
    decode::{Kind, Rule},
    options::{Numeric, Policies, Specials, UnknownTypes},
};

const MAX_DIGITS: i32 = 38;

/// How a table is to be read.
#[derive(Debug)]
pub(super) struct Plan {
    relation: Relation,
    columns: Vec<PlannedColumn>,
    primary_key: Vec<String>,
}

#[derive(Debug)]
struct PlannedColumn {
    schema: ColumnSchema,
    /// What stands for it in the query.
    expression: String,
    rule: Rule,
}

impl Plan {
    /// Plans to read these of a table's columns, in this order; `None` is all of them.
    pub(super) fn new(
        relation: Relation,
        attributes: &[Attribute],
        columns: Option<&[String]>,
        policies: &Policies,
    ) -> Result<Self> {
        let chosen: Vec<&Attribute> = match columns {
            None => attributes.iter().collect(),
            Some(names) => select(&relation, attributes, names)?,
        };
        let columns = chosen.into_iter().map(|a| plan_column(&relation, a, policies)).collect::<Result<_>>()?;
        let mut key: Vec<&Attribute> = attributes.iter().filter(|a| a.key_position.is_some()).collect();
        key.sort_by_key(|a| a.key_position);
        Ok(Self { relation, columns, primary_key: key.into_iter().map(|a| a.name.clone()).collect() })
    }

    /// The table that is read.
    pub(super) fn relation(&self) -> &Relation {
        &self.relation
    }

    /// The columns that the read yields.
    pub(super) fn schema(&self) -> TableSchema {
        let mut schema = TableSchema::new(self.columns.iter().map(|c| c.schema.clone()).collect());
        schema.primary_key = self.primary_key.clone();
        schema
    }

    /// As Arrow has them.
    pub(super) fn arrow_schema(&self) -> SchemaRef {
        self.schema().to_arrow()
    }

    /// How to read each.
    pub(super) fn rules(&self) -> Vec<Rule> {
        self.columns.iter().map(|c| c.rule).collect()
    }

    /// The statement that yields the rows, or those of them that fulfil a condition.
    pub(super) fn copy_sql(&self, condition: Option<&str>) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|c| c.expression.as_str()).collect();
        let (columns, table) = (columns.join(", "), self.relation.quoted());
        let as_they_are = self.columns.iter().all(|c| c.expression == quoted(&c.schema.name));
        match condition {
            // The shortest way within the server, which leaves out a table's heirs.
            None if as_they_are && self.relation.stands_alone && !self.columns.is_empty() => {
                format!("COPY {table} ({columns}) TO STDOUT (FORMAT BINARY)")
            }
            None => format!("COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT BINARY)"),
            Some(condition) => {
                format!("COPY (SELECT {columns} FROM {table} WHERE {condition}) TO STDOUT (FORMAT BINARY)")
            }
        }
    }
}

fn select<'a>(relation: &Relation, attributes: &'a [Attribute], names: &[String]) -> Result<Vec<&'a Attribute>> {
    let find = |name: &String| attributes.iter().find(|a| a.name == *name);
    let missing: Vec<&str> = names.iter().filter(|n| find(n).is_none()).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(Error::not_found("no such column in the table")
            .with("table", &relation.name)
            .with("column", missing.join(", ")));
    }
    Ok(names.iter().filter_map(find).collect())
}

fn plan_column(relation: &Relation, attribute: &Attribute, policies: &Policies) -> Result<PlannedColumn> {
    let located = |error: Error| {
        error.with("table", &relation.name).with("column", &attribute.name).with("type", &attribute.native_type)
    };
    let kind = match Type::from_oid(attribute.type_oid) {
        Some(Type::BOOL) => Some(Kind::Bool),
        Some(Type::INT2) => Some(Kind::Int2),
        Some(Type::INT4) => Some(Kind::Int4),
        Some(Type::INT8) => Some(Kind::Int8),
        Some(Type::FLOAT4) => Some(Kind::Float4),
        Some(Type::FLOAT8) => Some(Kind::Float8),
        Some(Type::NUMERIC) => {
            let asked = policies.numeric_of(&relation.name, &attribute.name);
            numeric(attribute.typmod, asked, policies.numeric).map_err(located)?
        }
        Some(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON) => Some(Kind::Text),
        Some(Type::JSONB) => Some(Kind::Jsonb),
        Some(Type::DATE) => Some(Kind::Date),
        Some(Type::TIMESTAMP) => Some(Kind::Timestamp { utc: false }),
        Some(Type::TIMESTAMPTZ) => Some(Kind::Timestamp { utc: true }),
        _ if policies.unknown == UnknownTypes::Text => None,
        _ => {
            return Err(located(Error::schema(
                "the column's type has no mapping to Arrow: leave the column out, or read such columns as text \
                 (UnknownTypes::Text)",
            )));
        }
    };
    let mut expression = quoted(&attribute.name);
    let kind = kind.unwrap_or_else(|| {
        expression.push_str("::text");
        Kind::Text
    });
    let special = matches!(kind, Kind::Numeric { .. } | Kind::Date | Kind::Timestamp { .. });
    let specials_null = special && policies.specials_of(&relation.name, &attribute.name) == Specials::Null;
    let nullable = !attribute.not_null || specials_null;
    let mut schema = ColumnSchema::new(&attribute.name, kind.data_type(), nullable);
    schema.native_type = Some(attribute.native_type.clone());
    if [Type::JSON.oid(), Type::JSONB.oid()].contains(&attribute.type_oid) {
        schema.extension = Some("arrow.json".into());
    }
    Ok(PlannedColumn { schema, expression, rule: Rule { kind, nullable, specials_null } })
}

/// How to read a `numeric`; `None` is as text. An exception made for the column counts before its declaration.
fn numeric(typmod: i32, asked: Option<Numeric>, default: Numeric) -> Result<Option<Kind>> {
    let declared = precision_and_scale(typmod);
    let policy = match (asked, declared) {
        (Some(policy), _) => policy,
        (None, Some((precision, scale))) => return Ok(Some(Kind::Numeric { precision, scale })),
        (None, None) => default,
    };
    match (policy.validate()?, declared) {
        (Numeric::Decimal { precision, scale }, _) => Ok(Some(Kind::Numeric { precision, scale })),
        (Numeric::Text, _) => Ok(None),
        (Numeric::Error, Some((precision, scale))) => Ok(Some(Kind::Numeric { precision, scale })),
        (Numeric::Error, None) => Err(Error::schema(
            "a numeric without a precision, or of more than 38 digits, has no exact place in Arrow: read it as text \
             (Numeric::Text) or say how many digits it has (Numeric::Decimal)",
        )),
    }
}

/// The Arrow decimal that holds every value of `numeric(p, s)` exactly, if it is declared and there is one. A scale
/// below 0 needs zeros before the point, one above the precision zeros behind it.
pub(super) fn precision_and_scale(typmod: i32) -> Option<(u8, u8)> {
    let declared = typmod.checked_sub(4).filter(|t| *t >= 0)?;
    let precision = declared >> 16 & 0xFFFF;
    // 11 bits with a sign.
    let scale = ((declared & 0x7FF) ^ 1024) - 1024;
    let (precision, scale) = if scale < 0 { (precision - scale, 0) } else { (precision.max(scale), scale) };
    if precision > MAX_DIGITS {
        return None;
    }
    Some((u8::try_from(precision).ok()?, u8::try_from(scale).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typmod(precision: i32, scale: i32) -> i32 {
        (precision << 16 | scale & 0x7FF) + 4
    }

    #[test]
    fn declared_decimals_become_those_that_hold_all_their_values() {
        for (precision, scale, expected) in [
            (10, 2, Some((10, 2))),
            (38, 38, Some((38, 38))),
            (1, 0, Some((1, 0))),
            (2, 5, Some((5, 5))),
            (5, -2, Some((7, 0))),
            (39, 2, None),
            (38, -1, None),
            (2, 39, None),
            (1000, 1000, None),
            (5, -1000, None),
        ] {
            assert_eq!(precision_and_scale(typmod(precision, scale)), expected, "numeric({precision},{scale})");
        }
        assert_eq!(precision_and_scale(-1), None);
    }

    #[test]
    fn an_exception_counts_before_the_declaration_and_the_default_only_without_one() {
        let declared = typmod(10, 2);
        let decimal = |precision, scale| Some(Kind::Numeric { precision, scale });
        assert_eq!(numeric(declared, None, Numeric::Text).unwrap(), decimal(10, 2));
        assert_eq!(numeric(declared, Some(Numeric::Text), Numeric::Error).unwrap(), None);
        assert_eq!(numeric(declared, Some(Numeric::Error), Numeric::Text).unwrap(), decimal(10, 2));
        assert_eq!(numeric(-1, None, Numeric::Text).unwrap(), None);
        let chosen = Numeric::Decimal { precision: 12, scale: 4 };
        assert_eq!(numeric(-1, Some(chosen), Numeric::Error).unwrap(), decimal(12, 4));
        assert!(numeric(-1, None, Numeric::Error).is_err());
        assert!(numeric(-1, None, Numeric::Decimal { precision: 40, scale: 0 }).is_err());
    }
}
