//! Statements: one query, and nothing that writes.

use datafusion::{
    common::{ParamValues, ScalarValue, TableReference, config::Dialect},
    execution::{SessionState, context::SQLOptions},
    logical_expr::LogicalPlan,
    sql::{
        parser::Statement,
        sqlparser::ast::{
            DataType as SqlType, ExactNumberInfo, Ident, Query as SqlQuery, SetExpr, Statement as SqlStatement,
            TimezoneInfo,
        },
    },
};
use shopstream_core::{Error, Result, sql::SqlValue};

use super::error;

/// A query.
pub(super) struct Select(SqlStatement);

impl Select {
    /// Reads a text that is one query.
    pub(super) fn parse(state: &SessionState, text: &str) -> Result<Self> {
        match state.sql_to_statement(text, &Dialect::Generic).map_err(error::of)? {
            Statement::Statement(statement) => match *statement {
                SqlStatement::Query(query) if reads(&query) => Ok(Self(SqlStatement::Query(query))),
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }

    /// The tables that it names, without those that it makes itself.
    pub(super) fn tables(&self, state: &SessionState) -> Result<Vec<TableReference>> {
        state.resolve_table_references(&Statement::Statement(Box::new(self.0.clone()))).map_err(error::of)
    }

    /// What it asks for, with values in the place of `$1`, `$2`, ….
    pub(super) async fn plan(self, state: &SessionState, values: &[SqlValue]) -> Result<LogicalPlan> {
        let statement = match values {
            [] => self.0,
            // Prepared with their types, so that no type has to be guessed from where a value stands.
            values => SqlStatement::Prepare {
                name: Ident::new("query"),
                data_types: values.iter().map(|value| Ok(typed(value)?.0)).collect::<Result<_>>()?,
                statement: Box::new(self.0),
            },
        };
        let plan = state.statement_to_plan(Statement::Statement(Box::new(statement))).await.map_err(error::of)?;
        let plan = match values {
            [] => plan,
            values => {
                let values: Vec<ScalarValue> = values.iter().map(|value| Ok(typed(value)?.1)).collect::<Result<_>>()?;
                plan.with_param_values(ParamValues::from(values)).map_err(error::of)?
            }
        };
        // Once more, now that nothing is left to be read in another way.
        let reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        reads.verify_plan(&plan).map_err(|_| refused())?;
        Ok(plan)
    }
}

/// Whether a query reads alone: what writes may hide within one.
fn reads(query: &SqlQuery) -> bool {
    let common = query.with.iter().flat_map(|with| &with.cte_tables);
    common.into_iter().all(|table| reads(&table.query)) && body_reads(&query.body)
}

fn body_reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => reads(query),
        SetExpr::SetOperation { left, right, .. } => body_reads(left) && body_reads(right),
        SetExpr::Values(_) | SetExpr::Table(_) => true,
        _ => false,
    }
}

fn refused() -> Error {
    Error::unsupported("a query only reads, by SELECT: tables are written by a build, and shown by its publish")
}

/// A value's type in SQL, and the value.
fn typed(value: &SqlValue) -> Result<(SqlType, ScalarValue)> {
    Ok(match value {
        SqlValue::Boolean(yes) => (SqlType::Boolean, ScalarValue::Boolean(Some(*yes))),
        SqlValue::Integer(number) => (SqlType::BigInt(None), ScalarValue::Int64(Some(*number))),
        SqlValue::Decimal { units, precision, scale } => (
            SqlType::Decimal(ExactNumberInfo::PrecisionAndScale((*precision).into(), (*scale).into())),
            ScalarValue::Decimal128(Some(*units), *precision, *scale as i8),
        ),
        SqlValue::Text(text) => (SqlType::Varchar(None), ScalarValue::Utf8View(Some(text.clone()))),
        SqlValue::Date(day) => (SqlType::Date, ScalarValue::Date32(Some(day.days()))),
        SqlValue::Timestamp(instant) => (
            SqlType::Timestamp(Some(6), TimezoneInfo::None),
            ScalarValue::TimestampMicrosecond(Some(instant.micros()), None),
        ),
        other => {
            let unknown = Error::unsupported("the local warehouse binds no value of this type");
            return Err(unknown.with("type", format_args!("{other:?}")));
        }
    })
}
