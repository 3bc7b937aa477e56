//! Tables as Polars has them.

use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType as Arrow, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType},
};
use polars::prelude::*;
use shopstream_core::{Batch, Table};
use shopstream_models::Params;

/// The rows as a frame; decimals as the whole numbers of their last digit.
pub(crate) fn frame<T: Table>(rows: &[T]) -> LazyFrame {
    let batch = Batch::from_rows(rows);
    let batch = batch.record_batch();
    let columns =
        batch.schema().fields().iter().zip(batch.columns()).map(|(f, a)| series(f.name(), a).into()).collect();
    DataFrame::new(batch.num_rows(), columns).unwrap().lazy()
}

fn series(name: &str, array: &dyn Array) -> Series {
    let name = PlSmallStr::from_str(name);
    let cast = |series: Series, to| series.strict_cast(to).unwrap();
    match array.data_type() {
        Arrow::Boolean => Series::new(name, array.as_boolean().iter().collect::<Vec<_>>()),
        Arrow::Int64 => Series::new(name, array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>()),
        Arrow::Utf8View => Series::new(name, array.as_string_view().iter().collect::<Vec<_>>()),
        Arrow::Decimal128(..) => {
            let units = array.as_primitive::<Decimal128Type>().iter();
            Series::new(name, units.map(|u| u.map(|u| i64::try_from(u).unwrap())).collect::<Vec<_>>())
        }
        Arrow::Date32 => {
            let days = array.as_primitive::<Date32Type>().iter().collect::<Vec<_>>();
            cast(Series::new(name, days), &DataType::Date)
        }
        Arrow::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().iter().collect::<Vec<_>>();
            cast(Series::new(name, micros), &DataType::Datetime(TimeUnit::Microseconds, None))
        }
        other => panic!("{name}: {other}"),
    }
}

/// `of` × `times` / `per`, which the comparison divides: three columns under the name of one.
pub(crate) fn quotient(name: &str, of: Expr, times: i64, per: Expr) -> [Expr; 3] {
    let part = |e: Expr, part| e.cast(DataType::Int64).alias(format!("{name}.{part}"));
    [part(of, "of"), part(lit(times), "times"), part(per, "per")]
}

/// The orders of sales.
pub(crate) fn sales(orders: LazyFrame, params: &Params) -> LazyFrame {
    orders.filter(is_sale_status("order_status").and(counts("order_date", params)))
}

/// Whether a status makes a sale; NULL does not.
pub(crate) fn is_sale_status(status: &str) -> Expr {
    let is = |one: &str| col(status).eq(lit(one.to_owned()));
    is("PAID").or(is("SHIPPED")).or(is("DELIVERED")).fill_null(lit(false))
}

/// Whether an instant is on or after the start date; NULL is not.
pub(crate) fn counts(instant: &str, params: &Params) -> Expr {
    day(col(instant)).gt_eq(lit(i64::from(params.start_date.days()))).fill_null(lit(false))
}

/// The days from 1970 to an instant's date.
pub(crate) fn day(instant: Expr) -> Expr {
    instant.dt().date().cast(DataType::Int32).cast(DataType::Int64)
}

/// The days from an instant's date to the day as of which things are told.
pub(crate) fn days_to_as_of(instant: Expr, params: &Params) -> Expr {
    lit(i64::from(params.as_of.days())) - day(instant)
}

/// The instant of the build, in microseconds.
pub(crate) fn built_at(params: &Params) -> Expr {
    lit(params.built_at.micros()).alias("_built_at")
}

/// The rows of `left`, each with what `right` has of it, if it has.
pub(crate) fn left_join(left: LazyFrame, key: &str, right: LazyFrame, right_key: &str) -> LazyFrame {
    left.join(right, [col(key)], [col(right_key)], JoinArgs::new(JoinType::Left))
}

/// The rows of `left` that `right` has, with what it has of them.
pub(crate) fn inner_join(left: LazyFrame, key: &str, right: LazyFrame, right_key: &str) -> LazyFrame {
    left.join(right, [col(key)], [col(right_key)], JoinArgs::new(JoinType::Inner))
}
