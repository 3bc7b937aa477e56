-- The customers, an account each, and what they bought.
WITH sales AS (
    SELECT
        customer_id,
        MIN(order_date) AS first_order_date,
        MAX(order_date) AS last_order_date,
        COUNT(*) AS total_orders,
        SUM(order_amount) AS lifetime_value
    FROM staging.stg_orders
    WHERE order_status IN ('PAID', 'SHIPPED', 'DELIVERED')
        AND CAST(order_date AS DATE) >= CAST(:start_date AS DATE)
    GROUP BY customer_id
)
SELECT
    users.customer_id AS customer_key,
    users.email,
    users.first_name,
    users.last_name,
    CAST(
        CASE
            WHEN users.first_name IS NULL THEN users.last_name
            WHEN users.last_name IS NULL THEN users.first_name
            ELSE users.first_name || ' ' || users.last_name
        END AS VARCHAR
    ) AS full_name,
    users.country_code,
    CAST(CASE WHEN users.plan_type IN (:premium_plans) THEN 'Premium' ELSE 'Freemium' END AS VARCHAR)
        AS customer_segment,
    users.plan_type,
    users.is_active,
    users.registered_at AS registration_date,
    users.last_login_at AS last_login,
    sales.first_order_date,
    sales.last_order_date,
    CAST(COALESCE(sales.total_orders, 0) AS BIGINT) AS total_orders,
    CAST(COALESCE(sales.lifetime_value, 0) AS DECIMAL(38, 2)) AS lifetime_value,
    CAST(
        CASE
            WHEN sales.last_order_date IS NULL THEN 'No Purchase'
            WHEN DATEDIFF('day', CAST(sales.last_order_date AS DATE), CAST(:as_of AS DATE)) <= :active_days
                THEN 'Active'
            WHEN DATEDIFF('day', CAST(sales.last_order_date AS DATE), CAST(:as_of AS DATE)) <= :at_risk_days
                THEN 'At Risk'
            ELSE 'Churned'
        END AS VARCHAR
    ) AS customer_status,
    CAST(:built_at AS TIMESTAMP(6)) AS _built_at
FROM staging.stg_users AS users
LEFT JOIN sales ON sales.customer_id = users.customer_id
