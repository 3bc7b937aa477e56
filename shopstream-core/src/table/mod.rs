//! Tables declared once, as a struct: `#[derive(Table)]`.

mod batch;
mod ddl;
mod decl;
mod landed;

pub(crate) use batch::is_text;
pub use batch::{Batch, Columns};
pub use decl::{ColumnDecl, ForeignKey, Pii, TableDecl};
pub use landed::{Landed, LandedColumns};

use arrow::datatypes::SchemaRef;
use std::fmt;

/// A table, declared by a struct that is its row. Implemented by `#[derive(Table)]`, which makes from the struct the
/// Arrow schema, typed columns (`OrdersColumns`), SQL, keys and docs.
///
/// ```
/// use shopstream_core::{Batch, Decimal, Dialect, Table, dec};
///
/// /// What was paid.
/// #[derive(Table, Clone, Debug, PartialEq)]
/// #[table(layer = "staging", grain(payment_id))]
/// pub struct Payments {
///     /// The payment's number.
///     pub payment_id: i64,
///     /// How much.
///     #[column(unit = "EUR")]
///     pub amount: Option<Decimal<10, 2>>,
/// }
///
/// let payments = Batch::from_rows(&[Payments { payment_id: 1, amount: Some(dec!(9.90)) }]);
/// assert_eq!(payments.amount.get(0), Some(dec!(9.90)));
/// assert_eq!(Payments::schema().field(1).is_nullable(), true);
/// assert!(Payments::declaration().create_table(Dialect::Postgres).contains("numeric(10,2)"));
/// ```
///
/// On the struct, `#[table(…)]` takes `layer = "…"` (the schema it lives in), `grain(…)` (its primary key) and
/// `name = "…"` (default: the struct's name in snake case). On a field, `#[column(…)]` takes `unit = "…"`,
/// `pii = "direct"` or `"indirect"`, `non_additive`, and for databases `length = 255`, `unique`, `index`,
/// `default = "…"`, `serial`, `references(Users::id)`. Every table and column has a doc comment: it is its
/// description.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    note = "add #[derive(Table)] #[table(layer = \"…\", grain(…))]"
)]
pub trait Table: Sized + Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
    /// The layer, or schema, that it lives in.
    const LAYER: &'static str;
    /// Its columns, typed.
    type Columns: Columns<Row = Self>;
    /// All that is declared of it.
    fn declaration() -> TableDecl;
    /// Its columns as Arrow has them.
    fn schema() -> SchemaRef {
        Self::declaration().schema()
    }
}
