-- Orders by day, country and segment: an order is in one row alone.
WITH sales AS (
    SELECT
        facts.date_key AS sale_date,
        COALESCE(facts.country_code, 'Unknown') AS country_code,
        COALESCE(customers.customer_segment, 'Unknown') AS customer_segment,
        facts.order_key,
        facts.customer_key,
        facts.line_revenue,
        facts.order_total,
        MIN(facts.date_key) OVER (PARTITION BY facts.customer_key) AS first_day
    FROM core.fact_orders AS facts
    LEFT JOIN core.dim_customers AS customers ON customers.customer_key = facts.customer_key
    WHERE facts.is_completed
),
-- An order's amount stands on each of its lines, and counts once.
sold AS (
    SELECT
        sale_date,
        country_code,
        customer_segment,
        order_key,
        MIN(customer_key) AS customer_key,
        MIN(first_day) AS first_day,
        MIN(order_total) AS order_total,
        SUM(line_revenue) AS revenue
    FROM sales
    GROUP BY sale_date, country_code, customer_segment, order_key
)
SELECT
    sale_date,
    CAST(country_code AS VARCHAR) AS country_code,
    CAST(customer_segment AS VARCHAR) AS customer_segment,
    CAST(COUNT(*) AS BIGINT) AS orders,
    CAST(COUNT(DISTINCT customer_key) AS BIGINT) AS customers,
    CAST(COUNT(DISTINCT CASE WHEN first_day = sale_date THEN customer_key END) AS BIGINT) AS new_customers,
    CAST(SUM(sold.revenue) AS DECIMAL(38, 2)) AS revenue,
    CAST(shop_ratio(SUM(order_total), COUNT(*), 2) AS DECIMAL(38, 2)) AS avg_order_value
FROM sold
GROUP BY sale_date, sold.country_code, sold.customer_segment
