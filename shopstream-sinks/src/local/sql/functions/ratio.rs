//! The one exact quotient.

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, PrimitiveArray},
    datatypes::{DataType, Decimal128Type, Field, FieldRef},
};
use datafusion::{
    common::{Result, ScalarValue, plan_datafusion_err, plan_err},
    logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use shopstream_core::{Error, compute::quotient};
use std::sync::Arc;

use super::{failed, of_arrays};

const NAME: &str = "shop_ratio";
/// The digits of its answer, all in all.
const PRECISION: u8 = 38;
/// The most digits behind the point that Snowflake's definition takes, …
const MOST_TAKEN: i8 = 4;
/// … and gives.
const MOST_GIVEN: i64 = 6;

/// `shop_ratio(numerator, denominator, scale)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ShopRatio {
    signature: Signature,
}

impl ShopRatio {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

/// The decimal that a number is; none of floats, which are not exact.
fn exact(number: &DataType) -> Result<DataType> {
    match number {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if (0..=MOST_TAKEN).contains(scale) =>
        {
            Ok(DataType::Decimal128(*precision, *scale))
        }
        DataType::Null => Ok(DataType::Decimal128(PRECISION, 0)),
        number if number.is_integer() => Ok(DataType::Decimal128(20, 0)),
        other => {
            plan_err!(
                "{NAME} divides whole numbers and decimals of at most {MOST_TAKEN} digits behind the point, not {other}"
            )
        }
    }
}

impl ScalarUDFImpl for ShopRatio {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [numerator, denominator, _] = types else {
            return plan_err!("{NAME} takes a numerator, a denominator and a scale");
        };
        Ok(vec![exact(numerator)?, exact(denominator)?, DataType::Int64])
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        plan_err!("the type of {NAME} depends on its scale")
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        let literal = arguments.scalar_arguments.get(2).copied().flatten();
        let scale = literal.and_then(|value| match value.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(scale)) => scale.filter(|s| (0..=MOST_GIVEN).contains(s)),
            _ => None,
        });
        let scale =
            scale.ok_or_else(|| plan_datafusion_err!("the scale of {NAME} is a number from 0 to {MOST_GIVEN}"))?;
        Ok(Arc::new(Field::new(NAME, DataType::Decimal128(PRECISION, scale as i8), true)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scale = match arguments.return_type() {
            DataType::Decimal128(_, scale) => *scale,
            other => return plan_err!("{NAME} answers decimals, not {other}"),
        };
        of_arrays(&arguments.args[..2], |numbers| {
            let (numerators, n_scale) = units(&numbers[0])?;
            let (denominators, d_scale) = units(&numbers[1])?;
            let quotients = (0..numerators.len()).map(|i| {
                if numerators.is_null(i) || denominators.is_null(i) {
                    return Ok(None);
                }
                let (n, d) = ((numerators.value(i), n_scale), (denominators.value(i), d_scale));
                match quotient(n, d, scale.unsigned_abs())? {
                    Some(units) if units.unsigned_abs() >= 10u128.pow(PRECISION.into()) => {
                        Err(Error::data("a ratio has more than 38 digits").with("function", NAME))
                    }
                    units => Ok(units),
                }
            });
            let quotients: Decimal128Array = quotients.collect::<Result<PrimitiveArray<_>, Error>>().map_err(failed)?;
            Ok(Arc::new(quotients.with_precision_and_scale(PRECISION, scale)?))
        })
    }
}

/// The units of decimals, and their scale.
fn units(numbers: &ArrayRef) -> Result<(&Decimal128Array, u8)> {
    match numbers.data_type() {
        DataType::Decimal128(_, scale) => Ok((numbers.as_primitive::<Decimal128Type>(), scale.unsigned_abs())),
        other => plan_err!("{NAME} divides decimals, not {other}"),
    }
}
