//! Which functions can be models.

use arrow::array::RecordBatch;

use super::{Input, IntoOutput};
use crate::{Batch, Error, Result, Table};

/// A function that can be a model: of none to eight tables, `&Batch<A>, &Batch<B>, …`, and, if it likes, the
/// project's parameters `&P` at the end; its answer is a `Result<Batch<T>>` or `Result<Cleaned<T>>`.
///
/// `Args` is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model's function",
    note = "a model is fn(&Batch<A>, &Batch<B>, …) -> Result<Batch<T>>, of 0 to 8 tables, or with the project's parameters at the end: fn(&Batch<A>, …, &{P}) -> …",
    note = "inputs are declared tables, `Batch<Landed<Users>>` for a raw one; the answer is Result<Batch<T>> or Result<Cleaned<T>>",
    note = "a closure writes the types of its arguments out"
)]
pub trait ModelFn<P, Args>: Send + Sync + 'static {
    /// What it answers.
    type Output: IntoOutput;
    /// The tables that it takes, in the order of its arguments.
    fn inputs() -> Vec<Input>;
    /// Calls it with tables in the order of its arguments.
    ///
    /// # Errors
    /// `Schema` or `Data` when an input is not as declared; what the function answers.
    fn call(&self, inputs: &[RecordBatch], params: &P) -> Result<Self::Output>;
}

/// Tells functions with parameters from those without.
#[derive(Debug)]
pub enum WithParams {}

/// Tells functions without parameters from those with.
#[derive(Debug)]
pub enum WithoutParams {}

macro_rules! functions {
    ($(($($table:ident $batch:ident),*))+) => { $(
        functions!(@one WithParams params ($($table $batch),*) (params: P));
        functions!(@one WithoutParams _params ($($table $batch),*) ());
    )+ };
    (@one $marker:ident $given:ident ($($table:ident $batch:ident),*) ($($params:ident: $P:ident)?)) => {
        impl<P, F, O, $($table),*> ModelFn<P, ($marker, O, $($table),*)> for F
        where
            F: Fn($(&Batch<$table>,)* $(&$P)?) -> Result<O> + Send + Sync + 'static,
            O: IntoOutput,
            $($table: Table,)*
        {
            type Output = O;

            fn inputs() -> Vec<Input> {
                vec![$(Input::of::<$table>()),*]
            }

            fn call(&self, inputs: &[RecordBatch], $given: &P) -> Result<O> {
                let [$($batch),*] = inputs else {
                    return Err(Error::internal("a model did not get all of its inputs").with("inputs", inputs.len()));
                };
                $(let $batch = Batch::<$table>::select($batch.clone())?;)*
                self($(&$batch,)* $($params)?)
            }
        }
    };
}

functions! {
    ()
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, G g)
    (A a, B b, C c, D d, E e, G g, H h)
    (A a, B b, C c, D d, E e, G g, H h, I i)
}
