"""Whether a peer wrote all of the rows: nobody wins by dropping some."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cases import TABLES
from server import query


def expected(url: str, table: str) -> dict:
    """Rows, the sum, and how many values each column has, as the server counts them."""
    columns = query(
        url,
        "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns "
        f"WHERE table_schema = 'public' AND table_name = '{table}'",
    ).split(",")
    values = ", ".join(f"'{column}', count({column})" for column in columns)
    row = query(
        url,
        f"SELECT json_build_object('rows', count(*), 'sum', sum({TABLES[table]})::text, "
        f"'values', json_build_object({values})) FROM public.{table}",
    )
    return json.loads(row)


def differs(folder: Path, tables: dict[str, dict]) -> str | None:
    """What is wrong with the files of a folder, if anything."""
    for table, want in tables.items():
        files = files_of(folder, table)
        parts = [pq.ParquetFile(file) for file in files]
        rows = sum(part.metadata.num_rows for part in parts)
        if rows != want["rows"]:
            return f"{table}: {rows} rows of {want['rows']} in {len(files)} files"
        for column, values in want["values"].items():
            found = [part.read([column]).column(column) for part in parts]
            count = sum(len(data) - data.null_count for data in found)
            if count != values:
                return f"{table}.{column}: {count} values of {values}"
            if column == TABLES[table]:
                total = sum(total_of(data) for data in found)
                # A float's sum carries the error of its additions.
                exact = not any(pa.types.is_floating(data.type) for data in found)
                slack = Decimal(0) if exact else abs(Decimal(want["sum"])) / 10**9
                if abs(total - Decimal(want["sum"])) > slack:
                    return f"{table}.{column}: the sum is {total} and not {want['sum']}"
    return None


def total_of(data: pa.ChunkedArray) -> Decimal:
    if not (pa.types.is_integer(data.type) or pa.types.is_decimal(data.type) or pa.types.is_floating(data.type)):
        # Text, or ADBC's extension type over it.
        data = data.cast(pa.string()).cast(pa.decimal128(38, 6))
    return Decimal(str(pc.sum(data).as_py() or 0))


def files_of(folder: Path, table: str) -> list[Path]:
    """A table's files: in a folder of its name, or with a name that begins with it."""
    inside = [path for path in folder.rglob("*.parquet") if path.is_file()]
    return sorted(
        p for p in inside if table in p.relative_to(folder).parts[:-1] or p.name.startswith((f"{table}.", f"{table}_"))
    )


def money(folder: Path) -> str:
    """What became of `numeric(10,2)`: decimal, float or text."""
    files = files_of(folder, "order_items")
    if not files:
        return ""
    kind = pq.read_schema(files[0]).field("line_total").type
    if pa.types.is_decimal(kind):
        return ""
    return "money as float" if pa.types.is_floating(kind) else "money as text"
