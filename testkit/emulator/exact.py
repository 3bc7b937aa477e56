"""Sums and quotients without floats."""

import fakesnow.transforms
from sqlglot import exp

# Where a quotient's macro lives: each session reaches it, whatever its schema.
SHOP_RATIO = "_fs_global.main.shop_ratio"

# What shopstream's function of that name says, in integers: n and d are units of 0.0001, whose quotient is that of the
# numbers. Its whole part and its digits are made apart, so that no step has more digits than HUGEINT has; one that has
# is an error, as it is in Snowflake.
DEFINITION = f"""
CREATE OR REPLACE MACRO {SHOP_RATIO}_units(n, d, p) AS
    CAST(CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END AS HUGEINT)
    * ((abs(n) // abs(d)) * p + ((abs(n) % abs(d)) * p * 2 + abs(d)) // (abs(d) * 2));
CREATE OR REPLACE MACRO {SHOP_RATIO}(numerator, denominator, digits) AS
    CASE WHEN denominator <> 0 THEN
        CAST({SHOP_RATIO}_units(
            CAST(CAST(numerator AS DECIMAL(38, 4)) * 10000 AS HUGEINT),
            CAST(CAST(denominator AS DECIMAL(38, 4)) * 10000 AS HUGEINT),
            CAST(CASE digits WHEN 0 THEN 1 WHEN 1 THEN 10 WHEN 2 THEN 100 WHEN 3 THEN 1000 WHEN 4 THEN 10000
                WHEN 5 THEN 100000 WHEN 6 THEN 1000000 END AS HUGEINT)
        ) * CAST(CASE digits WHEN 0 THEN 1000000 WHEN 1 THEN 100000 WHEN 2 THEN 10000 WHEN 3 THEN 1000 WHEN 4 THEN 100
                WHEN 5 THEN 10 WHEN 6 THEN 1 END AS HUGEINT) AS DECIMAL(38, 0))
        * CAST(0.000001 AS DECIMAL(6, 6))
    END;
"""


def install_sums():
    """fakesnow casts what SUM, AVG and their like are about to DOUBLE, for texts can be summed in Snowflake. DuckDB's
    sums of decimals and integers are exact: nothing is cast, and texts are not summed."""
    fakesnow.transforms.numeric_agg_implicit_cast = lambda expression: expression


def quotients(node):
    """Calls of shop_ratio, with or without a schema, as calls of the macro."""
    call = node.expression if isinstance(node, exp.Dot) else node
    if isinstance(call, exp.Anonymous) and str(call.this).upper() == "SHOP_RATIO":
        return exp.Anonymous(this=SHOP_RATIO, expressions=call.expressions)
    return node
