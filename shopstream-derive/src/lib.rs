//! `#[derive(Table)]` of shopstream: see `shopstream_core::Table`.

mod attributes;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares a table by a struct that is its row. See the trait of the same name for what it takes.
#[proc_macro_derive(Table, attributes(table, column))]
pub fn table(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::table(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
