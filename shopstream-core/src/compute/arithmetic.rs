//! Exact arithmetic on decimals: products, and quotients rounded half away from zero.

use arrow::{array::Array, datatypes::i256};

use super::aggregate::Number;
use crate::{Col, Decimal, Error, Result};

/// A column times a rate, exact: the result has the digits of both behind its point, which is checked when it
/// compiles.
///
/// ```
/// # use shopstream_core::{Col, Decimal, compute::times, dec};
/// let revenue: Col<Decimal<10, 2>> = [dec!(9.99)].into_iter().collect();
/// let rate: Decimal<3, 2> = dec!(0.20);
/// let margin: Col<Decimal<38, 4>> = times(&revenue, rate)?;
/// assert_eq!(margin.get(0), dec!(1.9980));
/// # Ok::<(), shopstream_core::Error>(())
/// ```
///
/// # Errors
/// `Data` when a product has more digits than the result can have.
pub fn times<const P: u8, const S: u8, const RP: u8, const RS: u8, const OP: u8, const OS: u8>(
    column: &Col<Decimal<P, S>>,
    rate: Decimal<RP, RS>,
) -> Result<Col<Decimal<OP, OS>>> {
    const { assert!(OS == S + RS, "a product has the digits of both factors behind its point") };
    let product = |units: &i128| units.checked_mul(rate.units()).and_then(Decimal::new).ok_or_else(|| too_large(OP));
    column.array().values().iter().map(product).collect::<Result<Vec<_>>>().map(|v| v.into_iter().collect())
}

/// Row by row the one number over the other, rounded half away from zero to the scale of the result; NULL where the
/// divisor is 0 or one of them is NULL. The quotient itself is exact: it is rounded once.
///
/// # Errors
/// `Data` when a quotient has more digits than the result can have; `Internal` when the columns differ in length.
pub fn ratio<A: Number, B: Number, const P: u8, const S: u8>(
    numerators: &Col<A>,
    divisors: &Col<B>,
) -> Result<Col<Option<Decimal<P, S>>>> {
    if numerators.len() != divisors.len() {
        return Err(Error::internal("a ratio of columns that differ in length"));
    }
    let (a, b) = (A::units(numerators), B::units(divisors));
    let quotient = |i: usize| match numerators.is_valid(i) && divisors.is_valid(i) {
        true => divide(a.get(i), A::SCALE, b.get(i), B::SCALE),
        false => Ok(None),
    };
    (0..numerators.len()).map(quotient).collect::<Result<Vec<_>>>().map(|v| v.into_iter().collect())
}

/// (n × 10^-`n_scale`) / (d × 10^-`d_scale`), rounded half away from zero to `S` digits; `None` for d = 0.
pub(super) fn divide<const P: u8, const S: u8>(
    n: i128,
    n_scale: u8,
    d: i128,
    d_scale: u8,
) -> Result<Option<Decimal<P, S>>> {
    let units = quotient((n, n_scale), (d, d_scale), S)?;
    units.map(|units| Decimal::new(units).ok_or_else(|| too_large(P))).transpose()
}

/// One number over another, each as units and their scale (units × 10^-scale), as units of `scale`: exact, and rounded
/// once, half away from zero. `None` for a divisor of 0.
///
/// ```
/// # use shopstream_core::compute::quotient;
/// assert_eq!(quotient((1_00, 2), (8, 0), 2)?, Some(13)); // 1.00 / 8 is 0.125
/// assert_eq!(quotient((-1, 0), (3, 0), 6)?, Some(-333_333));
/// assert_eq!(quotient((1, 0), (0, 0), 6)?, None);
/// # Ok::<(), shopstream_core::Error>(())
/// ```
///
/// # Errors
/// `Data` when it does not fit into 128 bits.
pub fn quotient((n, n_scale): (i128, u8), (d, d_scale): (i128, u8), scale: u8) -> Result<Option<i128>> {
    if d == 0 {
        return Ok(None);
    }
    let shift = i32::from(scale) + i32::from(d_scale) - i32::from(n_scale);
    // At most 38 + 38 digits: beyond 38 only 256 bits can hold the power.
    let narrow = 10i128.checked_pow(shift.unsigned_abs()).and_then(|power| match shift >= 0 {
        true => n.checked_mul(power).map(|n| (n, d)),
        false => d.checked_mul(power).map(|d| (n, d)),
    });
    let units = match narrow {
        Some((n, d)) => {
            let (quotient, rest) = (n.checked_div(d), n.checked_rem(d));
            let (Some(quotient), Some(rest)) = (quotient, rest) else { return Err(too_large(38)) };
            let up = rest.unsigned_abs() >= d.unsigned_abs() - rest.unsigned_abs();
            if up { quotient + n.signum() * d.signum() } else { quotient }
        }
        None => wide(n, d, shift).ok_or_else(|| too_large(38))?,
    };
    Ok(Some(units))
}

fn wide(n: i128, d: i128, shift: i32) -> Option<i128> {
    let power = i256::from_i128(10).checked_pow(shift.unsigned_abs())?;
    let (n, d) = (i256::from_i128(n), i256::from_i128(d));
    let (n, d) = if shift >= 0 { (n.checked_mul(power)?, d) } else { (n, d.checked_mul(power)?) };
    let (quotient, rest) = (n.checked_div(d)?, n.checked_rem(d)?);
    let (rest, whole) = (rest.wrapping_abs(), d.wrapping_abs());
    let up = match rest >= whole.checked_sub(rest)? {
        false => 0,
        true if n.is_negative() == d.is_negative() => 1,
        true => -1,
    };
    quotient.to_i128()?.checked_add(up)
}

pub(super) fn too_large(precision: u8) -> Error {
    Error::data(format!("a number has more than {precision} digits"))
}
