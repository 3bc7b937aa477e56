//! Demo data of `crm_contacts`.

use super::{
    Demo, Inner,
    draw::{Draw, Stream, slot},
    people::Person,
    users,
};
use crate::oltp::CrmContacts;

const SOURCES: [&str; 4] = ["organic", "paid_ads", "referral", "email_campaign"];
const CAMPAIGNS: u64 = 40;
const DAYS: i32 = 365;
const CONVERSION_DAYS: i32 = 45;

/// One of 40 campaigns: each has a range of 225 numbers of its own, from 1000 on.
fn campaign(seed: u64, draw: &mut Draw) -> String {
    let n = draw.below(CAMPAIGNS);
    format!("CAMP_{}", 1000 + 225 * n + Draw::row(seed, Stream::Campaigns, n).below(225))
}

fn row(demo: &Inner, i: u64) -> CrmContacts {
    let now = demo.options.now;
    let mut draw = Draw::row(demo.options.seed, Stream::Contacts, i);
    // Of ten contacts three are users, who converted more often: 0.3 × 80 % + 0.7 × 16/70 = 40 %.
    let (user, converted) = (i % 10 < 3, draw.below(70));
    let (person, email) = if user {
        // 3 users of each 10 contacts, which there are 20 users to: each takes one of 6 of its own.
        let number = i / 10 * 3 + i % 10;
        let (_, person, email, _) = users::identity(demo, number * 6 + draw.below(6));
        (person, email)
    } else {
        let french = draw.percent(50);
        let person = Person::draw(&mut draw, french);
        (person, person.email(&mut draw, '_', super::id(i)))
    };
    let converted = converted < if user { 56 } else { 16 };
    let created_at = slot(&mut draw, super::days_before(now, DAYS), now, i, demo.counts().crm_contacts);
    let latest = now.min(created_at.date().plus_days(CONVERSION_DAYS).midnight());
    CrmContacts {
        id: super::id(i),
        email,
        first_name: Some(person.first.to_owned()),
        last_name: Some(person.last.to_owned()),
        source: Some(draw.pick(&SOURCES).to_owned()),
        campaign_id: Some(campaign(demo.options.seed, &mut draw)),
        created_at: Some(created_at),
        converted: Some(converted),
        converted_at: converted.then(|| draw.instant(created_at, latest)),
    }
}

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = CrmContacts> + Send + use<> {
    let demo = demo.inner.clone();
    (0..demo.counts().crm_contacts).map(move |i| row(&demo, i))
}
