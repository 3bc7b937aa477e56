//! SQL for random values.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(crate) fn text(longest: usize) -> BoxedStrategy<String> {
    let any_char = prop_oneof![
        3 => any::<char>(),
        2 => select(vec!['a', ' ', '"', '\'', '\\', ',', '{', '}', '\n', '\t', 'é', '🦀']),
    ];
    let texts = vec(any_char.prop_filter("no text has it", |c| *c != '\0'), 0..=longest);
    prop_oneof![6 => texts.prop_map(String::from_iter), 1 => select(vec!["".to_owned(), "NULL".to_owned()])].boxed()
}

pub(crate) fn literal(texts: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    texts.prop_map(|text| quoted(&text)).boxed()
}

pub(crate) fn one_of(values: &'static [&'static str]) -> BoxedStrategy<String> {
    literal(select(values).prop_map(str::to_owned))
}

/// Whole numbers, and the outermost of them.
fn number(min: i64, max: i64) -> BoxedStrategy<i64> {
    let small = (-100i64..100).prop_map(move |n| n.clamp(min, max));
    prop_oneof![6 => min..=max, 2 => small, 1 => select(vec![min, max])].boxed()
}

pub(crate) fn integer(min: i64, max: i64) -> BoxedStrategy<String> {
    literal(number(min, max).prop_map(|n| n.to_string()))
}

/// Decimals of so many digits, `scale` of them behind the point.
pub(crate) fn decimal(digits: usize, scale: usize) -> BoxedStrategy<String> {
    let digits = prop_oneof![4 => vec(0u8..=9, digits), 1 => Just(vec![9; digits]), 1 => Just(vec![0; digits])];
    let written = (any::<bool>(), digits, any::<Index>()).prop_map(move |(minus, mut digits, zeros)| {
        let zeros = zeros.index(digits.len() + 1);
        digits.iter_mut().take(zeros).for_each(|d| *d = 0);
        let (before, behind) = digits.split_at(digits.len() - scale);
        let text = |digits: &[u8]| digits.iter().map(|d| char::from(b'0' + d)).collect::<String>();
        format!("{}0{}.{}", if minus { "-" } else { "" }, text(before), text(behind))
    });
    literal(written)
}

pub(crate) fn or(values: BoxedStrategy<String>, others: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![8 => values, 1 => one_of(others)].boxed()
}

/// Days that PostgreSQL has, from its first in 4714 BC to the one given as days since 2000.
pub(crate) fn day(last: i64) -> BoxedStrategy<String> {
    let days = prop_oneof![number(-2_451_545, last), number(-40_000, 40_000)];
    days.prop_map(|days| format!("(date '2000-01-01' + ({days}))")).boxed()
}

pub(crate) fn time() -> BoxedStrategy<String> {
    let micros = prop_oneof![number(0, 86_399_999_999), number(0, 86_399).prop_map(|s| s * 1_000_000)];
    let time = |m: i64| format!("{:02}:{:02}:{}", m / 3_600_000_000, m / 60_000_000 % 60, seconds(m % 60_000_000));
    micros.prop_map(time).boxed()
}

fn seconds(micros: i64) -> String {
    format!("{:02}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// To the end of what Arrow can count in microseconds: the year 294246.
pub(crate) fn timestamp() -> BoxedStrategy<String> {
    (day(106_741_033), time()).prop_map(|(day, time)| format!("({day} + time '{time}')")).boxed()
}

pub(crate) fn utc(timestamps: BoxedStrategy<String>) -> BoxedStrategy<String> {
    timestamps.prop_map(|t| format!("({t} AT TIME ZONE 'UTC')")).boxed()
}

pub(crate) fn interval() -> BoxedStrategy<String> {
    let parts = (number(-2_000_000_000, 2_000_000_000), number(-2_000_000_000, 2_000_000_000), any::<bool>(), time());
    literal(parts.prop_map(|(months, days, minus, time)| {
        format!("{months} mons {days} days {}{time}", if minus { "-" } else { "" })
    }))
}

pub(crate) fn address() -> BoxedStrategy<String> {
    let v4 = (any::<u32>(), 0..=32u8).prop_map(|(a, bits)| format!("{}/{bits}", Ipv4Addr::from_bits(a)));
    let v6 = (any::<u128>(), 0..=128u8, 0..128u32)
        .prop_map(|(a, bits, shift)| format!("{}/{bits}", Ipv6Addr::from_bits(a >> shift)));
    literal(prop_oneof![v4, v6])
}

pub(crate) fn hex(bytes: usize) -> BoxedStrategy<String> {
    vec(any::<u8>(), bytes).prop_map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect()).boxed()
}

pub(crate) fn bits(shortest: usize, longest: usize) -> BoxedStrategy<String> {
    literal(vec(select(vec!['0', '1']), shortest..=longest).prop_map(String::from_iter))
}

pub(crate) fn json() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        "[a-zé🦀, ]{0,9}".prop_map(|t| format!("\"{t}\"")),
    ];
    literal(leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            ("[a-z]{0,3}", inner).prop_map(|(key, value)| format!("{{\"{key}\":  {value}}}")),
        ]
    }))
}

/// A range of a type, between two of its values or without an end.
pub(crate) fn range(function: &'static str, bound: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let bounds = select(vec!["[)", "[]", "()", "(]"]);
    let full = (bound.clone(), bound.clone(), bounds)
        .prop_map(move |(a, b, kind)| format!("{function}(least({a}, {b}), greatest({a}, {b}), '{kind}')"));
    let open = bound.prop_map(move |a| format!("{function}({a}, NULL)"));
    prop_oneof![6 => full, 1 => open, 1 => Just(format!("'empty'::{function}"))].boxed()
}

/// A multirange of two ranges.
pub(crate) fn multirange(function: &'static str, range: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let two = (range.clone(), range).prop_map(move |(a, b)| format!("{function}({a}, {b})"));
    prop_oneof![5 => two, 1 => Just(format!("{function}()"))].boxed()
}

/// Coordinates in a text, as many as there are `#` in it.
pub(crate) fn geometry(form: &'static str) -> BoxedStrategy<String> {
    let count = form.matches('#').count();
    literal(vec(-1e6f64..1e6, count).prop_map(move |floats| {
        let mut floats = floats.iter().map(f64::to_string).chain([String::new()]);
        form.split('#').flat_map(|part| [part.to_owned(), floats.next().unwrap_or_default()]).collect::<String>()
    }))
}

/// Bounds that have a successor.
pub(crate) fn int4_range() -> BoxedStrategy<String> {
    integer(-2_000_000_000, 2_000_000_000).prop_map(|n| format!("{n}::int4")).boxed()
}
