//! Exact numbers of any scale.

use std::{cmp::Ordering, fmt};

/// units × 10^-scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) units: i128,
    pub(super) scale: i32,
}

const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `units` × 10^`digits`; `None` when it is beyond every i128.
fn shift(units: i128, digits: u32) -> Option<i128> {
    match POWERS.get(digits as usize) {
        _ if units == 0 => Some(0),
        Some(power) => units.checked_mul(*power),
        None => None,
    }
}

/// The units at another scale; `None` when no units there are the same number.
#[inline]
pub(super) fn rescale(units: i128, from: i32, to: i32) -> Option<i128> {
    match from.cmp(&to) {
        Ordering::Equal => Some(units),
        Ordering::Less => shift(units, to.abs_diff(from)),
        Ordering::Greater => match POWERS.get(from.abs_diff(to) as usize) {
            Some(power) => (units % power == 0).then(|| units / power),
            None => (units == 0).then_some(0),
        },
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match self.scale.cmp(&other.scale) {
            Ordering::Equal => self.units.cmp(&other.units),
            Ordering::Greater => other.cmp(self).reverse(),
            Ordering::Less => match shift(self.units, other.scale.abs_diff(self.scale)) {
                Some(units) => units.cmp(&other.units),
                // Larger than every i128, so that its sign decides.
                None => self.units.cmp(&0),
            },
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.units.unsigned_abs().to_string();
        let text = match usize::try_from(self.scale) {
            Ok(0) => digits,
            Ok(scale) => {
                let digits = format!("{digits:0>width$}", width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{whole}.{fraction}")
            }
            Err(_) if self.units == 0 => digits,
            Err(_) => digits + &"0".repeat(self.scale.unsigned_abs() as usize),
        };
        f.pad_integral(self.units >= 0, "", &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(units: i128, scale: i32) -> Number {
        Number { units, scale }
    }

    #[test]
    fn compares_across_scales_without_overflow() {
        assert_eq!(n(1, 0), n(100, 2));
        assert!(n(101, 2) > n(1, 0) && n(-101, 2) < n(-1, 0));
        assert!(n(i128::MAX, 0) > n(i128::MAX, 2) && n(i128::MIN, 0) < n(i128::MIN, 2));
        assert!(n(1, -40) > n(i128::MAX, 38) && n(-1, -40) < n(i128::MIN, 0));
        assert_eq!(n(0, -40), n(0, 38));
        assert_eq!(n(5, -2), n(500, 0));
    }

    #[test]
    fn rescales_only_what_stays_the_same() {
        assert_eq!(rescale(150, 2, 1), Some(15));
        assert_eq!(rescale(155, 2, 1), None);
        assert_eq!(rescale(-3, 0, 2), Some(-300));
        assert_eq!(rescale(i128::MAX, 0, 1), None);
        assert_eq!((rescale(0, 60, 0), rescale(1, 60, 0)), (Some(0), None));
    }

    #[test]
    fn shows_its_digits() {
        let shown = [n(0, 2), n(-5, 2), n(12345, 2), n(7, 0), n(-7, -2), n(0, -2), n(i128::MIN, 38)];
        assert_eq!(
            shown.map(|n| n.to_string()),
            ["0.00", "-0.05", "123.45", "7", "-700", "0", "-1.70141183460469231731687303715884105728"]
        );
    }
}
