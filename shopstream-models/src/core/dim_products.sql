-- The products, and how they sold.
WITH sales AS (
    SELECT
        items.product_id,
        SUM(items.quantity) AS total_quantity_sold,
        SUM(items.line_total) AS total_revenue,
        COUNT(DISTINCT items.order_id) AS total_orders
    FROM staging.stg_order_items AS items
    INNER JOIN staging.stg_orders AS orders ON orders.order_id = items.order_id
    WHERE orders.order_status IN ('PAID', 'SHIPPED', 'DELIVERED')
        AND CAST(orders.order_date AS DATE) >= CAST(:start_date AS DATE)
    GROUP BY items.product_id
)
SELECT
    products.product_id AS product_key,
    products.product_name,
    products.product_description,
    products.category AS product_category,
    products.merchant_id,
    products.price AS current_price,
    products.stock_quantity AS current_stock,
    CAST(COALESCE(sales.total_quantity_sold, 0) AS BIGINT) AS total_quantity_sold,
    CAST(COALESCE(sales.total_revenue, 0) AS DECIMAL(38, 2)) AS total_revenue,
    CAST(COALESCE(sales.total_orders, 0) AS BIGINT) AS total_orders,
    CAST(CASE WHEN sales.product_id IS NULL THEN 'No Sales' ELSE 'Active' END AS VARCHAR) AS product_status,
    products.created_at AS product_created_at,
    products.updated_at AS product_updated_at,
    CAST(:built_at AS TIMESTAMP(6)) AS _built_at
FROM staging.stg_products AS products
LEFT JOIN sales ON sales.product_id = products.product_id
