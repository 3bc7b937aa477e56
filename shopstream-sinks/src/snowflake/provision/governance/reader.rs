//! One role that reads.

use crate::snowflake::{provision::settings::MARTS, sql::Ident};

/// A role that reads with the warehouse for readers. At first it sees all rows of the marts, but no personal data and no
/// money.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) role: String,
    pub(super) layers: Vec<String>,
    pub(super) countries: Option<Vec<String>>,
    pub(super) own_merchant: bool,
    pub(super) personal: bool,
    pub(super) financial: bool,
}

/// The members of the European Union, ISO 3166 alpha-3: <https://european-union.europa.eu/principles-countries-history/eu-countries_en>.
pub(super) const EUROPEAN_UNION: [&str; 27] = [
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA",
    "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
];

impl Reader {
    /// A role of this name.
    pub fn new(role: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            layers: vec![MARTS.to_owned()],
            countries: None,
            own_merchant: false,
            personal: false,
            financial: false,
        }
    }

    /// Sets the layers that it reads (default `marts`).
    #[must_use]
    pub fn with_layers(mut self, layers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.layers = layers.into_iter().map(Into::into).collect();
        self
    }

    /// Lets it see the rows of these countries only, where rows have one.
    #[must_use]
    pub fn with_countries(mut self, codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.countries = Some(codes.into_iter().map(Into::into).collect());
        self
    }

    /// Says whether it sees the rows of its own merchant only, and no table whose rows have none. Whose that is stands,
    /// by user, in the table `MERCHANTS` of the governance schema.
    #[must_use]
    pub fn with_own_merchant(mut self, yes: bool) -> Self {
        self.own_merchant = yes;
        self
    }

    /// Says whether it sees who a person is.
    #[must_use]
    pub fn with_personal(mut self, yes: bool) -> Self {
        self.personal = yes;
        self
    }

    /// Says whether it sees money.
    #[must_use]
    pub fn with_financial(mut self, yes: bool) -> Self {
        self.financial = yes;
        self
    }

    /// What it sees, in words.
    pub(super) fn purpose(&self) -> String {
        let rows = match (&self.countries, self.own_merchant) {
            (None, false) => "all rows",
            (Some(_), false) => "the rows of some countries",
            (None, true) => "its own merchant's rows",
            (Some(_), true) => "its own merchant's rows of some countries",
        };
        let not = match (self.personal, self.financial) {
            (true, true) => "",
            (true, false) => ", no money",
            (false, true) => ", no personal data",
            (false, false) => ", no personal data, no money",
        };
        format!("reads {}: {rows}{not}", self.layers.join(", "))
    }
}

/// The roles of a policy.
pub(super) struct Known<'a> {
    /// Those that see everything.
    pub(super) all: [Ident; 3],
    /// Those that see what their reader says.
    pub(super) readers: Vec<(Ident, &'a Reader)>,
}

impl Known<'_> {
    /// The roles that see everything, and the readers that this is true of.
    pub(super) fn seeing(&self, sees: impl Fn(&Reader) -> bool) -> Vec<&Ident> {
        let readers = self.readers.iter().filter(|(_, reader)| sees(reader)).map(|(role, _)| role);
        self.all.iter().chain(readers).collect()
    }
}
