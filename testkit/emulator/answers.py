"""Results as Snowflake sends them: what a query answers as Arrow, everything else as rows of texts."""

import base64
import datetime
import gzip
import re
import uuid
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

import errors

# Rows that are sent in the answer itself, and in each part that is fetched for itself.
PART = 5_000
parts: dict[str, bytes] = {}

# A declared integer is a NUMBER(38,0), which fakesnow makes a BIGINT; the shorter ones are literals.
INTEGERS = {
    "TINYINT": 3,
    "SMALLINT": 5,
    "INTEGER": 10,
    "BIGINT": 38,
    "HUGEINT": 38,
    "UBIGINT": 38,
    "UINTEGER": 38,
    "USMALLINT": 38,
    "UTINYINT": 38,
}
KINDS = {
    "BOOLEAN": "boolean",
    "FLOAT": "real",
    "DOUBLE": "real",
    "VARCHAR": "text",
    "UUID": "text",
    '"NULL"': "text",
    "JSON": "variant",
    "BLOB": "binary",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_S": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_ltz",
}


@dataclass
class Result:
    """What a statement answers: names and types as DuckDB has them, and rows."""

    columns: list[tuple[str, str]]
    table: pa.Table
    is_query: bool = False
    # What it did to rows, by the protocol's names.
    stats: dict = field(default_factory=dict)


def rows(columns, values):
    """A result of texts and numbers: columns are names, those of numbers with `#` at their end."""
    types = [(name.rstrip("#"), "DECIMAL(19,0)" if name.endswith("#") else "VARCHAR") for name in columns]
    arrays = [
        pa.array([row[i] for row in values], pa.string() if kind == "VARCHAR" else pa.int64())
        for i, (_, kind) in enumerate(types)
    ]
    return Result(types, pa.Table.from_arrays(arrays, [name for name, _ in types]))


def status(text="Statement executed successfully."):
    return rows(["status"], [[text]])


def data(result, host):
    """The fields of the protocol. Parts of a long result are kept, to be fetched from this host."""
    types = [row_type(name, kind) for name, kind in result.columns]
    found = {"rowtype": types, "total": result.table.num_rows, "returned": result.table.num_rows}
    if result.stats:
        found["stats"] = result.stats
    if not result.is_query:
        columns = [texts(column, of) for column, of in zip(result.table.columns, types)]
        return {**found, "queryResultFormat": "json", "rowset": [list(row) for row in zip(*columns)]}
    sent = pa.Table.from_arrays(
        [encoded(column, of) for column, of in zip(result.table.columns, types)],
        schema=None,
        names=[str(i) for i in range(len(types))],
    )
    fields = [pa.field(of["name"], sent.schema.field(i).type, True, metadata(of)) for i, of in enumerate(types)]
    sent = pa.Table.from_arrays(sent.columns, schema=pa.schema(fields))
    chunks = []
    for start in range(PART, sent.num_rows, PART):
        part = sent.slice(start, PART)
        body, key = stream(part), uuid.uuid4().hex
        parts[key] = gzip.compress(body, 1)
        sizes = {"uncompressedSize": len(body), "compressedSize": len(parts[key])}
        chunks.append({"url": f"{host}/part/{key}", "rowCount": part.num_rows, **sizes})
    first = base64.b64encode(stream(sent.slice(0, PART))).decode() if sent.num_rows else ""
    return {**found, "queryResultFormat": "arrow", "rowsetBase64": first, "chunks": chunks}


def row_type(name, kind):
    of = {
        "name": name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": True,
        "collation": None,
        "precision": None,
        "scale": None,
        "length": None,
        "byteLength": None,
    }
    if decimal := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind):
        return {**of, "type": "fixed", "precision": int(decimal[1]), "scale": int(decimal[2])}
    if kind in INTEGERS:
        return {**of, "type": "fixed", "precision": INTEGERS[kind], "scale": 0}
    kind = KINDS.get(kind) or ("variant" if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")) else None)
    if kind is None:
        raise errors.unsupported(f"a result with a column of DuckDB's type {kind}")
    if kind in ("text", "variant"):
        of |= {"length": 16_777_216, "byteLength": 16_777_216}
    if kind.startswith("time"):
        of |= {"precision": 0, "scale": 9 if kind == "time" else 6}
    return {**of, "type": kind}


def metadata(of):
    return {
        "logicalType": of["type"].upper(),
        "precision": str(of["precision"] or 38),
        "scale": str(of["scale"] or 0),
        "charLength": str(of["length"] or 0),
        "byteLength": str(of["byteLength"] or 0),
    }


def encoded(column, of):
    """A column as Snowflake sends it: numbers as whole units in the smallest integers that hold them, moments and times
    of day as whole units of their scale."""
    column = column.combine_chunks()
    match of["type"]:
        case "fixed":
            return narrowed(column.cast(pa.decimal128(38, of["scale"])), of["scale"])
        case "timestamp_ntz" | "timestamp_ltz":
            return column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        case "time":
            return pc.multiply(column.cast(pa.time64("us")).cast(pa.int64()), 1000)
        case "text":
            return column.cast(pa.string())
        case "variant" if not pa.types.is_string(column.type):
            raise errors.unsupported("a result with nested values that are not VARIANT")
        case "real":
            return column.cast(pa.float64())
        case _:
            return column


def narrowed(decimals, scale):
    """Decimals as the smallest integers that hold their units; as they are where none does."""
    bounds = pc.min_max(decimals).as_py()
    most = max((abs(int(v.scaleb(scale))) for v in bounds.values() if v is not None), default=0)
    width = next((w for w in (pa.int8(), pa.int16(), pa.int32(), pa.int64()) if most < 1 << (w.bit_width - 1)), None)
    if width is None:
        return decimals
    # Of a decimal's 16 bytes the first 8 are the number, when it fits there.
    count = len(decimals)
    halves = pa.Array.from_buffers(pa.int64(), 2 * count, [None, decimals.buffers()[1]], offset=2 * decimals.offset)
    units = halves.take(pa.array(range(0, 2 * count, 2), pa.int64()))
    return pc.if_else(decimals.is_valid(), units, pa.scalar(None, pa.int64())).cast(width, safe=False)


def texts(column, of):
    column = column.combine_chunks()
    scale = of["scale"]
    match of["type"]:
        case "boolean":
            return [None if v is None else "1" if v else "0" for v in column.to_pylist()]
        case "binary":
            return [None if v is None else v.hex().upper() for v in column.to_pylist()]
        case "date":
            return [None if v is None else str((v - datetime.date(1970, 1, 1)).days) for v in column.to_pylist()]
        case "timestamp_ntz" | "timestamp_ltz" | "time":
            units = [None if v is None else v for v in encoded(column, of).to_pylist()]
            return [
                None if v is None else f"{'-' if v < 0 else ''}{abs(v) // 10**scale}.{abs(v) % 10**scale:0{scale}d}"
                for v in units
            ]
        case _:
            return [
                None if v is None else format(v, "f") if hasattr(v, "scaleb") else str(v) for v in column.to_pylist()
            ]


def stream(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
