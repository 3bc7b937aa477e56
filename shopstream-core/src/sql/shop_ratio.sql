CREATE OR REPLACE FUNCTION shop_ratio(numerator NUMBER(38, 4), denominator NUMBER(38, 4), scale NUMBER(38, 0))
RETURNS NUMBER(38, 6)
AS
$$
    -- What is divided has no remainder, so that the quotient is exact; seven of its digits behind the point, cut off
    -- and not rounded, say how it is rounded to six or fewer.
    CASE
        WHEN denominator <> 0 THEN
            CASE WHEN (numerator < 0) = (denominator < 0) THEN 1 ELSE -1 END
            * ROUND(
                CAST(
                    (ABS(numerator) * 10000000 - (ABS(numerator) * 10000000) % ABS(denominator)) / ABS(denominator)
                    AS DECIMAL(38, 0)
                ) * 0.0000001,
                scale
            )
    END
$$
