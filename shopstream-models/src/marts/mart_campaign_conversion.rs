//! What campaigns bring.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Decimal, Result, Table,
    compute::{Lookup, ratio, zip},
    dec,
};

use super::UNKNOWN;
use crate::{core::DimCustomers, staging::StgCrmContacts};

/// What campaigns bring: contacts, how many became customers, and what those bought.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(source, campaign_id))]
pub struct MartCampaignConversion {
    /// Where the contacts came from; Unknown where nothing is known.
    pub source: String,
    /// The campaign; Unknown where there is none.
    pub campaign_id: String,
    /// How many contacts.
    pub contacts: i64,
    /// How many of them converted.
    pub converted: i64,
    /// Those who converted, over all contacts.
    #[column(non_additive)]
    pub conversion_rate: Option<Decimal<18, 6>>,
    /// The mean of whole days from contact to conversion, where both are known.
    #[column(unit = "days", non_additive)]
    pub avg_days_to_convert: Option<Decimal<38, 2>>,
    /// How many contacts have the e-mail address of a customer.
    pub customers: i64,
    /// The sum of those customers' sales.
    #[column(unit = "EUR", non_additive)]
    pub revenue: Decimal<38, 2>,
}

/// `staging.stg_crm_contacts`, `core.dim_customers` → `marts.mart_campaign_conversion`.
///
/// # Errors
/// `Data` when a sum is too large.
pub fn mart_campaign_conversion(
    contacts: &Batch<StgCrmContacts>,
    customers: &Batch<DimCustomers>,
) -> Result<Batch<MartCampaignConversion>> {
    // Cleaned, two accounts may have one address.
    let (by_email, (email,)) = customers.all().group_by((&customers.email,))?;
    let customer = Lookup::new(&email)?.find(&contacts.email)?;
    let sales = customer.get_or(&by_email.sum(&customers.lifetime_value)?, dec!(0)).to_col()?;

    let days: Col<Option<i64>> = zip((&contacts.created_at, &contacts.converted_at, &contacts.converted))
        .map(|(from, to, converted)| {
            from.zip(to).filter(|_| converted).map(|(from, to)| to.date().days_since(from.date()))
        })
        .collect();

    let (groups, (source, campaign_id)) =
        contacts.all().group_by((&contacts.source.or(UNKNOWN), &contacts.campaign_id.or(UNKNOWN)))?;
    let count = groups.count();
    let converted = groups.only(&contacts.converted)?.count();
    let bought = groups.only(&customer.found())?;

    MartCampaignConversionColumns {
        conversion_rate: ratio(&converted, &count)?,
        avg_days_to_convert: groups.mean(&days)?,
        customers: bought.count(),
        revenue: bought.distinct(&contacts.email)?.sum(&sales)?,
        source,
        campaign_id,
        contacts: count,
        converted,
    }
    .batch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::dim_customers,
        fixture::{assert_rows, dim_customer, landed, params, stg_crm_contact, stg_order},
        oltp::{CrmContacts, Users},
        staging::{stg_crm_contacts, stg_users},
    };
    use shopstream_core::{Timestamp, timestamp};

    fn conversion(contacts: &[StgCrmContacts], customers: &[DimCustomers]) -> Batch<MartCampaignConversion> {
        mart_campaign_conversion(&Batch::from_rows(contacts), &Batch::from_rows(customers)).unwrap()
    }

    /// What the base contact and customer make.
    fn row() -> MartCampaignConversion {
        MartCampaignConversion {
            source: "organic".to_owned(),
            campaign_id: "CAMP_1000".to_owned(),
            contacts: 1,
            converted: 1,
            conversion_rate: Some(dec!(1)),
            avg_days_to_convert: Some(dec!(9)),
            customers: 1,
            revenue: dec!(25.00),
        }
    }

    fn customer(customer_key: i64, email: &str, lifetime_value: Decimal<38, 2>) -> DimCustomers {
        DimCustomers { customer_key, email: email.to_owned(), lifetime_value, ..dim_customer() }
    }

    fn contact(email: &str) -> StgCrmContacts {
        StgCrmContacts { email: email.to_owned(), ..stg_crm_contact() }
    }

    #[test]
    fn no_contacts_are_no_row() {
        assert_rows(&conversion(&[], &[]), &[]);
        assert_rows(&conversion(&[], &[dim_customer()]), &[]);
    }

    #[test]
    fn one_contact_is_one_row() {
        assert_rows(&conversion(&[stg_crm_contact()], &[dim_customer()]), &[row()]);
        let nulls = StgCrmContacts { first_name: None, last_name: None, ..stg_crm_contact() };
        assert_rows(&conversion(&[nulls], &[dim_customer()]), &[row()]);
    }

    #[test]
    fn without_customers_there_is_no_revenue() {
        let expected = MartCampaignConversion { customers: 0, revenue: dec!(0.00), ..row() };
        assert_rows(&conversion(&[stg_crm_contact()], &[]), std::slice::from_ref(&expected));
        assert_rows(&conversion(&[stg_crm_contact()], &[customer(1, "bob@example.org", dec!(9.00))]), &[expected]);
        // A customer who bought nothing is one nevertheless.
        let expected = MartCampaignConversion { revenue: dec!(0.00), ..row() };
        assert_rows(&conversion(&[stg_crm_contact()], &[customer(1, "ada@example.org", dec!(0))]), &[expected]);
    }

    #[test]
    fn null_in_the_grain_is_unknown() {
        let of = |source: Option<&str>, campaign: Option<&str>| StgCrmContacts {
            source: source.map(str::to_owned),
            campaign_id: campaign.map(str::to_owned),
            ..stg_crm_contact()
        };
        let contacts = [
            of(Some("organic"), None),
            of(None, Some("CAMP_1000")),
            of(None, None),
            of(Some("Unknown"), Some("Unknown")),
            of(Some("organic"), Some("CAMP_1000")),
        ];
        let unknown = || "Unknown".to_owned();
        let expected = [
            MartCampaignConversion { source: unknown(), ..row() },
            MartCampaignConversion {
                source: unknown(),
                campaign_id: unknown(),
                contacts: 2,
                converted: 2,
                customers: 2,
                ..row()
            },
            row(),
            MartCampaignConversion { campaign_id: unknown(), ..row() },
        ];
        assert_rows(&conversion(&contacts, &[dim_customer()]), &expected);
    }

    #[test]
    fn addresses_are_compared_as_they_were_cleaned() {
        let user = |id, email: &str| {
            landed(Users {
                id,
                email: email.to_owned(),
                first_name: None,
                last_name: None,
                country: None,
                plan_type: None,
                created_at: None,
                last_login: None,
                is_active: None,
            })
        };
        let contact = landed(CrmContacts {
            id: 1,
            email: "  Ada@Example.ORG ".to_owned(),
            first_name: None,
            last_name: None,
            source: Some("ORGANIC".to_owned()),
            campaign_id: Some("CAMP_1000".to_owned()),
            created_at: Some(timestamp!("2025-01-01 10:00:00")),
            converted: Some(true),
            converted_at: Some(timestamp!("2025-01-10 08:00:00")),
        });
        let users = stg_users(&Batch::from_rows(&[user(1, "ADA@example.org\n"), user(2, "ada@example.com")])).unwrap();
        let orders = Batch::from_rows(&[stg_order()]);
        let customers = dim_customers(&users.batch, &orders, &params()).unwrap();
        let contacts = stg_crm_contacts(&Batch::from_rows(&[contact])).unwrap();
        assert_rows(&mart_campaign_conversion(&contacts.batch, &customers).unwrap(), &[row()]);
    }

    #[test]
    fn two_accounts_of_one_address_are_one_customer_of_both_revenues() {
        let accounts = [customer(1, "ada@example.org", dec!(25.00)), customer(2, "ada@example.org", dec!(0.07))];
        let expected = MartCampaignConversion { revenue: dec!(25.07), ..row() };
        assert_rows(&conversion(&[stg_crm_contact()], &accounts), &[expected]);
    }

    #[test]
    fn two_contacts_of_one_address_bring_its_revenue_once_a_group() {
        let paid = StgCrmContacts { source: Some("paid_ads".into()), ..stg_crm_contact() };
        let customers = [dim_customer(), customer(2, "bob@example.org", dec!(1.00))];
        let expected = [
            MartCampaignConversion { contacts: 4, converted: 4, customers: 3, revenue: dec!(26.00), ..row() },
            MartCampaignConversion { source: "paid_ads".into(), ..row() },
        ];
        let contacts =
            [stg_crm_contact(), paid, contact("bob@example.org"), stg_crm_contact(), contact("eve@example.org")];
        assert_rows(&conversion(&contacts, &customers), &expected);
    }

    #[test]
    fn days_to_convert_are_of_converted_contacts_with_both_dates() {
        let contact = |converted, created_at: Option<Timestamp>, converted_at: Option<Timestamp>| StgCrmContacts {
            converted,
            created_at,
            converted_at,
            ..stg_crm_contact()
        };
        let (from, to) = (Some(timestamp!("2025-01-01 23:59:00")), Some(timestamp!("2025-01-02 00:01:00")));
        let contacts =
            [contact(true, from, None), contact(true, None, to), contact(true, None, None), contact(false, from, to)];
        let expected = MartCampaignConversion {
            contacts: 4,
            converted: 3,
            conversion_rate: Some(dec!(0.75)),
            avg_days_to_convert: None,
            customers: 4,
            ..row()
        };
        assert_rows(&conversion(&contacts, &[dim_customer()]), std::slice::from_ref(&expected));

        let dated = [&contacts[..], &[contact(true, from, to)]].concat();
        let expected = MartCampaignConversion {
            contacts: 5,
            converted: 4,
            conversion_rate: Some(dec!(0.80)),
            avg_days_to_convert: Some(dec!(1)),
            customers: 5,
            ..expected
        };
        assert_rows(&conversion(&dated, &[dim_customer()]), &[expected]);
    }

    #[test]
    fn mean_days_are_rounded_half_away_from_zero() {
        let from = timestamp!("2025-01-10 23:59:00");
        let after = |days: i64| StgCrmContacts {
            created_at: Some(from),
            converted_at: Some(from.plus_micros(days * Timestamp::DAY)),
            ..stg_crm_contact()
        };
        for (days, mean) in [
            (vec![0], dec!(0)),
            (vec![1, 0, 0, 0, 0, 0, 0, 0], dec!(0.13)),
            (vec![3, 0, 0, 0, 0, 0, 0, 0], dec!(0.38)),
            (vec![-1, 0, 0, 0, 0, 0, 0, 0], dec!(-0.13)),
            (vec![1, 1, 0], dec!(0.67)),
            (vec![400, 1], dec!(200.50)),
        ] {
            let contacts: Vec<_> = days.iter().map(|days| after(*days)).collect();
            assert_eq!(conversion(&contacts, &[]).rows()[0].avg_days_to_convert, Some(mean), "{days:?}");
        }
    }

    #[test]
    fn rates_are_rounded_half_away_from_zero_to_six_digits() {
        for (converted, of, rate) in
            [(0, 3, dec!(0)), (1, 3, dec!(0.333333)), (2, 3, dec!(0.666667)), (1, 128, dec!(0.007813))]
        {
            let contacts: Vec<_> =
                (0..of).map(|i| StgCrmContacts { converted: i < converted, ..stg_crm_contact() }).collect();
            let found = conversion(&contacts, &[]).rows().remove(0);
            assert_eq!((found.contacts, found.converted, found.conversion_rate), (of, converted, Some(rate)));
        }
    }

    #[test]
    fn rows_are_sorted_by_the_grain() {
        let grains =
            [("organic", "CAMP_1000"), ("organic", "CAMP_9999"), ("paid_ads", "CAMP_1000"), ("referral", "CAMP_0")];
        let of = |i: usize| StgCrmContacts {
            source: Some(grains[i].0.into()),
            campaign_id: Some(grains[i].1.into()),
            ..stg_crm_contact()
        };
        let rows = conversion(&[of(3), of(1), of(2), of(0), of(1)], &[]).rows();
        let found: Vec<_> = rows.iter().map(|row| (&*row.source, &*row.campaign_id, row.contacts)).collect();
        assert_eq!(found, [0, 1, 2, 3].map(|i| (grains[i].0, grains[i].1, if i == 1 { 2 } else { 1 })));
    }
}
