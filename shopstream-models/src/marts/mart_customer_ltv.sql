-- What customers are worth, and how likely they are to leave: a row a customer who bought.
-- An order's amount stands on each of its lines, and counts once.
WITH orders AS (
    SELECT
        customer_key,
        order_key,
        MIN(order_total) AS order_total,
        MIN(order_timestamp) AS first_ordered,
        MAX(order_timestamp) AS last_ordered,
        SUM(line_revenue) AS revenue
    FROM core.fact_orders
    WHERE is_completed
    GROUP BY customer_key, order_key
),
bought AS (
    SELECT
        customer_key,
        COUNT(*) AS total_orders,
        SUM(order_total) AS order_totals,
        SUM(revenue) AS lifetime_value,
        MIN(first_ordered) AS first_order_date,
        MAX(last_ordered) AS last_order_date
    FROM orders
    GROUP BY customer_key
),
timed AS (
    SELECT
        customer_key,
        total_orders,
        order_totals,
        lifetime_value,
        first_order_date,
        last_order_date,
        DATEDIFF('day', CAST(last_order_date AS DATE), CAST(:as_of AS DATE)) AS days_since,
        DATEDIFF('day', CAST(first_order_date AS DATE), CAST(last_order_date AS DATE)) AS lifespan
    FROM bought
),
scored AS (
    SELECT
        customer_key,
        total_orders,
        order_totals,
        lifetime_value,
        first_order_date,
        last_order_date,
        days_since,
        lifespan,
        CAST(NTILE(5) OVER (ORDER BY days_since DESC, customer_key) AS BIGINT) AS r,
        CAST(NTILE(5) OVER (ORDER BY total_orders, customer_key) AS BIGINT) AS f,
        CAST(NTILE(5) OVER (ORDER BY lifetime_value, customer_key) AS BIGINT) AS m
    FROM timed
)
SELECT
    scored.customer_key,
    customers.email,
    customers.full_name,
    customers.country_code,
    CAST(COALESCE(customers.customer_segment, 'Unknown') AS VARCHAR) AS customer_segment,
    customers.customer_status,
    scored.last_order_date,
    CAST(scored.days_since AS BIGINT) AS days_since_last_order,
    CAST(scored.total_orders AS BIGINT) AS total_orders,
    CAST(scored.lifespan AS BIGINT) AS customer_lifespan_days,
    CAST(scored.lifetime_value AS DECIMAL(38, 2)) AS lifetime_value,
    CAST(shop_ratio(scored.order_totals, scored.total_orders, 2) AS DECIMAL(38, 2)) AS avg_order_value,
    scored.first_order_date,
    scored.r AS recency_score,
    scored.f AS frequency_score,
    scored.m AS monetary_score,
    scored.r + scored.f + scored.m AS rfm_total_score,
    CAST(
        CASE
            WHEN scored.r >= 4 AND scored.f >= 4 AND scored.m >= 4 THEN 'Champions'
            WHEN scored.r >= 3 AND scored.f >= 3 AND scored.m >= 3 THEN 'Loyal Customers'
            WHEN scored.r >= 4 AND scored.f <= 2 THEN 'New Customers'
            WHEN scored.r >= 3 AND scored.m >= 3 THEN 'Potential Loyalists'
            WHEN scored.r <= 2 AND scored.f >= 3 THEN 'At Risk'
            WHEN scored.r <= 2 AND scored.m >= 4 THEN 'Cannot Lose Them'
            WHEN scored.r <= 2 THEN 'Hibernating'
            ELSE 'Others'
        END AS VARCHAR
    ) AS rfm_segment,
    CAST(
        CASE
            WHEN scored.days_since > :churn_high_days THEN 'High'
            WHEN scored.days_since > :churn_medium_days THEN 'Medium'
            ELSE 'Low'
        END AS VARCHAR
    ) AS churn_risk
FROM scored
LEFT JOIN core.dim_customers AS customers ON customers.customer_key = scored.customer_key
