-- raw.events, cleaned, with the known keys of the metadata. Of an id that stands twice, the row loaded last.
SELECT
    id AS event_id,
    CAST(user_id AS BIGINT) AS customer_id,
    CAST(
        COALESCE(JSON_EXTRACT_PATH_TEXT(metadata, 'visitor_id'), 'user-' || CAST(user_id AS VARCHAR)) AS VARCHAR
    ) AS visitor_id,
    CAST(LOWER(event_type) AS VARCHAR) AS event_type,
    event_ts,
    CAST(JSON_EXTRACT_PATH_TEXT(metadata, 'page_url') AS VARCHAR) AS page_url,
    CAST(JSON_EXTRACT_PATH_TEXT(metadata, 'device') AS VARCHAR) AS device,
    CAST(AS_INTEGER(GET_PATH(metadata, 'product_id')) AS BIGINT) AS product_id,
    CAST(AS_INTEGER(GET_PATH(metadata, 'quantity')) AS BIGINT) AS quantity,
    metadata,
    _loaded_at
FROM raw.events
QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY _loaded_at DESC, _source_file DESC) = 1
