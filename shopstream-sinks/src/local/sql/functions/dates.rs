//! Days between dates.

use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int64Array, StringViewArray},
    datatypes::{DataType, Date32Type, Int64Type},
};
use datafusion::{
    common::Result,
    functions::datetime::make_date,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use shopstream_core::Error;
use std::sync::Arc;

use super::{failed, of_arrays};

pub(super) fn all() -> Vec<ScalarUDF> {
    let part = || DataType::Utf8View;
    let days_between = create_udf(
        "datediff",
        vec![part(), DataType::Date32, DataType::Date32],
        DataType::Int64,
        Volatility::Immutable,
        Arc::new(|arguments: &[ColumnarValue]| of_arrays(arguments, days_between)),
    );
    let days_later = create_udf(
        "dateadd",
        vec![part(), DataType::Int64, DataType::Date32],
        DataType::Date32,
        Volatility::Immutable,
        Arc::new(|arguments: &[ColumnarValue]| of_arrays(arguments, days_later)),
    );
    vec![days_between, days_later, (*make_date()).clone().with_aliases(["date_from_parts"])]
}

fn days_between(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    only_days("datediff", arguments[0].as_string_view())?;
    let (from, to) = (arguments[1].as_primitive::<Date32Type>(), arguments[2].as_primitive::<Date32Type>());
    let days = from.iter().zip(to).map(|(from, to)| Some(i64::from(to?) - i64::from(from?)));
    Ok(Arc::new(days.collect::<Int64Array>()))
}

fn days_later(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    only_days("dateadd", arguments[0].as_string_view())?;
    let (days, dates) = (arguments[1].as_primitive::<Int64Type>(), arguments[2].as_primitive::<Date32Type>());
    let later = days.iter().zip(dates).map(|(days, date)| {
        let Some((days, date)) = days.zip(date) else { return Ok(None) };
        let sum = i64::from(date).checked_add(days).and_then(|sum| i32::try_from(sum).ok());
        let beyond = || failed(Error::data("a date is outside of the calendar").with("function", "dateadd"));
        sum.ok_or_else(beyond).map(Some)
    });
    Ok(Arc::new(later.collect::<Result<Date32Array>>()?))
}

fn only_days(function: &'static str, parts: &StringViewArray) -> Result<()> {
    match parts.iter().flatten().all(|part| part.eq_ignore_ascii_case("day")) {
        true => Ok(()),
        false => Err(failed(
            Error::unsupported("the local warehouse counts days: the first argument is 'day'")
                .with("function", function),
        )),
    }
}
