//! The compute kernels that models are made of: group by, aggregate, look up, order, exact ratios.
//!
//! They work on typed columns, know NULL, never round but where they say so, and turn an overflow into an error.
//! Their results are the same, bit for bit, for every number of threads; the threads are those of the rayon pool in
//! which they are called.
//!
//! ```
//! use shopstream_core::{Batch, Col, Decimal, Table, compute::*, dec};
//!
//! # /// Sales.
//! # #[derive(Table, Clone, Debug, PartialEq)]
//! # #[table(layer = "core", grain(id))]
//! # pub struct Sales {
//! #     /// Line.
//! #     pub id: i64,
//! #     /// Order.
//! #     pub order: i64,
//! #     /// Country.
//! #     pub country: String,
//! #     /// Revenue.
//! #     pub revenue: Decimal<10, 2>,
//! # }
//! # let sale = |id, order, country: &str, revenue| Sales { id, order, country: country.into(), revenue };
//! let sales = Batch::from_rows(&[
//!     sale(1, 1, "FRA", dec!(10.00)),
//!     sale(2, 1, "FRA", dec!(0.01)),
//!     sale(3, 2, "DEU", dec!(5.00)),
//! ]);
//! let (groups, (country,)) = sales.all().group_by((&sales.country,))?;
//! let revenue = groups.sum(&sales.revenue)?;
//! let orders = groups.count_distinct(&sales.order)?;
//! let average: Col<Option<Decimal<38, 2>>> = ratio(&revenue, &orders)?;
//!
//! assert_eq!(country, ["DEU", "FRA"].into_iter().collect());
//! assert_eq!(average, [Some(dec!(5.00)), Some(dec!(10.01))].into_iter().collect());
//! # Ok::<(), shopstream_core::Error>(())
//! ```

mod aggregate;
mod arithmetic;
mod distinct;
mod group;
mod keys;
mod lookup;
mod order;
mod parallel;
mod zip;

pub use aggregate::{Number, Orderable};
pub use arithmetic::{quotient, ratio, times};
pub use group::{Groups, Keys, Selection};
pub use keys::{Key, KeyColumn};
pub use lookup::{Lookup, LookupKey, Matches, Picked};
pub use order::{By, Order, SortColumn, asc, desc, order_by};
pub use zip::{Zip, zip};
