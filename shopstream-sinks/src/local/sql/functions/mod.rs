//! Snowflake's functions that DataFusion lacks, and the one that both are given.
//!
//! | function | what it is |
//! |---|---|
//! | `shop_ratio(numerator, denominator, scale)` | see [`SHOP_RATIO`](shopstream_core::sql::SHOP_RATIO) |
//! | `datediff('day', from, to)` | whole days from one date to another |
//! | `dateadd('day', n, date)` | the date `n` days later |
//! | `date_from_parts(year, month, day)` | a date |
//! | `get_path(document, path)` | what stands at a path of a JSON document, as JSON |
//! | `json_extract_path_text(document, path)` | the same as text: a string without its quotes, else as JSON |
//! | `as_integer(document)` | the number of a JSON document that is a whole number, else NULL |

mod dates;
mod json;
mod ratio;

use arrow::array::ArrayRef;
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, ScalarUDF},
};
use shopstream_core::Error;

/// All of them.
pub(super) fn all() -> Vec<ScalarUDF> {
    let mut functions = vec![ScalarUDF::new_from_impl(ratio::ShopRatio::new())];
    functions.extend(dates::all());
    functions.extend(json::all());
    functions
}

/// Calls a function of arrays; of single values alone it is a single value.
fn of_arrays<F>(arguments: &[ColumnarValue], function: F) -> Result<ColumnarValue>
where
    F: Fn(&[ArrayRef]) -> Result<ArrayRef>,
{
    let answer = function(&ColumnarValue::values_to_arrays(arguments)?)?;
    if arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_))) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?));
    }
    Ok(ColumnarValue::Array(answer))
}

fn failed(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
