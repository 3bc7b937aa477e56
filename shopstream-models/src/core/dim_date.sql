-- The calendar, a row a day, from the start date to the end of the year as of which things are told.
WITH digits AS (
    SELECT d
    FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS digit (d)
),
span AS (
    SELECT
        DATEDIFF(
            'day',
            CAST(:start_date AS DATE),
            DATE_FROM_PARTS(EXTRACT(YEAR FROM CAST(:as_of AS DATE)), 12, 31)
        ) AS days
),
-- Numbers from 0 to 10,000,000, which is more days than the calendar has; only those that are asked for are made.
thousands AS (
    SELECT (a.d + 10 * b.d + 100 * c.d + 1000 * e.d) * 1000 AS n
    FROM digits AS a
    CROSS JOIN digits AS b
    CROSS JOIN digits AS c
    CROSS JOIN digits AS e
),
starts AS (
    SELECT thousands.n, span.days
    FROM thousands
    CROSS JOIN span
    WHERE thousands.n <= span.days
),
days AS (
    SELECT CAST(DATEADD('day', starts.n + a.d + 10 * b.d + 100 * c.d, CAST(:start_date AS DATE)) AS DATE) AS date_key
    FROM starts
    CROSS JOIN digits AS a
    CROSS JOIN digits AS b
    CROSS JOIN digits AS c
    WHERE starts.n + a.d + 10 * b.d + 100 * c.d <= starts.days
),
weekdays AS (
    -- 5 January 1970 was a Monday.
    SELECT date_key, (DATEDIFF('day', CAST('1970-01-05' AS DATE), date_key) % 7 + 7) % 7 + 1 AS day_of_week
    FROM days
),
weeks AS (
    -- A week is of the year that its Thursday is of.
    SELECT
        date_key,
        day_of_week,
        CAST(DATEADD('day', 4 - day_of_week, date_key) AS DATE) AS thursday,
        EXTRACT(MONTH FROM date_key) AS month_number,
        EXTRACT(DAY FROM date_key) AS day_number
    FROM weekdays
)
SELECT
    date_key,
    CAST(EXTRACT(YEAR FROM date_key) AS BIGINT) AS year,
    CAST(EXTRACT(QUARTER FROM date_key) AS BIGINT) AS quarter,
    CAST(month_number AS BIGINT) AS month,
    CAST(
        CASE month_number
            WHEN 1 THEN 'January'
            WHEN 2 THEN 'February'
            WHEN 3 THEN 'March'
            WHEN 4 THEN 'April'
            WHEN 5 THEN 'May'
            WHEN 6 THEN 'June'
            WHEN 7 THEN 'July'
            WHEN 8 THEN 'August'
            WHEN 9 THEN 'September'
            WHEN 10 THEN 'October'
            WHEN 11 THEN 'November'
            ELSE 'December'
        END AS VARCHAR
    ) AS month_name,
    CAST(day_number AS BIGINT) AS day,
    CAST(day_of_week AS BIGINT) AS day_of_week,
    CAST(
        CASE day_of_week
            WHEN 1 THEN 'Monday'
            WHEN 2 THEN 'Tuesday'
            WHEN 3 THEN 'Wednesday'
            WHEN 4 THEN 'Thursday'
            WHEN 5 THEN 'Friday'
            WHEN 6 THEN 'Saturday'
            ELSE 'Sunday'
        END AS VARCHAR
    ) AS day_name,
    CAST(EXTRACT(YEAR FROM thursday) AS BIGINT) AS iso_year,
    CAST(
        (EXTRACT(DOY FROM thursday) - 1 - (EXTRACT(DOY FROM thursday) - 1) % 7) / 7 + 1 AS BIGINT
    ) AS iso_week,
    CAST(EXTRACT(DOY FROM date_key) AS BIGINT) AS day_of_year,
    day_of_week >= 6 AS is_weekend,
    day_number = 1 AS is_month_start,
    EXTRACT(DAY FROM DATEADD('day', 1, date_key)) = 1 AS is_month_end
FROM weeks
