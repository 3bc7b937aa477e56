//! Rows of several columns at once.

use crate::{Col, Column};

/// A tuple of columns.
pub trait Zip<'a> {
    /// A row: a tuple of values.
    type Item;
    /// The rows, as many as the shortest column has.
    fn rows(self) -> impl Iterator<Item = Self::Item>;
}

macro_rules! zip_tuple {
    ($($t:ident $c:ident),+) => {
        impl<'a, $($t: Column),+> Zip<'a> for ($(&'a Col<$t>,)+) {
            type Item = ($($t::Ref<'a>,)+);
            fn rows(self) -> impl Iterator<Item = Self::Item> {
                let ($($c,)+) = self;
                let rows = [$($c.len()),+].into_iter().min().unwrap_or(0);
                (0..rows).map(move |i| ($($c.get(i),)+))
            }
        }
    };
}

zip_tuple!(A a, B b);
zip_tuple!(A a, B b, C c);
zip_tuple!(A a, B b, C c, D d);
zip_tuple!(A a, B b, C c, D d, E e);

/// The rows of several columns of one table: `zip((&a, &b)).map(|(a, b)| a + b).collect()`.
///
/// Columns of different lengths give as many rows as the shortest has; a batch made of them is then refused.
pub fn zip<'a, Z: Zip<'a>>(columns: Z) -> impl Iterator<Item = Z::Item> {
    columns.rows()
}
