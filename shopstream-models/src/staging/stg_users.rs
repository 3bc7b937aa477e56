//! Customers' accounts, cleaned.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Columns, Landed, Result, Table, Timestamp};

use super::clean::{ONCE, email, latest, lower, upper, wide};
use crate::oltp::Users;

/// The shop's customers, an account each: cleaned, typed, renamed.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(customer_id))]
pub struct StgUsers {
    /// Number of the account.
    pub customer_id: i64,
    /// E-mail address, without space around it and in lower case.
    #[column(pii = "direct")]
    pub email: String,
    /// Given name.
    #[column(pii = "direct")]
    pub first_name: Option<String>,
    /// Family name.
    #[column(pii = "direct")]
    pub last_name: Option<String>,
    /// Country of residence, ISO 3166 alpha-3, in upper case.
    #[column(pii = "indirect")]
    pub country_code: Option<String>,
    /// Plan, in lower case; freemium where none is known.
    pub plan_type: String,
    /// When the account was opened, UTC.
    #[column(pii = "indirect")]
    pub registered_at: Option<Timestamp>,
    /// When its owner was last seen, UTC.
    #[column(pii = "indirect")]
    pub last_login_at: Option<Timestamp>,
    /// Whether the account is open; it is where nothing else is known.
    pub is_active: bool,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.users` → `staging.stg_users`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_users(users: &Batch<Landed<Users>>) -> Result<Cleaned<StgUsers>> {
    let rows = latest(&users.id, users)?;
    let batch = StgUsersColumns {
        customer_id: wide(&rows.take(&users.id)?),
        email: email(&rows.take(&users.email)?)?,
        first_name: rows.take(&users.first_name)?,
        last_name: rows.take(&users.last_name)?,
        country_code: upper(&rows.take(&users.country)?)?,
        plan_type: lower(&rows.take(&users.plan_type)?.or("freemium"))?,
        registered_at: rows.take(&users.created_at)?,
        last_login_at: rows.take(&users.last_login)?,
        is_active: rows.take(&users.is_active)?.or(true),
        _loaded_at: rows.take(&users._loaded_at)?,
    }
    .batch()?;
    let twice = (users.num_rows() - batch.num_rows()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_user};
    use shopstream_core::{Dropped, timestamp};

    fn user() -> Users {
        Users {
            id: 1,
            email: "ada@example.org".to_owned(),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            country: Some("FRA".to_owned()),
            plan_type: Some("freemium".to_owned()),
            created_at: Some(timestamp!("2025-01-10 08:00:00")),
            last_login: Some(timestamp!("2026-01-12 19:00:00")),
            is_active: Some(true),
        }
    }

    fn run(users: &[Landed<Users>]) -> Cleaned<StgUsers> {
        stg_users(&Batch::from_rows(users)).unwrap()
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let cleaned = run(&[landed(user())]);
        assert_rows(&cleaned.batch, &[stg_user()]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 0 }]);
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn what_is_null_stays_null_or_has_its_default() {
        let null = Users {
            first_name: None,
            last_name: None,
            country: None,
            plan_type: None,
            created_at: None,
            last_login: None,
            is_active: None,
            ..user()
        };
        let expected = StgUsers {
            first_name: None,
            last_name: None,
            country_code: None,
            plan_type: "freemium".to_owned(),
            registered_at: None,
            last_login_at: None,
            is_active: true,
            ..stg_user()
        };
        let closed = Users { id: 2, is_active: Some(false), plan_type: Some("premium".to_owned()), ..user() };
        let expected_closed =
            StgUsers { customer_id: 2, is_active: false, plan_type: "premium".to_owned(), ..stg_user() };
        assert_rows(&run(&[landed(null), landed(closed)]).batch, &[expected, expected_closed]);
    }

    #[test]
    fn texts_are_trimmed_and_cased_where_the_rules_say_so_only() {
        let of = |id, email: &str, name: &str, country: &str, plan: &str| Users {
            id,
            email: email.to_owned(),
            first_name: Some(name.to_owned()),
            last_name: Some(name.to_owned()),
            country: Some(country.to_owned()),
            plan_type: Some(plan.to_owned()),
            ..user()
        };
        let expected = |id, email: &str, name: &str, country: &str, plan: &str| StgUsers {
            customer_id: id,
            email: email.to_owned(),
            first_name: Some(name.to_owned()),
            last_name: Some(name.to_owned()),
            country_code: Some(country.to_owned()),
            plan_type: plan.to_owned(),
            ..stg_user()
        };
        let users = [
            of(1, " \t\r\nAda@Example.ORG \n", " Ada ", "fra", "Premium"),
            of(2, " ÉLODIE.Ößen@EXAMPLE.fr", "Élodie", "é", "ÉLITE"),
            of(3, "   ", "", "", ""),
            of(4, "a b@example.org", "a long name that is not kept inline", "FrA", "enterPRISE"),
        ];
        let rows = [
            expected(1, "ada@example.org", " Ada ", "FRA", "premium"),
            expected(2, "élodie.ößen@example.fr", "Élodie", "É", "élite"),
            expected(3, "", "", "", ""),
            expected(4, "a b@example.org", "a long name that is not kept inline", "FRA", "enterprise"),
        ];
        assert_rows(&run(&users.map(landed)).batch, &rows);
    }

    #[test]
    fn a_key_that_stands_twice_keeps_the_row_loaded_last() {
        let named = |id, name: &str| Users { id, first_name: Some(name.to_owned()), ..user() };
        let (before, at, after) =
            (timestamp!("2026-01-13 02:00:00"), LOADED_AT, timestamp!("2026-01-14 02:00:00.000001"));
        let cleaned = run(&[
            landed_at(named(3, "first row"), at, "b"),
            landed_at(named(3, "last row"), at, "b"),
            landed_at(named(3, "file before"), at, "a"),
            landed_at(named(1, "last time"), after, "a"),
            landed_at(named(1, "time before"), before, "z"),
            landed_at(named(2, "last file"), at, "b"),
            landed_at(named(2, "file before"), at, "a"),
            landed_at(named(4, "once"), at, "a"),
        ]);
        let kept = |id, name: &str, at| StgUsers {
            customer_id: id,
            first_name: Some(name.to_owned()),
            _loaded_at: at,
            ..stg_user()
        };
        let expected =
            [kept(1, "last time", after), kept(2, "last file", at), kept(3, "last row", at), kept(4, "once", at)];
        assert_rows(&cleaned.batch, &expected);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 4 }]);
    }

    #[test]
    fn keys_in_order_that_stand_twice_are_seen_too() {
        let named = |id, name: &str| Users { id, first_name: Some(name.to_owned()), ..user() };
        let cleaned = run(&[landed(named(1, "a")), landed(named(2, "b")), landed(named(2, "c"))]);
        let kept = |id, name: &str| StgUsers { customer_id: id, first_name: Some(name.to_owned()), ..stg_user() };
        assert_rows(&cleaned.batch, &[kept(1, "a"), kept(2, "c")]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 1 }]);
    }
}
