//! Queries in SQL, and the values that are bound to their parameters.

mod parameters;
mod tables;
mod value;

pub use value::SqlValue;

use std::{collections::BTreeMap, fmt};

use crate::{Dialect, Error, Result, TableRef};
use parameters::{Part, parts};

/// The definition in Snowflake of `shop_ratio(numerator, denominator, scale)`: the one quotient of the shop's SQL. It
/// is exact and rounded once, half away from zero, to `scale` digits behind the point (0 to 6); NULL where the
/// denominator is 0 or something is NULL. Numerator and denominator have at most 4 digits behind theirs.
///
/// The schema `PUBLIC` is where Snowflake looks for a function besides the current schema. With the feature `sql` the
/// local warehouse has the same function, which is [`quotient`](crate::compute::quotient).
pub const SHOP_RATIO: &str = include_str!("shop_ratio.sql");

/// A query in SQL, with the values of its parameters. A parameter is a colon and a name: `:as_of`. No value ever
/// becomes part of the text unless a statement can have no parameters ([`inlined`](Self::inlined)).
///
/// ```
/// use shopstream_core::{Dialect, sql::Query};
///
/// let query = Query::new("SELECT * FROM marts.mart_order_trends WHERE country_code = :country AND orders > :least")
///     .bind("country", "FRA")
///     .bind("least", 10);
/// let bound = query.bound(Dialect::Postgres)?;
/// assert!(bound.text.ends_with("country_code = $1 AND orders > $2"));
/// assert_eq!(bound.values, ["FRA".into(), 10.into()]);
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Query {
    text: String,
    values: BTreeMap<String, Vec<SqlValue>>,
}

/// A query as a driver takes it: its text with the placeholders of a database, and their values in order.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct BoundQuery {
    /// The text.
    pub text: String,
    /// The value of each placeholder.
    pub values: Vec<SqlValue>,
}

impl Query {
    /// A query without values yet.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: BTreeMap::new() }
    }

    /// Sets the value of a parameter. A value that the text does not ask for is not used.
    #[must_use]
    pub fn bind(self, name: impl Into<String>, value: impl Into<SqlValue>) -> Self {
        self.bind_list(name, [value.into()])
    }

    /// Sets the values of a parameter that is a list: `plan_type IN (:plans)`. An empty one is `IN (NULL)`, which
    /// nothing is in.
    #[must_use]
    pub fn bind_list<V: Into<SqlValue>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.values.insert(name.into(), values.into_iter().map(Into::into).collect());
        self
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The query with other names for tables. Asked for is each name of two plain words, `staging.stg_orders`, in lower
    /// case; one without an answer stays. Strings, comments and quoted names are not looked into.
    ///
    /// ```
    /// # use shopstream_core::{Dialect, sql::Query};
    /// let query = Query::new("SELECT o.id FROM staging.stg_orders AS o -- of staging.stg_orders");
    /// let built = query.with_tables(Dialect::Snowflake, |table| {
    ///     (table.schema() == "staging").then(|| format!("\"BUILD\".{}", table.table()))
    /// });
    /// assert_eq!(built.text(), "SELECT o.id FROM \"BUILD\".stg_orders AS o -- of staging.stg_orders");
    /// ```
    #[must_use]
    pub fn with_tables(&self, dialect: Dialect, name: impl Fn(&TableRef) -> Option<String>) -> Self {
        Self { text: tables::replaced(&self.text, dialect, name), values: self.values.clone() }
    }

    /// The text with a database's placeholders, and their values: `$1`, `$2`, … in PostgreSQL's way (and DataFusion's),
    /// each of which may stand more than once; `?` in Snowflake's.
    ///
    /// # Errors
    /// `Config` for a parameter without a value.
    pub fn bound(&self, dialect: Dialect) -> Result<BoundQuery> {
        let mut values: Vec<SqlValue> = vec![];
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let text = self.replaced(dialect, |name, list| {
            let from = match dialect {
                Dialect::Postgres => *first.entry(name).or_insert(values.len()),
                Dialect::Snowflake => values.len(),
            };
            if from == values.len() {
                values.extend_from_slice(list);
            }
            let placeholder = |i: usize| match dialect {
                Dialect::Postgres => format!("${}", from + i + 1),
                Dialect::Snowflake => "?".to_owned(),
            };
            (0..list.len()).map(placeholder).collect()
        })?;
        Ok(BoundQuery { text, values })
    }

    /// The text with each value as one quoted literal, for statements that can have no parameters: views and tasks.
    ///
    /// ```
    /// # use shopstream_core::{Dialect, sql::Query};
    /// let query = Query::new("SELECT * FROM t WHERE name = :name").bind("name", r"O'Neil\");
    /// assert_eq!(query.inlined(Dialect::Snowflake)?, r"SELECT * FROM t WHERE name = 'O''Neil\\'");
    /// # Ok::<(), shopstream_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Config` for a parameter without a value.
    pub fn inlined(&self, dialect: Dialect) -> Result<String> {
        self.replaced(dialect, |_, list| list.iter().map(|value| value.literal(dialect)).collect())
    }

    fn replaced<'a>(
        &'a self,
        dialect: Dialect,
        mut replace: impl FnMut(&'a str, &[SqlValue]) -> Vec<String>,
    ) -> Result<String> {
        let mut text = String::with_capacity(self.text.len());
        for part in parts(&self.text, dialect) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Parameter(name) => match self.values.get(name).map(Vec::as_slice) {
                    Some([]) => text.push_str("NULL"),
                    Some(list) => text.push_str(&replace(name, list).join(", ")),
                    None => {
                        return Err(Error::config("a parameter of a query has no value: bind one")
                            .with("parameter", name)
                            .with("bound", self.names()));
                    }
                },
            }
        }
        Ok(text)
    }

    fn names(&self) -> String {
        self.values.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl From<&str> for Query {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Query {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Without the values: they may be what a person typed.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("text", &self.text).field("bound", &self.names()).finish()
    }
}

/// Without the values: they may be what a person typed.
impl fmt::Debug for BoundQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundQuery").field("text", &self.text).field("values", &self.values.len()).finish()
    }
}

#[cfg(test)]
mod tests;
