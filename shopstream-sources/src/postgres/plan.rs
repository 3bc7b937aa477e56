//! From the catalog's columns to what is asked of the server and how its bytes are read.

use arrow::datatypes::SchemaRef;
use shopstream_core::{ColumnSchema, Error, Result, TableSchema};

use super::{
    catalog::{Attribute, Relation},
    decode::{Format, Rule},
    mapping,
    options::{Policies, Specials},
};

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

    /// How each is to come.
    pub(super) fn formats(&self) -> Vec<Format> {
        self.columns.iter().map(|c| c.rule.format()).collect()
    }

    /// The statement that yields the rows, or those of them that fulfil a condition.
    pub(super) fn select(&self, condition: Option<&str>) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|c| c.expression.as_str()).collect();
        let all = format!("SELECT {} FROM {}", columns.join(", "), self.relation.quoted());
        match condition {
            None => all,
            Some(condition) => format!("{all} WHERE {condition}"),
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
    let mapping = mapping::of(&relation.name, attribute, policies).map_err(located)?;
    let specials_null =
        mapping.kind.has_specials() && policies.specials_of(&relation.name, &attribute.name) == Specials::Null;
    // An array's items may be NULL anyway.
    let nullable = !attribute.not_null || specials_null && mapping.item.is_none();
    let rule = Rule { kind: mapping.kind, item: mapping.item, nullable, specials_null };
    let mut schema = ColumnSchema::new(&attribute.name, rule.data_type(), nullable);
    schema.native_type = Some(attribute.native_type.clone());
    schema.extension = mapping.extension.map(Into::into);
    Ok(PlannedColumn { schema, expression: mapping.expression, rule })
}
