-- raw.orders, cleaned. Of an id that stands twice, the row loaded last; then only those with a positive amount.
SELECT
    CAST(id AS BIGINT) AS order_id,
    CAST(user_id AS BIGINT) AS customer_id,
    created_at AS order_date,
    total_amount AS order_amount,
    CAST(UPPER(status) AS VARCHAR) AS order_status,
    CAST(UPPER(country) AS VARCHAR) AS country_code,
    CAST(LOWER(payment_method) AS VARCHAR) AS payment_method,
    _loaded_at
FROM (
    SELECT *
    FROM raw.orders
    QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
) AS latest
WHERE total_amount > 0
