//! What varies from run to run.

use shopstream_core::{Date, Decimal, Error, Result, Timestamp, date, dec, sql::Query};

/// The parameters of a build: models have no clock and no settings but these.
///
/// ```
/// use shopstream_core::date;
/// use shopstream_models::Params;
///
/// let params = Params::new(date!("2026-01-14")).with_margin_rate("0.25")?.with_start_date(date!("2025-01-01"));
/// assert!(Params::new(date!("2026-01-14")).with_margin_rate("0.255").is_err());
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Params {
    /// The day as of which things are told: the run's logical date.
    pub as_of: Date,
    /// The first day whose orders count (default 2022-01-01).
    pub start_date: Date,
    /// When the build began, UTC (default: the first instant of `as_of`).
    pub built_at: Timestamp,
    /// The part of revenue that is margin (default 0.20).
    pub margin_rate: Decimal<5, 2>,
    /// The plans whose customers are of the segment Premium (default premium and enterprise).
    pub premium_plans: Vec<String>,
    /// A customer is Active up to so many days after the last order (default 30), …
    pub active_days: i64,
    /// … At Risk up to so many (default 90), and Churned after.
    pub at_risk_days: i64,
    /// The risk of churn is Medium after so many days without an order (default 90), …
    pub churn_medium_days: i64,
    /// … and High after so many (default 180).
    pub churn_high_days: i64,
}

impl Params {
    /// The defaults, as of a day.
    pub fn new(as_of: Date) -> Self {
        Self {
            as_of,
            start_date: date!("2022-01-01"),
            built_at: as_of.midnight(),
            margin_rate: dec!(0.20),
            premium_plans: vec!["premium".to_owned(), "enterprise".to_owned()],
            active_days: 30,
            at_risk_days: 90,
            churn_medium_days: 90,
            churn_high_days: 180,
        }
    }

    /// Counts orders from this day on.
    #[must_use]
    pub fn with_start_date(mut self, day: Date) -> Self {
        self.start_date = day;
        self
    }

    /// Says when the build began.
    #[must_use]
    pub fn with_built_at(mut self, instant: Timestamp) -> Self {
        self.built_at = instant;
        self
    }

    /// Sets the part of revenue that is margin: a decimal number of at most two digits behind the point.
    ///
    /// # Errors
    /// `Config` when it is none.
    pub fn with_margin_rate(mut self, rate: &str) -> Result<Self> {
        self.margin_rate = Decimal::parse(rate).ok_or_else(|| {
            Error::config("the margin rate is a decimal number of at most 2 digits behind the point").with("rate", rate)
        })?;
        Ok(self)
    }

    /// Binds the parameters to a query: each field under its own name, `:as_of`; `:premium_plans` is a list. This is
    /// the one way in which they reach a statement.
    ///
    /// ```
    /// # use shopstream_core::{Dialect, date, sql::Query};
    /// # use shopstream_models::Params;
    /// let params = Params::new(date!("2026-01-14"));
    /// let bound = params.bind("SELECT plan IN (:premium_plans), :as_of".into()).bound(Dialect::Postgres)?;
    /// assert_eq!(bound.text, "SELECT plan IN ($1, $2), $3");
    /// # Ok::<(), shopstream_core::Error>(())
    /// ```
    pub fn bind(&self, query: Query) -> Query {
        query
            .bind("as_of", self.as_of)
            .bind("start_date", self.start_date)
            .bind("built_at", self.built_at)
            .bind("margin_rate", self.margin_rate)
            .bind_list("premium_plans", &self.premium_plans)
            .bind("active_days", self.active_days)
            .bind("at_risk_days", self.at_risk_days)
            .bind("churn_medium_days", self.churn_medium_days)
            .bind("churn_high_days", self.churn_high_days)
    }

    /// Sets the plans of the segment Premium, in lower case.
    #[must_use]
    pub fn with_premium_plans<S: Into<String>>(mut self, plans: impl IntoIterator<Item = S>) -> Self {
        self.premium_plans = plans.into_iter().map(Into::into).collect();
        self
    }
}
