//! Contacts of campaigns, cleaned.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Columns, Landed, Result, Table, Timestamp};

use super::clean::{ONCE, email, latest, lower, wide};
use crate::oltp::CrmContacts;

/// The contacts that campaigns brought: cleaned, typed, renamed.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(contact_id))]
pub struct StgCrmContacts {
    /// Number of the contact.
    pub contact_id: i64,
    /// E-mail address, without space around it and in lower case.
    #[column(pii = "direct")]
    pub email: String,
    /// Given name.
    #[column(pii = "direct")]
    pub first_name: Option<String>,
    /// Family name.
    #[column(pii = "direct")]
    pub last_name: Option<String>,
    /// Where the contact came from, in lower case: organic, paid_ads, referral or email_campaign.
    pub source: Option<String>,
    /// The campaign.
    pub campaign_id: Option<String>,
    /// When the contact came, UTC.
    pub created_at: Option<Timestamp>,
    /// Whether the contact became a customer; not where nothing is known.
    pub converted: bool,
    /// When it did, UTC.
    pub converted_at: Option<Timestamp>,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.crm_contacts` → `staging.stg_crm_contacts`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_crm_contacts(contacts: &Batch<Landed<CrmContacts>>) -> Result<Cleaned<StgCrmContacts>> {
    let rows = latest(&contacts.id, contacts)?;
    let batch = StgCrmContactsColumns {
        contact_id: wide(&rows.take(&contacts.id)?),
        email: email(&rows.take(&contacts.email)?)?,
        first_name: rows.take(&contacts.first_name)?,
        last_name: rows.take(&contacts.last_name)?,
        source: lower(&rows.take(&contacts.source)?)?,
        campaign_id: rows.take(&contacts.campaign_id)?,
        created_at: rows.take(&contacts.created_at)?,
        converted: rows.take(&contacts.converted)?.or(false),
        converted_at: rows.take(&contacts.converted_at)?,
        _loaded_at: rows.take(&contacts._loaded_at)?,
    }
    .batch()?;
    let twice = (contacts.num_rows() - batch.num_rows()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_crm_contact};
    use shopstream_core::{Dropped, timestamp};

    fn contact() -> CrmContacts {
        CrmContacts {
            id: 1,
            email: "ada@example.org".to_owned(),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            source: Some("organic".to_owned()),
            campaign_id: Some("CAMP_1000".to_owned()),
            created_at: Some(timestamp!("2025-01-01 10:00:00")),
            converted: Some(true),
            converted_at: Some(timestamp!("2025-01-10 08:00:00")),
        }
    }

    fn run(contacts: &[Landed<CrmContacts>]) -> Cleaned<StgCrmContacts> {
        stg_crm_contacts(&Batch::from_rows(contacts)).unwrap()
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let cleaned = run(&[landed(contact())]);
        assert_rows(&cleaned.batch, &[stg_crm_contact()]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 0 }]);
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn what_is_null_stays_null_and_nobody_is_converted_by_default() {
        let null = CrmContacts {
            first_name: None,
            last_name: None,
            source: None,
            campaign_id: None,
            created_at: None,
            converted: None,
            converted_at: None,
            ..contact()
        };
        let expected = StgCrmContacts {
            first_name: None,
            last_name: None,
            source: None,
            campaign_id: None,
            created_at: None,
            converted: false,
            converted_at: None,
            ..stg_crm_contact()
        };
        // A date without the flag stays what it is: a data test tells of it.
        let not = CrmContacts { id: 2, converted: Some(false), ..contact() };
        let expected_not = StgCrmContacts { contact_id: 2, converted: false, ..stg_crm_contact() };
        assert_rows(&run(&[landed(null), landed(not)]).batch, &[expected, expected_not]);
    }

    #[test]
    fn email_and_source_are_lower_case_and_only_the_email_is_trimmed() {
        let odd = CrmContacts {
            email: "\t Zoë.ÉTÉ@Example.org\n".to_owned(),
            first_name: Some(" ZOË ".to_owned()),
            source: Some(" Paid_ÀDS".to_owned()),
            campaign_id: Some("camp_1000".to_owned()),
            ..contact()
        };
        let expected = StgCrmContacts {
            email: "zoë.été@example.org".to_owned(),
            first_name: Some(" ZOË ".to_owned()),
            source: Some(" paid_àds".to_owned()),
            campaign_id: Some("camp_1000".to_owned()),
            ..stg_crm_contact()
        };
        assert_rows(&run(&[landed(odd)]).batch, &[expected]);
    }

    #[test]
    fn a_key_that_stands_twice_keeps_the_row_loaded_last() {
        let of = |id, campaign: &str, at, file: &str| {
            landed_at(CrmContacts { id, campaign_id: Some(campaign.to_owned()), ..contact() }, at, file)
        };
        let later = timestamp!("2026-01-15 02:00:00");
        let cleaned = run(&[
            of(2, "file before", LOADED_AT, "a"),
            of(2, "last row", LOADED_AT, "b"),
            of(1, "last time", later, "a"),
            of(1, "time before", LOADED_AT, "b"),
            of(2, "file before", LOADED_AT, "a"),
        ]);
        let kept = |contact_id, campaign: &str, at| StgCrmContacts {
            contact_id,
            campaign_id: Some(campaign.to_owned()),
            _loaded_at: at,
            ..stg_crm_contact()
        };
        assert_rows(&cleaned.batch, &[kept(1, "last time", later), kept(2, "last row", LOADED_AT)]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 3 }]);
    }
}
