-- Sales by day, country, category and segment.
WITH sales AS (
    SELECT
        facts.date_key AS sale_date,
        COALESCE(facts.country_code, 'Unknown') AS country_code,
        COALESCE(products.product_category, 'Unknown') AS product_category,
        COALESCE(customers.customer_segment, 'Unknown') AS customer_segment,
        facts.order_key,
        facts.customer_key,
        facts.quantity_sold,
        facts.line_revenue,
        facts.estimated_margin,
        facts.order_total
    FROM core.fact_orders AS facts
    LEFT JOIN core.dim_products AS products ON products.product_key = facts.product_key
    LEFT JOIN core.dim_customers AS customers ON customers.customer_key = facts.customer_key
    WHERE facts.is_completed
),
-- An order's amount stands on each of its lines, and counts once.
orders AS (
    SELECT
        sale_date,
        country_code,
        product_category,
        customer_segment,
        order_key,
        MIN(customer_key) AS customer_key,
        MIN(order_total) AS order_total,
        SUM(quantity_sold) AS quantity,
        SUM(line_revenue) AS revenue,
        SUM(estimated_margin) AS margin
    FROM sales
    GROUP BY sale_date, country_code, product_category, customer_segment, order_key
)
SELECT
    sale_date,
    CAST(country_code AS VARCHAR) AS country_code,
    CAST(product_category AS VARCHAR) AS product_category,
    CAST(customer_segment AS VARCHAR) AS customer_segment,
    CAST(COUNT(*) AS BIGINT) AS total_orders,
    CAST(COUNT(DISTINCT customer_key) AS BIGINT) AS unique_customers,
    CAST(SUM(quantity) AS BIGINT) AS total_quantity,
    CAST(SUM(revenue) AS DECIMAL(38, 2)) AS total_revenue,
    CAST(SUM(margin) AS DECIMAL(38, 4)) AS total_margin,
    CAST(shop_ratio(SUM(order_total), COUNT(*), 2) AS DECIMAL(38, 2)) AS avg_order_value,
    CAST(shop_ratio(SUM(revenue), COUNT(*), 2) AS DECIMAL(38, 2)) AS revenue_per_order,
    CAST(shop_ratio(SUM(margin), SUM(revenue), 6) AS DECIMAL(18, 6)) AS margin_rate
FROM orders
GROUP BY sale_date, orders.country_code, orders.product_category, orders.customer_segment
