"""What came out, as one table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from cases import Case
from peers import Peer

HEAD = (
    "case",
    "peer",
    "connections",
    "wall, s",
    "× psql",
    "× DuckDB",
    "CPU, s",
    "CPU × DuckDB",
    "peak, MB",
    "written, MB",
    "bytes × DuckDB",
    "note",
)


@dataclass(frozen=True)
class Took:
    """One run: wall and CPU seconds, bytes at the peak, bytes written."""

    wall: float
    cpu: float
    peak: int
    written: int


@dataclass
class Row:
    """A peer at a case: its rounds, or why there are none."""

    case: Case
    peer: Peer
    connections: int
    rounds: list[Took] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: str | None = None

    def median(self, what: str) -> float:
        return median(getattr(took, what) for took in self.rounds)


def lines(rows: list[Row]) -> Iterable[str]:
    """Markdown. Ratios are of medians."""
    cells = [HEAD, ("---", "---", *["---:"] * 9, "---"), *(cells_of(row, rows) for row in rows)]
    for line in cells:
        yield "| " + " | ".join(line) + " |"


def cells_of(row: Row, rows: list[Row]) -> tuple[str, ...]:
    notes = "; ".join([*filter(None, [row.failed, row.peer.note]), *row.notes])
    if row.failed or not row.rounds:
        return (row.case.name, row.peer.name, str(row.connections), *["—"] * 8, notes)
    return (
        row.case.name,
        row.peer.name,
        str(row.connections),
        f"{row.median('wall'):.2f}",
        ratio(row, rows, "psql", "wall"),
        ratio(row, rows, "duckdb", "wall"),
        f"{row.median('cpu'):.2f}",
        ratio(row, rows, "duckdb", "cpu"),
        f"{row.median('peak') / 1e6:.0f}",
        f"{row.median('written') / 1e6:.1f}" if row.peer.writes else "—",
        ratio(row, rows, "duckdb", "written") if row.peer.writes else "—",
        notes,
    )


def ratio(row: Row, rows: list[Row], base: str, what: str) -> str:
    """To another peer's median of the same case."""
    for other in rows:
        if other.case == row.case and other.peer.name == base and other.rounds and not other.failed:
            return f"{row.median(what) / other.median(what):.2f}"
    return "—"
