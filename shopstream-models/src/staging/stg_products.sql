-- raw.products, cleaned. Of an id that stands twice, the row loaded last.
SELECT
    CAST(id AS BIGINT) AS product_id,
    CAST(merchant_id AS BIGINT) AS merchant_id,
    name AS product_name,
    description AS product_description,
    category,
    price,
    CAST(stock_quantity AS BIGINT) AS stock_quantity,
    created_at,
    updated_at,
    _loaded_at
FROM raw.products
QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
