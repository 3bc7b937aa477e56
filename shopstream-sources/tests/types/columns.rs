//! Every type that is read, what it becomes, and SQL for values of it.

use arrow::datatypes::{DataType, Field, TimeUnit};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A column of the table that has them all.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type in SQL.
    pub(crate) sql: String,
    pub(crate) arrow: DataType,
    /// SQL expressions of its values.
    pub(crate) value: BoxedStrategy<String>,
    /// What is between the items when an array of it is printed.
    pub(crate) delimiter: char,
}

/// What the types of users are made by.
pub(crate) const DDL: &str = r#"
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy, "really"');
    CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE > -99999999);
    CREATE DOMAIN fair_price AS price CHECK (VALUE < 99999999);
    CREATE DOMAIN feeling AS mood;
    CREATE DOMAIN host AS inet;
    CREATE DOMAIN span AS int4range;
    CREATE DOMAIN ints AS int[];
    CREATE TYPE pair AS (a int, "B b" text, c date);
    CREATE TYPE label;
    CREATE FUNCTION label_in(cstring) RETURNS label LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION label_out(label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, LIKE = text, CATEGORY = 'S');
    CREATE FUNCTION label_text(label) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'cast'::text $$;
    CREATE CAST (label AS text) WITH FUNCTION label_text(label)"#;

/// A literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn text(longest: usize) -> BoxedStrategy<String> {
    let any_char = prop_oneof![
        3 => any::<char>(),
        2 => select(vec!['a', ' ', '"', '\'', '\\', ',', '{', '}', '\n', '\t', 'é', '🦀']),
    ];
    let texts = vec(any_char.prop_filter("no text has it", |c| *c != '\0'), 0..=longest);
    prop_oneof![6 => texts.prop_map(String::from_iter), 1 => select(vec!["".to_owned(), "NULL".to_owned()])].boxed()
}

fn literal(texts: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    texts.prop_map(|text| quoted(&text)).boxed()
}

fn one_of(values: &'static [&'static str]) -> BoxedStrategy<String> {
    literal(select(values).prop_map(str::to_owned))
}

/// Whole numbers, and the outermost of them.
fn number(min: i64, max: i64) -> BoxedStrategy<i64> {
    prop_oneof![6 => min..=max, 2 => (-100i64..100).prop_map(move |n| n.clamp(min, max)), 1 => select(vec![min, max, 0.clamp(min, max)])].boxed()
}

fn integer(min: i64, max: i64) -> BoxedStrategy<String> {
    literal(number(min, max).prop_map(|n| n.to_string()))
}

/// Decimals of so many digits, `scale` of them behind the point.
fn decimal(digits: usize, scale: usize) -> BoxedStrategy<String> {
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

fn or(values: BoxedStrategy<String>, others: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![8 => values, 1 => one_of(others)].boxed()
}

/// Days that PostgreSQL has, from 4713 BC to the year given as days since 2000.
fn day(last: i64) -> BoxedStrategy<String> {
    let days = prop_oneof![number(-2_451_545, last), number(-40_000, 40_000)];
    days.prop_map(|days| format!("(date '2000-01-01' + ({days}))")).boxed()
}

fn time() -> BoxedStrategy<String> {
    let micros = prop_oneof![number(0, 86_399_999_999), number(0, 86_399).prop_map(|s| s * 1_000_000)];
    let time = |m: i64| format!("{:02}:{:02}:{}", m / 3_600_000_000, m / 60_000_000 % 60, seconds(m % 60_000_000));
    micros.prop_map(time).boxed()
}

fn seconds(micros: i64) -> String {
    format!("{:02}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// To the end of what Arrow can count in microseconds: the year 294246.
fn timestamp() -> BoxedStrategy<String> {
    (day(106_741_033), time()).prop_map(|(day, time)| format!("({day} + time '{time}')")).boxed()
}

fn utc(timestamps: BoxedStrategy<String>) -> BoxedStrategy<String> {
    timestamps.prop_map(|t| format!("({t} AT TIME ZONE 'UTC')")).boxed()
}

fn interval() -> BoxedStrategy<String> {
    let parts = (number(-2_000_000_000, 2_000_000_000), number(-2_000_000_000, 2_000_000_000), any::<bool>(), time());
    literal(parts.prop_map(|(months, days, minus, time)| {
        format!("{months} mons {days} days {}{time}", if minus { "-" } else { "" })
    }))
}

fn address() -> BoxedStrategy<String> {
    let v4 = (any::<u32>(), 0..=32u8).prop_map(|(a, bits)| format!("{}/{bits}", Ipv4Addr::from_bits(a)));
    let v6 = (any::<u128>(), 0..=128u8, 0..128u32)
        .prop_map(|(a, bits, shift)| format!("{}/{bits}", Ipv6Addr::from_bits(a >> shift)));
    literal(prop_oneof![v4, v6])
}

fn hex(bytes: usize) -> BoxedStrategy<String> {
    vec(any::<u8>(), bytes).prop_map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect()).boxed()
}

fn bits(shortest: usize, longest: usize) -> BoxedStrategy<String> {
    literal(vec(select(vec!['0', '1']), shortest..=longest).prop_map(String::from_iter))
}

fn json() -> BoxedStrategy<String> {
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
fn range(function: &'static str, bound: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let bounds = select(vec!["[)", "[]", "()", "(]"]);
    let full = (bound.clone(), bound.clone(), bounds)
        .prop_map(move |(a, b, kind)| format!("{function}(least({a}, {b}), greatest({a}, {b}), '{kind}')"));
    let open = bound.prop_map(move |a| format!("{function}({a}, NULL)"));
    prop_oneof![6 => full, 1 => open, 1 => Just(format!("'empty'::{function}"))].boxed()
}

/// A multirange of two ranges.
fn multirange(function: &'static str, range: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let two = (range.clone(), range).prop_map(move |(a, b)| format!("{function}({a}, {b})"));
    prop_oneof![5 => two, 1 => Just(format!("{function}()"))].boxed()
}

/// Coordinates in a text, as many as there are `#` in it.
fn geometry(form: &'static str) -> BoxedStrategy<String> {
    let count = form.matches('#').count();
    literal(vec(-1e6f64..1e6, count).prop_map(move |floats| {
        let mut floats = floats.iter().map(f64::to_string).chain([String::new()]);
        form.split('#').flat_map(|part| [part.to_owned(), floats.next().unwrap_or_default()]).collect::<String>()
    }))
}

/// Every type and an array of it. A server before version 14 has no multiranges.
pub(crate) fn columns(multiranges: bool) -> Vec<Column> {
    use DataType as D;
    let micros = |zone: Option<&str>| D::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    let int4 = || integer(i32::MIN.into(), i32::MAX.into()).prop_map(|n| format!("{n}::int4")).boxed();
    let int8 = || integer(-1 << 60, 1 << 60).prop_map(|n| format!("{n}::int8")).boxed();
    let float8 = literal(any::<f64>().prop_map(|f| format!("{f:?}")));
    let float4 = literal(any::<f32>().prop_map(|f| format!("{f:?}")));
    let numeric = || or(decimal(60, 30), &["0.000", "1e300", "-1e-300"]).prop_map(|n| format!("{n}::numeric")).boxed();
    let infinite = &["infinity", "-infinity"];
    let bytes = |longest| literal((0usize..longest).prop_flat_map(hex).prop_map(|h| format!("\\x{h}")));
    let pair = (int4(), literal(text(6)), day(1_000_000)).prop_map(|(a, b, c)| format!("ROW({a}, {b}, {c})"));
    let offset = "[+-](0[0-9]|1[0-5]):[0-5][0-9]";
    let mut types: Vec<(&str, DataType, BoxedStrategy<String>)> = vec![
        ("bool", D::Boolean, one_of(&["true", "false"])),
        ("int2", D::Int16, integer(i16::MIN.into(), i16::MAX.into())),
        ("int4", D::Int32, integer(i32::MIN.into(), i32::MAX.into())),
        ("int8", D::Int64, integer(i64::MIN, i64::MAX)),
        ("oid", D::Int64, integer(0, u32::MAX.into())),
        ("float4", D::Float32, or(float4, &["NaN", "-infinity", "-0"])),
        ("float8", D::Float64, or(float8, &["NaN", "infinity", "-0"])),
        ("numeric(10,2)", D::Decimal128(10, 2), or(decimal(10, 2), &["NaN"])),
        ("numeric(38,10)", D::Decimal128(38, 10), decimal(38, 10)),
        ("numeric(38,38)", D::Decimal128(38, 38), or(decimal(38, 38), &["NaN"])),
        ("numeric(1,0)", D::Decimal128(1, 0), decimal(1, 0)),
        ("numeric(40,20)", D::Utf8View, or(decimal(40, 20), &["NaN"])),
        ("numeric", D::Utf8View, or(numeric(), &["NaN"])),
        ("text", D::Utf8View, literal(text(40))),
        ("varchar(20)", D::Utf8View, literal(text(20))),
        ("char(5)", D::Utf8View, literal(text(5))),
        ("name", D::Utf8View, literal(text(15))),
        ("\"char\"", D::Utf8View, prop_oneof![literal("[ -~]"), Just("0".to_owned())].boxed()),
        ("label", D::Utf8View, literal(text(10))),
        ("json", D::Utf8View, json()),
        ("jsonb", D::Utf8View, json()),
        ("jsonpath", D::Utf8View, one_of(&["$", "$.a[*] ? (@ > 1)", "strict $.\"b c\""])),
        ("xml", D::Utf8View, one_of(&["<a b=\"c\">é</a>", "text", "<?xml version=\"1.0\"?><a/>"])),
        ("bytea", D::BinaryView, bytes(40)),
        ("uuid", D::FixedSizeBinary(16), literal(hex(16))),
        ("date", D::Date32, or(day(2_145_031_948), infinite)),
        ("time", D::Time64(TimeUnit::Microsecond), or(literal(time()), &["24:00:00"])),
        ("timestamp", micros(None), or(timestamp(), infinite)),
        ("timestamptz", micros(Some("UTC")), or(utc(timestamp()), infinite)),
        ("timetz", D::Utf8View, literal((time(), offset).prop_map(|(time, offset)| format!("{time}{offset}")))),
        ("interval", D::Utf8View, interval()),
        ("inet", D::Utf8View, address()),
        ("cidr", D::Utf8View, address().prop_map(|a| format!("network({a}::inet)")).boxed()),
        ("macaddr", D::Utf8View, literal(hex(6))),
        ("macaddr8", D::Utf8View, literal(hex(8))),
        ("bit(7)", D::Utf8View, bits(7, 7)),
        ("varbit", D::Utf8View, bits(0, 30)),
        ("mood", D::Utf8View, one_of(&["sad", "ok", "very happy, \"really\""])),
        ("price", D::Decimal128(10, 2), decimal(9, 2)),
        ("fair_price", D::Decimal128(10, 2), or(decimal(9, 2), &["0"])),
        ("feeling", D::Utf8View, one_of(&["sad", "ok"])),
        ("host", D::Utf8View, address()),
        ("span", D::Utf8View, range("int4range", int4_range())),
        ("pair", D::Utf8View, pair.boxed()),
        ("int4range", D::Utf8View, range("int4range", int4_range())),
        ("int8range", D::Utf8View, range("int8range", int8())),
        ("numrange", D::Utf8View, range("numrange", numeric())),
        ("daterange", D::Utf8View, range("daterange", day(1_000_000))),
        ("tsrange", D::Utf8View, range("tsrange", timestamp())),
        ("tstzrange", D::Utf8View, range("tstzrange", utc(timestamp()))),
        ("point", D::Utf8View, geometry("(#,#)")),
        ("line", D::Utf8View, geometry("{1,#,#}")),
        ("lseg", D::Utf8View, geometry("[(#,#),(#,#)]")),
        ("box", D::Utf8View, geometry("(#,#),(#,#)")),
        ("path", D::Utf8View, geometry("[(#,#),(#,#),(1,#)]")),
        ("polygon", D::Utf8View, geometry("((#,#),(#,#),(#,2))")),
        ("circle", D::Utf8View, geometry("<(#,#),5>")),
        ("tsvector", D::Utf8View, literal(text(30)).prop_map(|t| format!("to_tsvector('simple', {t})")).boxed()),
        ("tsquery", D::Utf8View, one_of(&["a & (b | !c)", "'d e':*", ""])),
        ("pg_lsn", D::Utf8View, literal("[0-9A-F]{1,8}/[0-9A-F]{1,8}")),
        ("xid", D::Utf8View, integer(0, u32::MAX.into())),
        ("tid", D::Utf8View, one_of(&["(0,1)", "(4294967295,65535)"])),
        ("txid_snapshot", D::Utf8View, one_of(&["10:20:10,14,15", "10:10:"])),
        ("regclass", D::Utf8View, one_of(&["pg_class", "information_schema.tables", "12345"])),
        ("int2vector", D::Utf8View, one_of(&["", "1", "1 -2 3"])),
        ("oidvector", D::Utf8View, one_of(&["", "4294967295 1"])),
    ];
    if multiranges {
        let ranges = |function, bound| range(function, bound);
        types.extend([
            ("int4multirange", D::Utf8View, multirange("int4multirange", ranges("int4range", int4_range()))),
            ("tsmultirange", D::Utf8View, multirange("tsmultirange", ranges("tsrange", timestamp()))),
        ]);
    }
    let scalars = types.into_iter().map(|(sql, arrow, value)| {
        let value = value.prop_map(move |value| format!("CAST({value} AS {sql})")).boxed();
        let name = sql.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        Column { name: format!("c_{}", name.collect::<String>()), sql: sql.into(), arrow, value, delimiter: ',' }
    });
    let mut columns: Vec<Column> = scalars.collect();
    // Of these an array of arrays would be made.
    let arrays: Vec<Column> =
        columns.iter().filter(|c| !c.sql.ends_with("vector") || c.sql == "tsvector").map(array).collect();
    columns.extend(arrays);
    // An array of a domain, which is an array itself, has the text of each.
    let ints = vec(int4(), 0..3).prop_map(|items| format!("CAST(ARRAY[{}]::int[] AS ints)", items.join(", ")));
    let ints =
        Column { name: "c_ints".into(), sql: "ints".into(), arrow: D::Utf8View, value: ints.boxed(), delimiter: ',' };
    let of_ints = array(&ints);
    columns.extend([Column { arrow: list(D::Int32), ..ints }, of_ints]);
    columns
}

/// Bounds that have a successor.
fn int4_range() -> BoxedStrategy<String> {
    integer(-2_000_000_000, 2_000_000_000).prop_map(|n| format!("{n}::int4")).boxed()
}

fn list(item: DataType) -> DataType {
    DataType::List(Field::new_list_field(item, true).into())
}

/// The column of arrays of it.
fn array(item: &Column) -> Column {
    let sql = format!("{}[]", item.sql);
    let cast = sql.clone();
    let maybe = prop_oneof![5 => item.value.clone(), 1 => Just("NULL".to_owned())];
    let value = vec(maybe, 0..4).prop_map(move |items| format!("ARRAY[{}]::{cast}", items.join(", ")));
    Column {
        name: format!("{}_array", item.name),
        sql,
        arrow: list(item.arrow.clone()),
        value: value.boxed(),
        delimiter: if item.sql == "box" { ';' } else { ',' },
    }
}
