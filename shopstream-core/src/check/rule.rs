//! What a data test says must be true.

use std::fmt;

use crate::{Date, Decimal, TableRef, Timestamp};

/// What must be true of a table. NULL passes every rule but [`NotNull`](Rule::NotNull); in
/// [`Unique`](Rule::Unique), rows with a NULL among the columns are not compared.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// No two rows have the same values in these columns: each row beyond the first of its values fails.
    Unique {
        /// The columns.
        columns: Vec<String>,
    },
    /// No row has NULL there.
    NotNull {
        /// The column.
        column: String,
    },
    /// Every value is one of these.
    AcceptedValues {
        /// The column, a text.
        column: String,
        /// The values.
        values: Vec<String>,
    },
    /// Every value stands in a column of another table.
    References {
        /// The column.
        column: String,
        /// The other table.
        table: TableRef,
        /// Its column.
        to: String,
    },
    /// A condition holds in every row.
    Holds(Condition),
    /// In every row, a number is the sum of a column of the row's details; a row without details has 0, and a NULL
    /// among them adds nothing.
    SumsTo {
        /// The column with the total.
        column: String,
        /// The row's key.
        key: String,
        /// The table of details.
        details: TableRef,
        /// The details' column that holds the row's key.
        details_key: String,
        /// The details' column to sum.
        details_column: String,
    },
    /// The table has so many rows.
    RowCount {
        /// How many.
        expected: u64,
    },
    /// Two totals are the same.
    Equal {
        /// The one.
        left: Measure,
        /// The other.
        right: Measure,
    },
}

impl Rule {
    /// [`Rule::Unique`] of these columns.
    pub fn unique<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Rule::Unique { columns: columns.into_iter().map(Into::into).collect() }
    }

    /// [`Rule::NotNull`] of a column.
    pub fn not_null(column: impl Into<String>) -> Self {
        Rule::NotNull { column: column.into() }
    }

    /// [`Rule::AcceptedValues`] of a column.
    pub fn accepted<S: Into<String>>(column: impl Into<String>, values: impl IntoIterator<Item = S>) -> Self {
        Rule::AcceptedValues { column: column.into(), values: values.into_iter().map(Into::into).collect() }
    }

    /// [`Rule::References`] from a column to another table's.
    pub fn references(column: impl Into<String>, table: impl Into<TableRef>, to: impl Into<String>) -> Self {
        Rule::References { column: column.into(), table: table.into(), to: to.into() }
    }

    /// [`Rule::Equal`] of two totals.
    pub fn equal(left: Measure, right: Measure) -> Self {
        Rule::Equal { left, right }
    }
}

impl From<Condition> for Rule {
    fn from(condition: Condition) -> Self {
        Rule::Holds(condition)
    }
}

/// What must hold in a row; a NULL in it makes it hold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// The one is less than, at most, equal to … the other.
    Compare(Operand, Comparison, Operand),
    /// A flag is true where another column has a value, and only there. A NULL flag is false.
    TrueIffSet {
        /// The flag.
        flag: String,
        /// The other column.
        column: String,
    },
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $op:ident),+) => { impl Condition { $(
        $(#[$doc])*
        pub fn $name(left: impl Into<Operand>, right: impl Into<Operand>) -> Self {
            Condition::Compare(left.into(), Comparison::$op, right.into())
        }
    )+ } };
}

comparisons! {
    /// left = right
    eq => Equal,
    /// left < right
    lt => Less,
    /// left ≤ right
    le => AtMost,
    /// left > right
    gt => Greater,
    /// left ≥ right
    ge => AtLeast
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// =
    Equal,
    /// <
    Less,
    /// ≤
    AtMost,
    /// >
    Greater,
    /// ≥
    AtLeast,
}

/// A value of a row: compared exactly, whatever the scales.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operand {
    /// A column's value.
    Column(String),
    /// The product of two columns' values.
    Product(String, String),
    /// A number: units × 10^-scale.
    Number {
        /// Units of the last digit.
        units: i128,
        /// Digits behind the point.
        scale: u8,
    },
    /// An instant.
    Timestamp(Timestamp),
    /// A day.
    Date(Date),
}

impl Operand {
    /// The product of two columns.
    pub fn product(left: impl Into<String>, right: impl Into<String>) -> Self {
        Operand::Product(left.into(), right.into())
    }
}

impl From<&str> for Operand {
    fn from(column: &str) -> Self {
        Operand::Column(column.to_owned())
    }
}

impl From<i64> for Operand {
    fn from(number: i64) -> Self {
        Operand::Number { units: number.into(), scale: 0 }
    }
}

impl<const P: u8, const S: u8> From<Decimal<P, S>> for Operand {
    fn from(number: Decimal<P, S>) -> Self {
        Operand::Number { units: number.units(), scale: S }
    }
}

impl From<Timestamp> for Operand {
    fn from(instant: Timestamp) -> Self {
        Operand::Timestamp(instant)
    }
}

impl From<Date> for Operand {
    fn from(day: Date) -> Self {
        Operand::Date(day)
    }
}

/// A total over a table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measure {
    /// The table.
    pub table: TableRef,
    /// What is totalled.
    pub aggregate: Aggregate,
    /// A flag that a row must have to count.
    pub only: Option<String>,
}

/// How rows are totalled; the total of no rows is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aggregate {
    /// The number of rows.
    Count,
    /// The number of different values of a column, NULL not counted.
    CountDistinct(String),
    /// The sum of a column's values, exact.
    Sum(String),
}

impl Measure {
    /// The number of rows of a table.
    pub fn count(table: impl Into<TableRef>) -> Self {
        Self { table: table.into(), aggregate: Aggregate::Count, only: None }
    }

    /// The number of different values of a column.
    pub fn count_distinct(table: impl Into<TableRef>, column: impl Into<String>) -> Self {
        Self { table: table.into(), aggregate: Aggregate::CountDistinct(column.into()), only: None }
    }

    /// The sum of a column.
    pub fn sum(table: impl Into<TableRef>, column: impl Into<String>) -> Self {
        Self { table: table.into(), aggregate: Aggregate::Sum(column.into()), only: None }
    }

    /// Only the rows with this flag.
    #[must_use]
    pub fn only(mut self, flag: impl Into<String>) -> Self {
        self.only = Some(flag.into());
        self
    }
}

/// In words: `sum of marts.mart_sales.revenue where is_completed`.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        match &self.aggregate {
            Aggregate::Count => write!(f, "count of {table}"),
            Aggregate::CountDistinct(column) => write!(f, "count of different {table}.{column}"),
            Aggregate::Sum(column) => write!(f, "sum of {table}.{column}"),
        }?;
        self.only.as_ref().map_or(Ok(()), |flag| write!(f, " where {flag}"))
    }
}
