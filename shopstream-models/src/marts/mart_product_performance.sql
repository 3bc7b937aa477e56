-- How products sell: a row a product that was sold, with its place by revenue.
WITH sales AS (
    SELECT
        product_key,
        COUNT(DISTINCT order_key) AS total_orders,
        COUNT(*) AS order_lines,
        SUM(quantity_sold) AS total_quantity_sold,
        SUM(line_revenue) AS total_revenue,
        SUM(unit_price) AS unit_prices,
        SUM(estimated_margin) AS total_margin,
        MIN(order_timestamp) AS first_sale_date,
        MAX(order_timestamp) AS last_sale_date
    FROM core.fact_orders
    WHERE is_completed
    GROUP BY product_key
),
ranked AS (
    SELECT
        product_key,
        total_orders,
        order_lines,
        total_quantity_sold,
        total_revenue,
        unit_prices,
        total_margin,
        first_sale_date,
        last_sale_date,
        ROW_NUMBER() OVER (ORDER BY total_revenue DESC, product_key) AS revenue_rank,
        SUM(total_revenue) OVER (
            ORDER BY total_revenue DESC, product_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS cumulated,
        SUM(total_revenue) OVER () AS all_revenue
    FROM sales
)
SELECT
    ranked.product_key,
    products.product_name,
    products.product_category,
    CAST(ranked.total_orders AS BIGINT) AS total_orders,
    CAST(ranked.total_quantity_sold AS BIGINT) AS total_quantity_sold,
    CAST(ranked.total_revenue AS DECIMAL(38, 2)) AS total_revenue,
    CAST(shop_ratio(ranked.unit_prices, ranked.order_lines, 2) AS DECIMAL(38, 2)) AS avg_unit_price,
    CAST(ranked.total_margin AS DECIMAL(38, 4)) AS total_margin,
    CAST(shop_ratio(ranked.total_margin, ranked.total_revenue, 6) AS DECIMAL(18, 6)) AS margin_rate,
    ranked.first_sale_date,
    ranked.last_sale_date,
    CAST(ranked.revenue_rank AS BIGINT) AS revenue_rank,
    CAST(shop_ratio(ranked.total_revenue, ranked.all_revenue, 6) AS DECIMAL(18, 6)) AS revenue_pct,
    CAST(shop_ratio(ranked.cumulated, ranked.all_revenue, 6) AS DECIMAL(18, 6)) AS cumulative_revenue_pct,
    -- The share of those before it, compared without a division: 80 % is 4 of 5, 95 % is 19 of 20.
    CAST(
        CASE
            WHEN ranked.all_revenue > 0 AND (ranked.cumulated - ranked.total_revenue) * 5 < ranked.all_revenue * 4
                THEN 'A'
            WHEN ranked.all_revenue < 0 AND (ranked.cumulated - ranked.total_revenue) * 5 > ranked.all_revenue * 4
                THEN 'A'
            WHEN ranked.all_revenue > 0 AND (ranked.cumulated - ranked.total_revenue) * 20 < ranked.all_revenue * 19
                THEN 'B'
            WHEN ranked.all_revenue < 0 AND (ranked.cumulated - ranked.total_revenue) * 20 > ranked.all_revenue * 19
                THEN 'B'
            ELSE 'C'
        END AS VARCHAR
    ) AS abc_class,
    CAST(
        CASE
            WHEN ranked.revenue_rank <= 10 THEN 'Top 10'
            WHEN ranked.revenue_rank <= 50 THEN 'Top 50'
            ELSE 'Long Tail'
        END AS VARCHAR
    ) AS performance_tier
FROM ranked
LEFT JOIN core.dim_products AS products ON products.product_key = ranked.product_key
