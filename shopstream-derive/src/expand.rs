//! From a struct to a table.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, spanned::Spanned};

use crate::attributes::{TableAttributes, column, docs};

pub(crate) fn table(input: &DeriveInput) -> Result<TokenStream> {
    let row = &input.ident;
    let attributes = TableAttributes::parse(&input.attrs)?;
    let Data::Struct(data) = &input.data else { return Err(Error::new(row.span(), "a table is a struct: its row")) };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(data.fields.span(), "a table has named fields: its columns"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "a table has no generics"));
    }
    let about = docs(&input.attrs);
    if about.is_empty() {
        return Err(Error::new(row.span(), "a table needs a doc comment: it is its description"));
    }
    let Some(layer) = attributes.layer else {
        return Err(Error::new(row.span(), "a table lives in a layer: #[table(layer = \"staging\")]"));
    };
    if attributes.grain.is_empty() {
        return Err(Error::new(
            row.span(),
            "a table has a grain, the columns that name a row: #[table(grain(order_id))]",
        ));
    }
    let name = attributes.name.map_or_else(|| snake_case(&row.to_string()), |n| n.value());
    for g in &attributes.grain {
        if !fields.named.iter().any(|f| f.ident.as_ref() == Some(g)) {
            return Err(Error::new(g.span(), format!("grain: `{g}` is not a column of `{name}`")));
        }
    }
    let krate = attributes.krate.map_or_else(core_path, |path| Ok(quote!(#path)))?;

    let (mut idents, mut names, mut types, mut abouts, mut decls) = (vec![], vec![], vec![], vec![], vec![]);
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let (name, kind, about) = (ident.to_string(), &field.ty, docs(&field.attrs));
        if about.is_empty() {
            return Err(Error::new(
                ident.span(),
                format!("column `{name}` needs a doc comment: it is its description"),
            ));
        }
        let calls = column(&field.attrs, &krate)?;
        decls.push(quote!(#krate::ColumnDecl::of::<#kind>(#name, #about) #calls));
        idents.push(ident);
        names.push(name);
        types.push(kind);
        abouts.push(about);
    }

    let (vis, columns) = (&input.vis, format_ident!("{row}Columns"));
    let columns_about = format!("The columns of [`{row}`]: write a literal of them, then `.batch()`.");
    let grain = attributes.grain.iter().map(Ident::to_string);
    let count = names.len();
    let index = 0..count;
    Ok(quote! {
        #[doc = #columns_about]
        #[derive(Clone, Debug)]
        #vis struct #columns { #( #[doc = #abouts] pub #idents: #krate::Col<#types>, )* }

        #[automatically_derived]
        impl #krate::Table for #row {
            const NAME: &'static str = #name;
            const LAYER: &'static str = #layer;
            type Columns = #columns;
            fn declaration() -> #krate::TableDecl {
                #krate::TableDecl::new(#name, #layer, #about, ::std::vec![#(#grain),*], ::std::vec![#(#decls),*])
            }
        }

        #[automatically_derived]
        impl #krate::Columns for #columns {
            type Row = #row;
            fn to_arrays(&self) -> ::std::vec::Vec<#krate::ArrayRef> {
                ::std::vec![#( #krate::Col::to_array(&self.#idents) ),*]
            }
            fn try_from_arrays(arrays: &[#krate::ArrayRef]) -> #krate::Result<Self> {
                if arrays.len() != #count {
                    return ::std::result::Result::Err(#krate::Error::internal("a table has as many arrays as columns"));
                }
                ::std::result::Result::Ok(Self { #(
                    #idents: #krate::Col::try_new(::std::clone::Clone::clone(&arrays[#index])).map_err(|e| e.with("column", #names))?,
                )* })
            }
            fn from_rows(rows: &[#row]) -> Self {
                Self { #( #idents: rows.iter().map(|row| <#types as #krate::Column>::lend(&row.#idents)).collect(), )* }
            }
            fn row(&self, i: usize) -> #row {
                #row { #( #idents: <#types as #krate::Column>::own(self.#idents.get(i)), )* }
            }
        }
    })
}

/// Where the core is found: by itself, or inside the facade.
fn core_path() -> Result<TokenStream> {
    use proc_macro_crate::{FoundCrate, crate_name};
    let path = |found, own: &str, rest: TokenStream| match found {
        FoundCrate::Itself => {
            let own = Ident::new(own, Span::call_site());
            quote!(::#own #rest)
        }
        FoundCrate::Name(name) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name #rest)
        }
    };
    if let Ok(found) = crate_name("shopstream-core") {
        // The facade has the core too, but its examples and tests see the facade alone.
        if !matches!(crate_name("shopstream"), Ok(FoundCrate::Itself)) {
            return Ok(path(found, "shopstream_core", TokenStream::new()));
        }
    }
    match crate_name("shopstream") {
        Ok(found) => Ok(path(found, "shopstream", quote!(::core))),
        Err(error) => Err(Error::new(Span::call_site(), format!("{error}; or say #[table(crate = \"…\")]"))),
    }
}

/// `MartSalesOverview` is `mart_sales_overview`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
