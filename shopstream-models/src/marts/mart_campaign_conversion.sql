-- What campaigns bring: contacts, how many became customers, and what those bought.
-- Cleaned, two accounts may have one address.
WITH people AS (
    SELECT email, SUM(lifetime_value) AS bought
    FROM core.dim_customers
    GROUP BY email
),
reached AS (
    SELECT
        COALESCE(contacts.source, 'Unknown') AS contact_source,
        COALESCE(contacts.campaign_id, 'Unknown') AS campaign,
        contacts.email,
        contacts.converted AS is_converted,
        CASE
            WHEN contacts.converted
                THEN DATEDIFF('day', CAST(contacts.created_at AS DATE), CAST(contacts.converted_at AS DATE))
        END AS days,
        people.email AS customer,
        people.bought
    FROM staging.stg_crm_contacts AS contacts
    LEFT JOIN people ON people.email = contacts.email
),
-- What a customer bought counts once in a campaign, however many contacts have the address.
addresses AS (
    SELECT
        contact_source,
        campaign,
        email,
        COUNT(*) AS contacts,
        COUNT(CASE WHEN is_converted THEN 1 END) AS conversions,
        COUNT(days) AS timed,
        SUM(days) AS days,
        COUNT(customer) AS customers,
        MIN(bought) AS bought
    FROM reached
    GROUP BY contact_source, campaign, email
)
SELECT
    CAST(contact_source AS VARCHAR) AS source,
    CAST(campaign AS VARCHAR) AS campaign_id,
    CAST(SUM(addresses.contacts) AS BIGINT) AS contacts,
    CAST(SUM(addresses.conversions) AS BIGINT) AS converted,
    CAST(shop_ratio(SUM(addresses.conversions), SUM(addresses.contacts), 6) AS DECIMAL(18, 6)) AS conversion_rate,
    CAST(shop_ratio(SUM(addresses.days), SUM(addresses.timed), 2) AS DECIMAL(38, 2)) AS avg_days_to_convert,
    CAST(SUM(addresses.customers) AS BIGINT) AS customers,
    CAST(COALESCE(SUM(addresses.bought), 0) AS DECIMAL(38, 2)) AS revenue
FROM addresses
GROUP BY contact_source, campaign
