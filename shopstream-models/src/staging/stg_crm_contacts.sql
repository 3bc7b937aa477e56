-- raw.crm_contacts, cleaned. Of an id that stands twice, the row loaded last.
SELECT
    CAST(id AS BIGINT) AS contact_id,
    CAST(LOWER(TRIM(email, ' ' || CHR(9) || CHR(10) || CHR(13))) AS VARCHAR) AS email,
    first_name,
    last_name,
    CAST(LOWER(source) AS VARCHAR) AS source,
    campaign_id,
    created_at,
    COALESCE(converted, FALSE) AS converted,
    converted_at,
    _loaded_at
FROM raw.crm_contacts
QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
