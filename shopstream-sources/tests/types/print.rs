//! Arrow values as PostgreSQL prints them, and its arrays apart.

use arrow::{
    array::{Array, AsArray},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
        Time64MicrosecondType, TimestampMicrosecondType,
    },
};

const DAY: i64 = 86_400_000_000;

/// Whether a cell is what the server printed.
pub(crate) fn same(array: &dyn Array, row: usize, expected: Option<&str>, delimiter: char) -> bool {
    let special = match array.data_type() {
        DataType::Decimal128(..) => expected == Some("NaN"),
        DataType::Date32 | DataType::Timestamp(..) => matches!(expected, Some("infinity" | "-infinity")),
        DataType::Time64(_) => expected == Some("24:00:00"),
        _ => false,
    };
    let Some(expected) = expected.filter(|_| !special) else { return array.is_null(row) };
    if array.is_null(row) {
        return false;
    }
    let floats =
        |found: f64, expected: f64| found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
    match array.data_type() {
        DataType::List(_) => {
            let (items, expected) = (array.as_list::<i32>().value(row), split(expected, delimiter));
            items.len() == expected.len()
                && expected.iter().enumerate().all(|(i, item)| same(&items, i, item.as_deref(), ','))
        }
        // The shortest text that reads back to the same float has many forms.
        DataType::Float32 => {
            floats(array.as_primitive::<Float32Type>().value(row).into(), expected.parse::<f32>().unwrap().into())
        }
        DataType::Float64 => floats(array.as_primitive::<Float64Type>().value(row), expected.parse().unwrap()),
        _ => print(array, row) == expected,
    }
}

/// A value that is neither NULL, a float nor a list.
pub(crate) fn print(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Boolean => if array.as_boolean().value(row) { "t" } else { "f" }.to_owned(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::BinaryView => format!("\\x{}", hex(array.as_binary_view().value(row))),
        DataType::FixedSizeBinary(16) => {
            let hex = hex(array.as_fixed_size_binary().value(row));
            [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
        }
        DataType::Date32 => {
            let (day, era) = date(array.as_primitive::<Date32Type>().value(row).into());
            format!("{day}{era}")
        }
        DataType::Time64(_) => time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        DataType::Timestamp(_, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let (day, era) = date(micros.div_euclid(DAY));
            let zone = if zone.is_some() { "+00" } else { "" };
            format!("{day} {}{zone}{era}", time(micros.rem_euclid(DAY)))
        }
        other => panic!("{other} is printed by nobody"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn time(micros: i64) -> String {
    let text = format!("{:02}:{:02}:{:02}", micros / 3_600_000_000, micros / 60_000_000 % 60, micros / 1_000_000 % 60);
    match micros % 1_000_000 {
        0 => text,
        fraction => format!("{text}.{fraction:06}").trim_end_matches('0').to_owned(),
    }
}

/// A day since 1970 in the calendar that knows no other, and whether it is before Christ.
fn date(days: i64) -> (String, &'static str) {
    // Years that begin in March have their odd day at the end; 400 of them are always as long.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    (format!("{year:04}-{month:02}-{day:02}"), era)
}

/// The items of an array of one dimension, as it is printed.
fn split(array: &str, delimiter: char) -> Vec<Option<String>> {
    let body = array.strip_prefix('{').and_then(|a| a.strip_suffix('}')).unwrap();
    let mut items = vec![];
    let (mut item, mut bare) = (String::new(), true);
    let mut chars = body.chars();
    let mut end = |item: &mut String, bare: &mut bool| {
        let text = std::mem::take(item);
        items.push(if std::mem::replace(bare, true) && text == "NULL" { None } else { Some(text) });
    };
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                bare = false;
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    item.push(if c == '\\' { chars.next().unwrap() } else { c });
                }
            }
            c if c == delimiter => end(&mut item, &mut bare),
            c => item.push(c),
        }
    }
    if !body.is_empty() {
        end(&mut item, &mut bare);
    }
    items
}

#[test]
fn arrays_come_apart_as_they_were_put_together() {
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(split("{}", ','), []);
    assert_eq!(split(r#"{a,NULL,"NULL","","b\"\\,"}"#, ','), [text("a"), None, text("NULL"), text(""), text("b\"\\,")]);
    assert_eq!(split("{(1,2),(3,4);(5,6),(7,8)}", ';'), [text("(1,2),(3,4)"), text("(5,6),(7,8)")]);
}
