//! Columns: which Rust types they are made of, and the typed array of them.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
        StringViewArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, TimeUnit},
};
use std::{fmt, ops::Deref, sync::Arc};

use super::{Date, Decimal, Json, Timestamp};
use crate::{Error, Result};

/// A database whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// Snowflake.
    Snowflake,
}

/// A Rust type that can be the type of a column; `Option` of it is the column that may hold NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column",
    note = "columns are bool, i32, i64, f64, String, Json, Decimal<P, S>, Date, Timestamp, or an Option of one of them"
)]
pub trait Column: Sized + Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The Arrow array that holds it.
    type Array: Array + Clone + 'static;
    /// A value inside the array.
    type Ref<'a>: Copy + fmt::Debug + PartialEq;
    /// The type of the same column that may hold NULL.
    type Optional: Column<Array = Self::Array>;
    /// The type of the same column that may not.
    type Required: Column<Array = Self::Array>;
    /// Whether NULL is one of its values.
    const NULLABLE: bool;
    /// Its Arrow type.
    fn data_type() -> DataType;
    /// Its canonical Arrow extension type, if it is one.
    fn extension() -> Option<&'static str> {
        None
    }
    /// Its SQL type; texts may have a greatest length in characters.
    fn sql(dialect: Dialect, length: Option<u32>) -> String;
    /// The value of row `i`, which must be one.
    fn get(array: &Self::Array, i: usize) -> Self::Ref<'_>;
    /// A value of its own.
    fn own(value: Self::Ref<'_>) -> Self;
    /// A value as it stands in an array.
    fn lend(&self) -> Self::Ref<'_>;
    /// An array of values.
    fn collect<'a>(values: impl IntoIterator<Item = Self::Ref<'a>>) -> Self::Array;
}

macro_rules! column {
    (
        [$($generics:tt)*] $type:ty, $array:ty, $data_type:expr, $value:ty,
        sql |$length:ident| $postgres:expr, $snowflake:expr;
        get |$a:ident, $i:ident| $get:expr; own |$o:ident| $own:expr; lend |$l:ident| $lend:expr;
        raw |$r:ident| $raw:expr; typed |$t:ident| $typed:expr; extension $extension:expr
    ) => {
        impl<$($generics)*> Column for $type {
            type Array = $array;
            type Ref<'a> = $value;
            type Optional = Option<$type>;
            type Required = $type;
            const NULLABLE: bool = false;
            fn data_type() -> DataType { $data_type }
            fn extension() -> Option<&'static str> { $extension }
            fn sql(dialect: Dialect, $length: Option<u32>) -> String {
                match dialect { Dialect::Postgres => $postgres, Dialect::Snowflake => $snowflake }
            }
            fn get($a: &Self::Array, $i: usize) -> Self::Ref<'_> { $get }
            fn own($o: Self::Ref<'_>) -> Self { $own }
            fn lend(&self) -> Self::Ref<'_> { let $l = self; $lend }
            fn collect<'a>(values: impl IntoIterator<Item = Self::Ref<'a>>) -> Self::Array {
                let $t: $array = values.into_iter().map(|$r| Some($raw)).collect();
                $typed
            }
        }
        impl<$($generics)*> Column for Option<$type> {
            type Array = $array;
            type Ref<'a> = Option<$value>;
            type Optional = Option<$type>;
            type Required = $type;
            const NULLABLE: bool = true;
            fn data_type() -> DataType { $data_type }
            fn extension() -> Option<&'static str> { $extension }
            fn sql(dialect: Dialect, length: Option<u32>) -> String { <$type>::sql(dialect, length) }
            fn get($a: &Self::Array, $i: usize) -> Self::Ref<'_> { if $a.is_valid($i) { Some($get) } else { None } }
            fn own(value: Self::Ref<'_>) -> Self { value.map(|$o| $own) }
            fn lend(&self) -> Self::Ref<'_> { self.as_ref().map(|$l| $lend) }
            fn collect<'a>(values: impl IntoIterator<Item = Self::Ref<'a>>) -> Self::Array {
                let $t: $array = values.into_iter().map(|value| value.map(|$r| $raw)).collect();
                $typed
            }
        }
        impl<'a, $($generics)*> FromIterator<$value> for Col<$type> {
            fn from_iter<I: IntoIterator<Item = $value>>(values: I) -> Self { Col(<$type as Column>::collect(values)) }
        }
        impl<'a, $($generics)*> FromIterator<Option<$value>> for Col<Option<$type>> {
            fn from_iter<I: IntoIterator<Item = Option<$value>>>(values: I) -> Self { Col(<Option<$type> as Column>::collect(values)) }
        }
    };
    // A plain value that is its own reference.
    ([$($generics:tt)*] $type:ty, $array:ty, $data_type:expr, $postgres:expr, $snowflake:expr, |$v:ident| $wrap:expr, |$u:ident| $unwrap:expr, |$t:ident| $typed:expr) => {
        column! {
            [$($generics)*] $type, $array, $data_type, $type,
            sql |_length| $postgres.into(), $snowflake.into();
            get |a, i| { let $v = a.value(i); $wrap }; own |o| o; lend |l| *l; raw |r| { let $u = r; $unwrap }; typed |$t| $typed; extension None
        }
    };
}

column!([] bool, BooleanArray, DataType::Boolean, "boolean", "BOOLEAN", |v| v, |v| v, |x| x);
column!([] i32, Int32Array, DataType::Int32, "integer", "NUMBER(10,0)", |v| v, |v| v, |x| x);
column!([] i64, Int64Array, DataType::Int64, "bigint", "NUMBER(19,0)", |v| v, |v| v, |x| x);
column!([] f64, Float64Array, DataType::Float64, "double precision", "FLOAT", |v| v, |v| v, |x| x);
column!([] Date, Date32Array, DataType::Date32, "date", "DATE", |v| Date::from_days(v), |v| v.days(), |x| x);
column!([] Timestamp, TimestampMicrosecondArray, DataType::Timestamp(TimeUnit::Microsecond, None), "timestamp", "TIMESTAMP_NTZ(6)",
    |v| Timestamp::from_micros(v), |v| v.micros(), |x| x);
column!([const P: u8, const S: u8] Decimal<P, S>, Decimal128Array, DataType::Decimal128(P, S as i8), format!("numeric({P},{S})"), format!("NUMBER({P},{S})"),
    |v| Decimal::trusted(v), |v| v.units(), |x| x.with_data_type(DataType::Decimal128(P, S as i8)));
column! {
    [] String, StringViewArray, DataType::Utf8View, &'a str,
    sql |length| length.map_or("text".into(), |n| format!("varchar({n})")), length.map_or("VARCHAR".into(), |n| format!("VARCHAR({n})"));
    get |a, i| a.value(i); own |o| o.to_owned(); lend |l| l.as_str(); raw |r| r; typed |x| x; extension None
}
column! {
    [] Json, StringViewArray, DataType::Utf8View, &'a str,
    sql |_length| "jsonb".into(), "VARIANT".into();
    get |a, i| a.value(i); own |o| Json::from(o); lend |l| l.as_str(); raw |r| r; typed |x| x; extension Some("arrow.json")
}

/// A typed column: derefs to its concrete Arrow array, and remembers nullability, precision and scale.
///
/// ```
/// use shopstream_core::Col;
///
/// let names: Col<Option<String>> = [Some("Ada"), None].into_iter().collect();
/// assert_eq!(names.null_count(), 1);
/// assert_eq!(names.values().next(), Some(Some("Ada")));
/// # use arrow::array::Array;
/// ```
pub struct Col<T: Column>(T::Array);

impl<T: Column> Col<T> {
    /// Checks an Arrow array: its type, that it has no NULL where `T` has none, and that decimals fit.
    ///
    /// # Errors
    /// `Schema` for another type, `Data` for a NULL or a decimal with too many digits.
    pub fn try_new(array: ArrayRef) -> Result<Self> {
        if *array.data_type() != T::data_type() {
            return Err(Error::schema(format!("expected {}, found {}", T::data_type(), array.data_type())));
        }
        if !T::NULLABLE && array.null_count() > 0 {
            return Err(Error::data(format!("{} NULLs where there can be none", array.null_count())));
        }
        if let (DataType::Decimal128(precision, _), Some(decimals)) = (T::data_type(), array.as_primitive_opt()) {
            let decimals: &Decimal128Array = decimals;
            decimals
                .validate_decimal_precision(precision)
                .map_err(|_| Error::data(format!("a number has more than {precision} digits")))?;
        }
        array
            .as_any()
            .downcast_ref::<T::Array>()
            .cloned()
            .map(Self)
            .ok_or_else(|| Error::internal("an array is not of its type"))
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of its values are NULL.
    pub fn null_count(&self) -> usize {
        self.0.null_count()
    }

    /// The value of row `i`; panics behind the end, as an array does.
    pub fn get(&self, i: usize) -> T::Ref<'_> {
        T::get(&self.0, i)
    }

    /// All values, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = T::Ref<'_>> + Clone {
        (0..self.0.len()).map(|i| self.get(i))
    }

    /// The column with `default` in the place of every NULL.
    pub fn or<'a>(&'a self, default: <T::Required as Column>::Ref<'a>) -> Col<T::Required> {
        if self.0.null_count() == 0 {
            return Col(self.0.clone());
        }
        let value = |i| if self.0.is_valid(i) { T::Required::get(&self.0, i) } else { default };
        Col(T::Required::collect((0..self.0.len()).map(value)))
    }

    /// The column as one that cannot hold NULL.
    ///
    /// # Errors
    /// `Data` when it holds one.
    pub fn not_null(&self) -> Result<Col<T::Required>> {
        match self.0.null_count() {
            0 => Ok(Col(self.0.clone())),
            nulls => Err(Error::data(format!("{nulls} NULLs where there can be none"))),
        }
    }

    /// The column as one that may hold NULL.
    pub fn optional(&self) -> Col<T::Optional> {
        Col(self.0.clone())
    }

    /// The concrete Arrow array.
    pub fn array(&self) -> &T::Array {
        &self.0
    }

    /// The Arrow array, shared.
    pub fn to_array(&self) -> ArrayRef {
        Arc::new(self.0.clone())
    }
}

impl<T: Column> Clone for Col<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Column> fmt::Debug for Col<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

impl<T: Column> PartialEq for Col<T> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl<T: Column> Deref for Col<T> {
    type Target = T::Array;

    fn deref(&self) -> &T::Array {
        &self.0
    }
}
