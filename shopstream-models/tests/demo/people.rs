use std::collections::{BTreeMap, BTreeSet};

use super::{Shop, about, numbered};

const COUNTRIES: [&str; 10] = ["FRA", "DEU", "ESP", "ITA", "GBR", "USA", "BEL", "NLD", "CHE", "CAN"];

#[test]
fn users() {
    for (n, shop) in Shop::both() {
        numbered(shop.users.iter().map(|u| i64::from(u.id)), 1000 * n, "users");
        let mut plans = BTreeMap::new();
        for u in &shop.users {
            let created = u.created_at.unwrap();
            assert!(created >= shop.ago(730) && created < shop.now);
            let seen = u.last_login.unwrap();
            assert!(seen >= created && seen >= shop.ago(30) && seen < shop.now);
            assert!(COUNTRIES.contains(&u.country.as_deref().unwrap()));
            assert!(!u.first_name.as_ref().unwrap().is_empty() && !u.last_name.as_ref().unwrap().is_empty());
            *plans.entry(u.plan_type.clone().unwrap()).or_insert(0) += 1;
        }
        about(plans["freemium"], shop.users.len(), 80.0, "freemium");
        about(plans["premium"], shop.users.len(), 10.0, "premium");
        about(plans["enterprise"], shop.users.len(), 10.0, "enterprise");
        assert_eq!(plans.len(), 3);
        about(shop.users.iter().filter(|u| u.is_active == Some(true)).count(), shop.users.len(), 95.0, "active");
        let countries: BTreeSet<_> = shop.users.iter().map(|u| u.country.as_deref().unwrap()).collect();
        assert_eq!(countries.len(), COUNTRIES.len());
        assert!(shop.users.iter().any(|u| !u.first_name.as_ref().unwrap().is_ascii()), "accents");
    }
}

#[test]
fn emails_are_unique_and_of_nobody() {
    for (_, shop) in Shop::both() {
        let users: BTreeSet<&str> = shop.users.iter().map(|u| u.email.as_str()).collect();
        let contacts: BTreeSet<&str> = shop.crm_contacts.iter().map(|c| c.email.as_str()).collect();
        assert_eq!((users.len(), contacts.len()), (shop.users.len(), shop.crm_contacts.len()));
        for email in users.union(&contacts) {
            let (name, domain) = email.split_once('@').unwrap();
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '_'),
                "{email}"
            );
            assert!(["example.com", "example.net", "example.org"].contains(&domain), "{email}");
        }
    }
}

#[test]
fn contacts() {
    for (n, shop) in Shop::both() {
        numbered(shop.crm_contacts.iter().map(|c| i64::from(c.id)), 500 * n, "crm_contacts");
        let users: BTreeMap<_, _> = shop.users.iter().map(|u| (u.email.as_str(), u)).collect();
        let (mut shared, mut converted, mut converted_users) = (0, 0, 0);
        let (mut campaigns, mut sources) = (BTreeSet::new(), BTreeSet::new());
        for c in &shop.crm_contacts {
            let created = c.created_at.unwrap();
            assert!(created >= shop.ago(365) && created < shop.now);
            assert_eq!(c.converted.unwrap(), c.converted_at.is_some());
            if let Some(at) = c.converted_at {
                converted += 1;
                assert!(at >= created && at < shop.now);
            }
            if let Some(user) = users.get(c.email.as_str()) {
                shared += 1;
                converted_users += usize::from(c.converted.unwrap());
                assert_eq!((&user.first_name, &user.last_name), (&c.first_name, &c.last_name));
            }
            campaigns.insert(c.campaign_id.as_deref().unwrap());
            sources.insert(c.source.as_deref().unwrap());
        }
        assert_eq!(shared, 150 * n, "exactly three in ten are users");
        about(converted, shop.crm_contacts.len(), 40.0, "converted");
        about(converted_users, shared, 80.0, "converted users");
        assert_eq!(sources, ["organic", "paid_ads", "referral", "email_campaign"].into());
        assert_eq!(campaigns.len(), 40);
        for campaign in campaigns {
            let number: u32 = campaign.strip_prefix("CAMP_").unwrap().parse().unwrap();
            assert!((1000..=9999).contains(&number));
        }
    }
}
