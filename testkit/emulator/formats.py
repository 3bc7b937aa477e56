"""Files as rows: columns c1, c2, …, and the line that each row is on."""

import gzip
import io
import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet

import errors


@dataclass
class Rows:
    """A file's rows. A row that cannot be read has a fault, and NULLs."""

    table: pa.Table
    # The columns' names in the file, where it has some.
    names: list[str] | None
    kind: str
    faults: dict[int, str] = field(default_factory=dict)


CSV = {
    "TYPE",
    "COMPRESSION",
    "FIELD_DELIMITER",
    "RECORD_DELIMITER",
    "SKIP_HEADER",
    "PARSE_HEADER",
    "NULL_IF",
    "TRIM_SPACE",
    "FIELD_OPTIONALLY_ENCLOSED_BY",
    "EMPTY_FIELD_AS_NULL",
    "ESCAPE",
    "ESCAPE_UNENCLOSED_FIELD",
    "ENCODING",
    "COMMENT",
    "ERROR_ON_COLUMN_COUNT_MISMATCH",
    "SKIP_BLANK_LINES",
}


def read(content, options, url):
    kind = options.get("TYPE", "CSV").upper()
    content = inflated(content, options.get("COMPRESSION", "AUTO").upper(), url) if kind != "PARQUET" else content
    match kind:
        case "PARQUET":
            return parquet(content, url)
        case "CSV":
            return csv(content, options)
        case "JSON":
            return json_lines(content)
        case _:
            raise errors.unsupported(f"files of type {kind}")


def inflated(content, compression, url):
    if compression in ("AUTO", "AUTO_DETECT"):
        ends = {".gz": "GZIP", ".zst": "ZSTD", ".bz2": "BZ2", ".br": "BROTLI"}
        compression = next((kind for end, kind in ends.items() if url.endswith(end)), "NONE")
    match compression:
        case "NONE":
            return content
        case "GZIP":
            return gzip.decompress(content)
        case "ZSTD" | "BZ2" | "BROTLI":
            return pa.CompressedInputStream(pa.py_buffer(content), compression.lower()).read()
        case _:
            raise errors.unsupported(f"COMPRESSION = {compression}")


def parquet(content, url):
    try:
        table = pa.parquet.read_table(io.BytesIO(content), use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise errors.Refused("100193", "22000", f"Error parsing the parquet file {url}") from error
    # A JSON text is a text in Snowflake, whatever its file says.
    columns = [c.combine_chunks() for c in table.columns]
    columns = [c.storage if isinstance(c, pa.ExtensionArray) else c for c in columns]
    return numbered(columns, table.num_rows, table.column_names, "PARQUET")


def numbered(columns, rows, names, kind, lines=None, faults=None):
    named = {f"c{i}": column for i, column in enumerate(columns, 1)}
    lines = pa.array(lines or range(1, rows + 1), pa.int64())
    return Rows(pa.table({**named, "line": lines}), names, kind, faults or {})


def json_lines(content):
    lines = [(i, line) for i, line in enumerate(content.decode().splitlines(), 1) if line.strip()]
    # The text is parsed where it is used, and there a line that is no JSON is found.
    return numbered(
        [pa.array([line for _, line in lines], pa.string())], len(lines), None, "JSON", [i for i, _ in lines]
    )


def csv(content, options):
    for name in options.keys() - CSV:
        raise errors.unsupported(f"the option {name} of CSV files")
    if (
        options.get("ESCAPE", "NONE").upper() != "NONE"
        or options.get("ESCAPE_UNENCLOSED_FIELD", "NONE").upper() != "NONE"
    ):
        raise errors.unsupported("ESCAPE in CSV files")
    quote = options.get("FIELD_OPTIONALLY_ENCLOSED_BY", "NONE")
    quote = None if quote.upper() == "NONE" else quote
    records = list(split(content.decode(), options.get("FIELD_DELIMITER", ","), quote))
    names = None
    if options.get("PARSE_HEADER", "FALSE") == "TRUE":
        names = [value for value, _ in records.pop(0)[1]] if records else []
    records = records[int(options.get("SKIP_HEADER", "0")) :]
    width = len(names) if names is not None else max((len(fields) for _, fields in records), default=0)
    nulls = options.get("NULL_IF", ["\\N"])
    nulls = set([nulls] if isinstance(nulls, str) else nulls)
    empty = options.get("EMPTY_FIELD_AS_NULL", "TRUE") == "TRUE"
    trim = options.get("TRIM_SPACE", "FALSE") == "TRUE"

    def value(text, enclosed):
        text = text.strip(" ") if trim and not enclosed else text
        return None if text in nulls or (empty and text == "" and not enclosed) else text

    rows, lines, faults = [], [], {}
    for line, fields in records:
        if fields is None or (names is not None and len(fields) != width):
            faults[line] = "a field that is not closed" if fields is None else f"{len(fields)} fields and not {width}"
            fields = []
        values = [value(*f) for f in fields]
        rows.append(values + [None] * (width - len(values)))
        lines.append(line)
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(width)]
    return numbered(columns, len(rows), names, "CSV", lines, faults)


def split(text, delimiter, quote):
    """The records of a text: the line that each begins on, and its fields with whether they were enclosed; no fields
    when one is never closed."""
    plain = re.compile(rf"[^\r\n{re.escape(delimiter)}]*")
    at, line, end = 0, 1, len(text)
    while at < end:
        begins, fields = line, []
        while True:
            if quote and text.startswith(quote, at):
                closed, pieces = at + 1, []
                while True:
                    found = text.find(quote, closed)
                    if found < 0:
                        yield begins, None
                        return
                    pieces.append(text[closed:found])
                    closed = found + 1
                    if not text.startswith(quote, closed):
                        break
                    closed += 1
                field = quote.join(pieces)
                line += field.count("\n")
                fields.append((field, True))
                at = closed
            else:
                match = plain.match(text, at)
                fields.append((match[0], False))
                at = match.end()
            if text.startswith(delimiter, at):
                at += len(delimiter)
                continue
            break
        if at < end and text[at] not in "\r\n":
            # Something stands behind the closing quote.
            at = next((i for i in range(at, end) if text[i] == "\n"), end)
            fields = None
        at += 2 if text.startswith("\r\n", at) else 1
        line += 1
        yield begins, fields
