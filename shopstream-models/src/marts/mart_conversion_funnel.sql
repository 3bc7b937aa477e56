-- How far visitors come, by day and device.
WITH visits AS (
    SELECT
        CAST(event_ts AS DATE) AS event_date,
        COALESCE(device, 'unknown') AS visit_device,
        event_type,
        visitor_id
    FROM staging.stg_events
    WHERE event_ts IS NOT NULL
),
counted AS (
    SELECT
        event_date,
        visit_device,
        COUNT(DISTINCT visitor_id) AS visitors,
        COUNT(DISTINCT CASE WHEN event_type = 'page_view' THEN visitor_id END) AS viewed,
        COUNT(DISTINCT CASE WHEN event_type = 'add_to_cart' THEN visitor_id END) AS added_to_cart,
        COUNT(DISTINCT CASE WHEN event_type = 'checkout_start' THEN visitor_id END) AS started_checkout,
        COUNT(DISTINCT CASE WHEN event_type = 'purchase' THEN visitor_id END) AS purchased
    FROM visits
    GROUP BY event_date, visit_device
)
SELECT
    event_date,
    CAST(visit_device AS VARCHAR) AS device,
    CAST(visitors AS BIGINT) AS visitors,
    CAST(viewed AS BIGINT) AS viewed,
    CAST(added_to_cart AS BIGINT) AS added_to_cart,
    CAST(started_checkout AS BIGINT) AS started_checkout,
    CAST(purchased AS BIGINT) AS purchased,
    CAST(shop_ratio(counted.added_to_cart, counted.visitors, 6) AS DECIMAL(18, 6)) AS cart_rate,
    CAST(shop_ratio(counted.started_checkout, counted.visitors, 6) AS DECIMAL(18, 6)) AS checkout_rate,
    CAST(shop_ratio(counted.purchased, counted.visitors, 6) AS DECIMAL(18, 6)) AS purchase_rate
FROM counted
