-- raw.order_items, cleaned. Of an id that stands twice, the row loaded last; then only those with a positive quantity.
SELECT
    CAST(id AS BIGINT) AS order_item_id,
    CAST(order_id AS BIGINT) AS order_id,
    CAST(product_id AS BIGINT) AS product_id,
    CAST(quantity AS BIGINT) AS quantity,
    unit_price,
    line_total,
    _loaded_at
FROM (
    SELECT *
    FROM raw.order_items
    QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
) AS latest
WHERE latest.quantity > 0
