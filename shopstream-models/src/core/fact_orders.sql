-- What was ordered: a row an order line whose order is on or after the start date.
SELECT
    items.order_item_id AS order_item_key,
    items.order_id AS order_key,
    orders.customer_id AS customer_key,
    items.product_id AS product_key,
    products.merchant_id,
    CAST(orders.order_date AS DATE) AS date_key,
    orders.order_status,
    orders.country_code,
    orders.payment_method,
    orders.order_date AS order_timestamp,
    items.quantity AS quantity_sold,
    items.unit_price,
    items.line_total AS line_revenue,
    orders.order_amount AS order_total,
    CAST(items.line_total * CAST(:margin_rate AS DECIMAL(5, 2)) AS DECIMAL(38, 4)) AS estimated_margin,
    COALESCE(orders.order_status IN ('PAID', 'SHIPPED', 'DELIVERED'), FALSE) AS is_completed,
    COALESCE(orders.order_status = 'CANCELLED', FALSE) AS is_cancelled
FROM staging.stg_order_items AS items
INNER JOIN staging.stg_orders AS orders ON orders.order_id = items.order_id
LEFT JOIN staging.stg_products AS products ON products.product_id = items.product_id
WHERE CAST(orders.order_date AS DATE) >= CAST(:start_date AS DATE)
