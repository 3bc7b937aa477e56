"""DuckDB beneath: one for the process, in memory."""

import threading
import warnings

from fakesnow.instance import FakeSnow

import exact

# Rows that DuckDB hands over as Arrow are copied once more than need be.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
exact.install_sums()
fakesnow = FakeSnow()
# One statement at a time: two that would wait for each other in Snowflake are an error in DuckDB.
lock = threading.RLock()
