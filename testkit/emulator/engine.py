"""DuckDB beneath: one for the process, in memory."""

import threading
import warnings

from fakesnow import macros
from fakesnow.instance import FakeSnow

import exact

# Rows that DuckDB hands over as Arrow are copied once more than need be.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
exact.install_sums()
fakesnow = FakeSnow()
# What its SQL needs where a session is in no database yet.
fakesnow.duck_conn.execute(macros.creation_sql("memory"))
# One statement at a time.
lock = threading.Condition(threading.RLock())
