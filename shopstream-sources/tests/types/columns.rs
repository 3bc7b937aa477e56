//! Every type that is read, what it becomes, and SQL for values of it.

use arrow::datatypes::{DataType, Field, TimeUnit};
use proptest::{collection::vec, prelude::*};

use super::values::*;

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
        types.extend([
            ("int4multirange", D::Utf8View, multirange("int4multirange", range("int4range", int4_range()))),
            ("tsmultirange", D::Utf8View, multirange("tsmultirange", range("tsrange", timestamp()))),
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
