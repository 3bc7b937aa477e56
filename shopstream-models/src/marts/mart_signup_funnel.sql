-- From visit to account to first order: the days on which there was one of the three.
WITH first_days AS (
    SELECT MIN(date_key) AS first_day
    FROM core.fact_orders
    WHERE is_completed
    GROUP BY customer_key
),
activity AS (
    SELECT
        CAST(event_ts AS DATE) AS activity_day,
        COUNT(DISTINCT visitor_id) AS visits,
        CAST(0 AS BIGINT) AS accounts,
        CAST(0 AS BIGINT) AS buyers
    FROM staging.stg_events
    WHERE event_ts IS NOT NULL
    GROUP BY CAST(event_ts AS DATE)
    UNION ALL
    SELECT CAST(registered_at AS DATE), CAST(0 AS BIGINT), COUNT(*), CAST(0 AS BIGINT)
    FROM staging.stg_users
    WHERE registered_at IS NOT NULL
    GROUP BY CAST(registered_at AS DATE)
    UNION ALL
    SELECT first_day, CAST(0 AS BIGINT), CAST(0 AS BIGINT), COUNT(*)
    FROM first_days
    GROUP BY first_day
),
days AS (
    SELECT activity_day, SUM(visits) AS visits, SUM(accounts) AS accounts, SUM(buyers) AS buyers
    FROM activity
    GROUP BY activity_day
)
SELECT
    activity_day AS activity_date,
    CAST(visits AS BIGINT) AS visitors,
    CAST(accounts AS BIGINT) AS signups,
    CAST(buyers AS BIGINT) AS first_orders,
    CAST(shop_ratio(accounts, visits, 6) AS DECIMAL(18, 6)) AS signup_rate,
    CAST(shop_ratio(buyers, accounts, 6) AS DECIMAL(18, 6)) AS order_rate
FROM days
WHERE visits + accounts + buyers > 0
