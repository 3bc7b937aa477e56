//! Who sees which rows and which values.

mod masking;
mod policy;
mod reader;
mod rows;

pub use reader::Reader;

use shopstream_core::{Error, Result, TableDecl};
use std::collections::BTreeSet;

use super::{
    Inventory, Plan, Settings, Statement,
    catalog::{CatalogTable, catalog},
    grants::{Grant, reader as reader_grants},
    object::Kind,
    wanted::Wanted,
};
use crate::snowflake::sql::{Ident, literal};
use reader::Known;

/// Readers beside the settings' reporter, and what they see: which rows by row access policies, which values by masking
/// policies. Policies need Snowflake's Enterprise Edition.
///
/// The three roles of the settings see everything; a role that is named nowhere sees no row of a table with a policy, and
/// no value of a masked column.
///
/// What is masked follows from the declarations: columns of [direct](shopstream_core::Pii::Direct) personal data, and
/// columns whose unit is a currency, which is how a declaration marks money; rates and shares, which have no unit, are
/// not.
///
/// ```
/// use shopstream_sinks::snowflake::provision::{Governance, Reader};
///
/// let support = Reader::new("SUPPORT").with_personal(true).with_countries(["FRA", "BEL"]);
/// let governance = Governance::default().reader(support);
/// ```
#[derive(Clone, Debug)]
pub struct Governance {
    readers: Vec<Reader>,
    currencies: BTreeSet<String>,
    country_column: String,
    merchant_column: String,
}

impl Default for Governance {
    /// Three readers: `MARKETING`, which sees the rows of countries of the European Union; `MERCHANT`, which sees the
    /// rows of its own products; `JUNIOR`, which sees no money. None of them sees who a person is. Countries stand in
    /// columns `country_code`, merchants in `merchant_id`; money is in `EUR`.
    fn default() -> Self {
        Self {
            readers: vec![
                Reader::new("MARKETING").with_countries(reader::EUROPEAN_UNION).with_financial(true),
                Reader::new("MERCHANT").with_own_merchant(true).with_financial(true).with_layers(["core", "marts"]),
                Reader::new("JUNIOR"),
            ],
            currencies: ["EUR".to_owned()].into(),
            country_column: "country_code".to_owned(),
            merchant_column: "merchant_id".to_owned(),
        }
    }
}

impl Governance {
    /// Without readers.
    pub fn none() -> Self {
        Self { readers: vec![], ..Self::default() }
    }

    /// Adds a reader.
    #[must_use]
    pub fn reader(mut self, reader: Reader) -> Self {
        self.readers.push(reader);
        self
    }

    /// Sets the units that are money (default `EUR`).
    #[must_use]
    pub fn with_currencies(mut self, units: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.currencies = units.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the column, of any table, that says a row's country (default `country_code`).
    #[must_use]
    pub fn with_country_column(mut self, column: impl Into<String>) -> Self {
        self.country_column = column.into();
        self
    }

    /// Sets the column, of any table, that says a row's merchant (default `merchant_id`).
    #[must_use]
    pub fn with_merchant_column(mut self, column: impl Into<String>) -> Self {
        self.merchant_column = column.into();
        self
    }

    /// The masking policies, and the columns that they are put on: e-mail addresses keep their domain, other personal
    /// texts become `***`, other personal values and money become NULL. What differs from what is there.
    ///
    /// # Errors
    /// `Config` for names that cannot be one, and roles that are named twice.
    pub fn masking(&self, settings: &Settings, tables: &[TableDecl], inventory: &Inventory) -> Result<Plan> {
        let known = self.known(settings)?;
        masking::statements(self, settings, &known, &catalog(settings, tables)?, inventory).map(Plan::new)
    }

    /// The row access policies, the table that says whose merchant a user is, and the tables that the policies are put
    /// on: those of readers' layers that have a country or a merchant. What differs from what is there.
    ///
    /// # Errors
    /// As [`masking`](Self::masking).
    pub fn row_access(&self, settings: &Settings, tables: &[TableDecl], inventory: &Inventory) -> Result<Plan> {
        let known = self.known(settings)?;
        rows::statements(self, settings, &known, &catalog(settings, tables)?, inventory).map(Plan::new)
    }

    /// The readers' roles, each with the warehouse for readers and the tables of its layers; one that sees a merchant's
    /// rows alone, with those that have one. Applied again, it changes nothing. Put the policies on before.
    ///
    /// # Errors
    /// As [`masking`](Self::masking).
    pub fn readers(&self, settings: &Settings, tables: &[TableDecl]) -> Result<Plan> {
        let (tables, nothing) = (catalog(settings, tables)?, Inventory::default());
        let mut statements: Vec<Statement> = vec![];
        for (role, reader) in self.known(settings)?.readers {
            statements.extend(Wanted::new(Kind::Role, role.clone(), reader.purpose()).difference(&nothing));
            let mut grants = vec![Grant::new(&settings.administrator, &["USAGE"], Kind::Role, role.clone())];
            grants.extend(reader_grants(settings, &role, &self.tables_of(reader, &tables)));
            statements.extend(grants.iter().filter_map(|grant| grant.difference(&nothing)));
        }
        Ok(Plan::new(statements))
    }

    /// The tables that a reader may read.
    fn tables_of<'a>(&self, reader: &Reader, tables: &'a [CatalogTable]) -> Vec<&'a CatalogTable> {
        let readable = |t: &&CatalogTable| {
            reader.layers.contains(&t.layer) && (!reader.own_merchant || t.column(&self.merchant_column).is_some())
        };
        tables.iter().filter(readable).collect()
    }

    /// The roles that see everything, and the readers.
    fn known(&self, settings: &Settings) -> Result<Known<'_>> {
        let all = [&settings.loader, &settings.transformer, &settings.reporter].map(Clone::clone);
        let mut readers: Vec<(Ident, &Reader)> = vec![];
        for reader in &self.readers {
            let role = Ident::new(&reader.role)?;
            let taken =
                all.contains(&role) || role == settings.administrator || readers.iter().any(|(r, _)| *r == role);
            if taken {
                return Err(Error::config("two roles have the same name").with("role", &role));
            }
            readers.push((role, reader));
        }
        Ok(Known { all, readers })
    }
}

/// Whether a session has a role, its own or one that it inherits.
fn in_session(role: &Ident) -> String {
    format!("IS_ROLE_IN_SESSION({})", literal(role.as_str()))
}
