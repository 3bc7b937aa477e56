//! Demo data of `users`.

use shopstream_core::Timestamp;

use super::{
    Demo, Inner,
    draw::{Draw, Stream, slot},
    people::Person,
};
use crate::oltp::Users;

const COUNTRIES: [(&str, u64); 10] = [
    ("FRA", 30),
    ("DEU", 14),
    ("GBR", 12),
    ("ESP", 10),
    ("ITA", 10),
    ("USA", 8),
    ("BEL", 6),
    ("NLD", 4),
    ("CHE", 4),
    ("CAN", 2),
];
const PLANS: [&str; 3] = ["freemium", "premium", "enterprise"];
const DAYS: i32 = 730;
const LOGIN_DAYS: i32 = 30;

/// What other tables know of a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) created_at: Timestamp,
    pub(super) country: &'static str,
    pub(super) active: bool,
}

impl Account {
    /// The first draws of a user's row; the last ones follow.
    pub(super) fn draw(draw: &mut Draw, now: Timestamp, i: u64, n: u64) -> Self {
        let created_at = slot(draw, super::days_before(now, DAYS), now, i, n);
        Self { created_at, country: draw.weighted(&COUNTRIES), active: draw.percent(95) }
    }

    pub(super) fn french(&self) -> bool {
        matches!(self.country, "FRA" | "BEL" | "CHE" | "CAN")
    }
}

/// User `i`, from 0, and the draws that are left of the row.
pub(super) fn identity(demo: &Inner, i: u64) -> (Account, Person, String, Draw) {
    let mut draw = Draw::row(demo.options.seed, Stream::Users, i);
    let account = Account::draw(&mut draw, demo.options.now, i, demo.counts().users);
    let person = Person::draw(&mut draw, account.french());
    let email = person.email(&mut draw, '.', super::id(i));
    (account, person, email, draw)
}

pub(super) fn row(demo: &Inner, i: u64) -> Users {
    let (account, person, email, mut draw) = identity(demo, i);
    let now = demo.options.now;
    let plan = if draw.percent(70) { "freemium" } else { draw.pick(&PLANS) };
    let seen = draw.instant(account.created_at.max(super::days_before(now, LOGIN_DAYS)), now);
    Users {
        id: super::id(i),
        email,
        first_name: Some(person.first.to_owned()),
        last_name: Some(person.last.to_owned()),
        country: Some(account.country.to_owned()),
        plan_type: Some(plan.to_owned()),
        created_at: Some(account.created_at),
        last_login: Some(seen),
        is_active: Some(account.active),
    }
}

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = Users> + Send + use<> {
    let demo = demo.inner.clone();
    (0..demo.counts().users).map(move |i| row(&demo, i))
}
