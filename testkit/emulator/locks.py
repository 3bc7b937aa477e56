"""Tables that a transaction has changed: in Snowflake others wait for its end before they change them."""

import time

import engine
import errors

# How long one waits, in seconds.
PATIENCE = 20

# Who changed a table, by its path.
held: dict[tuple[str, ...], object] = {}


def take(session, path):
    """Waits until no other transaction has changed the table, and keeps others waiting until the end of one's own.
    DuckDB takes its picture of a database at the first statement on it: it is after the other's end."""
    until = time.monotonic() + PATIENCE
    while held.get(tuple(path), session) is not session:
        engine.lock.wait(0.05)
        session.go_on()
        if time.monotonic() > until:
            raise errors.Refused("000625", "57014", "a statement waited too long for the lock of another transaction")
    if session.in_transaction:
        held[tuple(path)] = session


def release(session):
    for path in [path for path, of in held.items() if of is session]:
        del held[path]
    engine.lock.notify_all()
