-- raw.users, cleaned. Of an id that stands twice, the row loaded last.
SELECT
    CAST(id AS BIGINT) AS customer_id,
    CAST(LOWER(TRIM(email, ' ' || CHR(9) || CHR(10) || CHR(13))) AS VARCHAR) AS email,
    first_name,
    last_name,
    CAST(UPPER(country) AS VARCHAR) AS country_code,
    CAST(LOWER(COALESCE(plan_type, 'freemium')) AS VARCHAR) AS plan_type,
    created_at AS registered_at,
    last_login AS last_login_at,
    COALESCE(is_active, TRUE) AS is_active,
    _loaded_at
FROM raw.users
QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
