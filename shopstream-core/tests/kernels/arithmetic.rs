//! Products and quotients.

use proptest::prelude::*;
use shopstream_core::{
    Col, Decimal, ErrorKind, Result,
    compute::{ratio, times},
};

use crate::random::{Cell, cells, facts};

/// n × 10^`shift` / d by long division, rounded half away from zero; NULL for d = 0, `None` when it has more than `P`
/// digits.
pub(crate) fn quotient<const P: u8>(n: i128, d: i128, shift: i32) -> Option<Cell<'static>> {
    if d == 0 {
        return Some(Cell::Null);
    }
    let (whole, mut rest) = (n.unsigned_abs(), 0u128);
    let mut digits: Vec<u8> = whole.to_string().bytes().map(|b| b - b'0').collect();
    digits.resize(digits.len() + shift.max(0) as usize, 0);
    let d_abs = d.unsigned_abs().checked_mul(10u128.pow((-shift).max(0) as u32)).expect("a test's divisor");
    assert!(d_abs < u128::MAX / 10, "a test's divisor");
    let mut quotient = Some(0u128);
    for digit in digits {
        rest = rest * 10 + u128::from(digit);
        quotient = quotient.and_then(|q| q.checked_mul(10)?.checked_add(rest / d_abs));
        rest %= d_abs;
    }
    let quotient = quotient? + u128::from(rest * 2 >= d_abs);
    let units = i128::try_from(quotient).ok()? * n.signum() * d.signum();
    (units.unsigned_abs() < 10u128.pow(P.into())).then_some(Cell::Int(units))
}

/// Integers of every size.
fn any_size(most: u32) -> impl Strategy<Value = i128> {
    (0..=most, any::<i128>()).prop_map(|(digits, x)| x % 10i128.pow(digits))
}

fn column<const P: u8, const S: u8>(units: &[Option<i128>]) -> Col<Option<Decimal<P, S>>> {
    units.iter().map(|u| u.map(|u| Decimal::new(u).unwrap())).collect()
}

fn check_ratio<const NP: u8, const NS: u8, const DP: u8, const DS: u8, const P: u8, const S: u8>(
    pairs: &[(Option<i128>, Option<i128>)],
) {
    let (n, d): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let shift = i32::from(S) + i32::from(DS) - i32::from(NS);
    let expected: Option<Vec<Cell<'_>>> = pairs
        .iter()
        .map(|pair| match *pair {
            (Some(n), Some(d)) => quotient::<P>(n, d, shift),
            _ => Some(Cell::Null),
        })
        .collect();
    let found: Result<Col<Option<Decimal<P, S>>>> = ratio(&column::<NP, NS>(&n), &column::<DP, DS>(&d));
    match expected {
        Some(expected) => assert_eq!(cells(&found.unwrap()), expected),
        None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Data),
    }
}

fn pairs(most: u32, divisor: u32) -> impl Strategy<Value = Vec<(Option<i128>, Option<i128>)>> {
    let cell = |most| proptest::option::weighted(0.9, any_size(most));
    proptest::collection::vec((cell(most), cell(divisor)), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn ratios(pairs in pairs(10, 10)) {
        check_ratio::<10, 2, 10, 2, 18, 6>(&pairs);
        check_ratio::<38, 2, 38, 4, 38, 2>(&pairs);
        check_ratio::<38, 4, 38, 0, 38, 2>(&pairs);
        check_ratio::<38, 10, 38, 0, 38, 0>(&pairs);
        check_ratio::<38, 0, 38, 0, 3, 1>(&pairs);
    }

    #[test]
    fn ratios_that_only_256_bits_hold(pairs in pairs(38, 30)) {
        check_ratio::<38, 2, 38, 2, 38, 6>(&pairs);
        check_ratio::<38, 0, 38, 30, 38, 8>(&pairs);
        check_ratio::<38, 8, 38, 2, 38, 0>(&pairs);
        check_ratio::<38, 38, 38, 37, 38, 38>(&pairs);
    }

    #[test]
    fn products(units in proptest::collection::vec(any_size(20), 0..6), rate in any_size(17)) {
        let column: Col<Decimal<38, 2>> = units.iter().map(|u| Decimal::new(*u).unwrap()).collect();
        let rate = Decimal::<18, 3>::new(rate).unwrap();
        let expected: Vec<i128> = units.iter().map(|u| u * rate.units()).collect();
        let exact: Col<Decimal<38, 5>> = times(&column, rate).unwrap();
        prop_assert_eq!(cells(&exact), expected.iter().map(|u| Cell::Int(*u)).collect::<Vec<_>>());
        let narrow: Result<Col<Decimal<20, 5>>> = times(&column, rate);
        match expected.iter().all(|u| u.unsigned_abs() < 10u128.pow(20)) {
            true => prop_assert!(narrow.unwrap().values().map(Decimal::units).eq(expected)),
            false => prop_assert_eq!(narrow.unwrap_err().kind(), ErrorKind::Data),
        }
    }
}

#[test]
fn halves_go_away_from_zero() {
    let pairs: Vec<_> = (-45..=45).flat_map(|n| (-9..=9).map(move |d| (Some(n * 5), Some(d)))).collect();
    check_ratio::<10, 1, 10, 0, 18, 0>(&pairs);
    check_ratio::<10, 3, 10, 0, 18, 2>(&pairs);
    let half: Col<Option<Decimal<5, 2>>> = ratio(
        &[1i64, -1, 1, -1].into_iter().collect::<Col<i64>>(),
        &[200, 200, -200, -200].into_iter().collect::<Col<i64>>(),
    )
    .unwrap();
    assert_eq!(cells(&half), [1, -1, -1, 1].map(Cell::Int));
}

#[test]
fn halves_that_only_256_bits_hold_go_away_from_zero() {
    // 3 × 10^38 / 2^39 = 3 × 5^38 / 2.
    let divisor = 1i128 << 39;
    let pairs = [-7, -3, 3, 7].map(|n| [(Some(n), Some(divisor)), (Some(n), Some(-divisor))]).concat();
    check_ratio::<38, 0, 38, 30, 38, 8>(&pairs);
    // 9 / 18, where the divisor's units are 18 × 10^37.
    let nine = 9 * 10i128.pow(37);
    let nines: Col<Decimal<38, 37>> = [nine, -nine, nine - 1].map(|u| Decimal::new(u).unwrap()).into_iter().collect();
    let half: Col<Option<Decimal<38, 0>>> = ratio(&nines, &[18i64; 3].into_iter().collect::<Col<i64>>()).unwrap();
    assert_eq!(cells(&half), [1, -1, 0].map(Cell::Int));
}

#[test]
fn integers_and_decimals_divide_each_other() {
    let f = facts(8, 1000);
    let found: Col<Option<Decimal<38, 6>>> = ratio(&f.maybe_money, &f.maybe).unwrap();
    let pairs = cells(&f.maybe_money).into_iter().zip(cells(&f.maybe));
    let expected = pairs.map(|(n, d)| match (n.int(), d.int()) {
        (Some(n), Some(d)) => quotient::<38>(n, d, 4).unwrap(),
        _ => Cell::Null,
    });
    assert_eq!(cells(&found), expected.collect::<Vec<_>>());
}

#[test]
fn a_product_beyond_all_bits_is_an_error() {
    let nines = Decimal::<38, 0>::new(10i128.pow(38) - 1).unwrap();
    let column: Col<Decimal<38, 0>> = [nines].into_iter().collect();
    assert_eq!(times::<38, 0, 38, 0, 38, 0>(&column, nines).unwrap_err().kind(), ErrorKind::Data);
    let short: Col<Decimal<38, 0>> = [].into_iter().collect();
    assert_eq!(ratio::<_, _, 38, 2>(&column, &short).unwrap_err().kind(), ErrorKind::Internal);
}
