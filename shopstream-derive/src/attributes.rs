//! What `#[table(…)]`, `#[column(…)]` and doc comments say.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Error, Expr, Ident, Lit, LitInt, LitStr, Meta, Path, Result};

/// `#[table(…)]`.
#[derive(Default)]
pub(crate) struct TableAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) layer: Option<LitStr>,
    pub(crate) grain: Vec<Ident>,
    pub(crate) krate: Option<Path>,
}

impl TableAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut table = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("table")) {
            attribute.parse_nested_meta(|meta| {
                match key(&meta.path).as_str() {
                    "name" => table.name = Some(meta.value()?.parse()?),
                    "layer" => table.layer = Some(meta.value()?.parse()?),
                    "crate" => table.krate = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    "grain" => meta.parse_nested_meta(|g| {
                        table.grain.push(g.path.require_ident()?.clone());
                        Ok(())
                    })?,
                    _ => return Err(meta.error("unknown key: expected `layer`, `grain(…)`, `name` or `crate`")),
                }
                Ok(())
            })?;
        }
        Ok(table)
    }
}

/// `#[column(…)]`, as the calls that set it on a `ColumnDecl`.
pub(crate) fn column(attributes: &[Attribute], krate: &TokenStream) -> Result<TokenStream> {
    let mut calls = TokenStream::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("column")) {
        attribute.parse_nested_meta(|meta| {
            let call = match key(&meta.path).as_str() {
                "unit" => {
                    let unit: LitStr = meta.value()?.parse()?;
                    quote!(.with_unit(#unit))
                }
                "pii" => {
                    let class: LitStr = meta.value()?.parse()?;
                    match class.value().as_str() {
                        "direct" => quote!(.with_pii(#krate::Pii::Direct)),
                        "indirect" => quote!(.with_pii(#krate::Pii::Indirect)),
                        _ => return Err(Error::new(class.span(), "pii is \"direct\" or \"indirect\"")),
                    }
                }
                "non_additive" => quote!(.with_additive(false)),
                "unique" => quote!(.with_unique(true)),
                "index" => quote!(.with_index(true)),
                "serial" => quote!(.with_serial(true)),
                "default" => {
                    let sql: LitStr = meta.value()?.parse()?;
                    quote!(.with_default(#sql))
                }
                "length" => {
                    let length: LitInt = meta.value()?.parse()?;
                    quote!(.with_length(#length))
                }
                "references" => {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    references(&content.parse()?, krate)?
                }
                _ => {
                    return Err(meta.error(
                        "unknown key: expected `unit`, `pii`, `non_additive`, `length`, `unique`, `index`, `default`, `serial` or `references(…)`",
                    ));
                }
            };
            calls.extend(call);
            Ok(())
        })?;
    }
    Ok(calls)
}

/// `references(Users::id)`: the table must be one, and have that column.
fn references(path: &Path, krate: &TokenStream) -> Result<TokenStream> {
    let (Some(last), true) = (path.segments.last(), path.segments.len() >= 2) else {
        return Err(Error::new_spanned(path, "expected a table and its column: `references(Users::id)`"));
    };
    let column = &last.ident;
    let name = column.to_string();
    let table: Path = syn::parse_str(
        &path.segments.iter().take(path.segments.len() - 1).map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::"),
    )?;
    Ok(quote!(.with_references({
        let _ = |row: &#table| { let _ = &row.#column; };
        #krate::ForeignKey { table: #krate::TableRef::of::<#table>(), column: #name }
    })))
}

fn key(path: &Path) -> String {
    path.to_token_stream().to_string()
}

/// The text of a doc comment.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let line = |a: &Attribute| match &a.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join(" ").trim().to_owned()
}
