"""What is extracted."""

from dataclasses import dataclass

# In the order of their foreign keys, each with a column whose sum must come out the same.
TABLES = {
    "users": "id",
    "products": "price",
    "orders": "total_amount",
    "order_items": "line_total",
    "events": "id",
    "crm_contacts": "id",
}


@dataclass(frozen=True)
class Case:
    """Tables, and how many connections may read them side by side."""

    name: str
    tables: tuple[str, ...]
    connections: int


CASES = (
    Case("order_items, one connection", ("order_items",), 1),
    Case("order_items, two", ("order_items",), 2),
    Case("events, two", ("events",), 2),
    Case("all six tables, one snapshot, two", tuple(TABLES), 2),
)
