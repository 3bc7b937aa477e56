"""What readers other than shopstream find in the Parquet files of a lake: the same as its manifests say."""

import json
import re
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

# How each reader, and a manifest, calls what kind of type. What no pattern knows is compared by rows and NULLs alone.
KINDS = [
    ("flag", r"bool.*"),
    ("float", r"float.*|double.*|real"),
    ("integer", r"u?int\d*|bigint|integer|smallint|tinyint"),
    ("decimal", r"decimal.*"),
    ("date", r"date\d*"),
    ("instant", r"timestamp.*|datetime.*"),
    ("text", r"string.*|large_string|utf8.*|varchar|json"),
]
EXTREMES = ("integer", "decimal", "date", "instant")
SUMS = ("integer", "decimal")


def kind(name):
    name = str(name).lower()
    for found, pattern in KINDS:
        if re.fullmatch(pattern, name):
            digits = re.findall(r"\d+", name) if found == "decimal" else []
            # Decimal128(10, 2), decimal128(10, 2), DECIMAL(10,2), decimal(precision=10, scale=2)
            return (found, *map(int, digits[-2:])) if digits else (found,)
    return ("other",)


def plain(value):
    """A value without its reader's own types."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    return value


def with_pyarrow(files):
    table = pyarrow.concat_tables([pyarrow.parquet.read_table(file, partitioning=None) for file in files])
    compute = pyarrow.compute
    for name, column in zip(table.column_names, table.columns):
        if isinstance(column.type, pyarrow.BaseExtensionType):
            # JSON is text to the others.
            column = pyarrow.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
        found = kind(column.type)
        least = most = total = None
        if found[0] in EXTREMES:
            extremes = compute.min_max(column)
            least, most = extremes["min"].as_py(), extremes["max"].as_py()
        if found[0] in SUMS:
            total = compute.sum(column).as_py()
        if found[0] == "text":
            total = compute.sum(compute.binary_length(column.cast("large_string"))).as_py()
        yield name, found, len(column), column.null_count, least, most, total


def with_duckdb(files):
    source = duckdb.connect().read_parquet([str(file) for file in files], hive_partitioning=False)
    for name, column_type in zip(source.columns, source.types):
        found = kind(column_type)
        column = '"' + name.replace('"', '""') + '"'
        wanted = ["count(*)", f"count(*) - count({column})"]
        wanted += [f"min({column})", f"max({column})"] if found[0] in EXTREMES else ["NULL", "NULL"]
        total = {"text": f"sum(strlen({column}))"}.get(found[0], f"sum({column})" if found[0] in SUMS else "NULL")
        yield name, found, *source.aggregate(", ".join([*wanted, total])).fetchone()


def with_polars(files):
    table = polars.concat([polars.read_parquet(file, hive_partitioning=False) for file in files])
    for column in table.iter_columns():
        if isinstance(column.dtype, polars.BaseExtension):
            column = column.ext.storage()
        found = kind(column.dtype)
        least = most = total = None
        if found[0] in EXTREMES:
            least, most = column.min(), column.max()
        if found[0] in SUMS:
            # The sum of no values is nothing, here as elsewhere; and of many small integers it does not overflow.
            values = column.cast(polars.Int64) if found[0] == "integer" else column
            total = values.sum() if column.null_count() < len(column) else None
        if found[0] == "text":
            total = column.str.len_bytes().sum() if column.null_count() < len(column) else None
        yield column.name, found, len(column), column.null_count(), least, most, total


READERS = {"pyarrow": with_pyarrow, "duckdb": with_duckdb, "polars": with_polars}


def expected(manifest):
    """What the manifest says of each column; it knows no sums."""
    parse = {"integer": Decimal, "decimal": Decimal, "date": date.fromisoformat, "instant": datetime.fromisoformat}
    for column, stats in zip(manifest["schema"]["columns"], manifest["columns"]):
        found = kind(column["data_type"])
        value = lambda text: parse[found[0]](text) if text is not None and found[0] in EXTREMES else None
        yield column["name"], found, manifest["rows"], stats["nulls"], value(stats.get("min")), value(stats.get("max"))


def manifests(lake):
    """The manifest that counts of each partition."""
    highest = {}
    for path in sorted(lake.rglob("*.manifest.*.json")):
        stem, number = re.fullmatch(r"(.*)\.manifest\.(\d+)\.json", str(path)).groups()
        if int(number) > highest.get(stem, (0, None))[0]:
            highest[stem] = (int(number), path)
    return [json.loads(path.read_text()) for _, path in highest.values()]


def main(lake):
    checked = 0
    for manifest in manifests(lake):
        if manifest["format"] != "parquet":
            continue
        files = [lake / file["key"] for file in manifest["files"]]
        said = list(expected(manifest))
        sums = None
        for reader, read in READERS.items():
            found = [tuple(map(plain, column)) for column in read(files)]
            for column, (actual, wanted) in enumerate(zip(found, said)):
                if actual[:6] != tuple(map(plain, wanted)):
                    sys.exit(f"{reader}: {manifest['table']} {manifest['date']}: {actual}, and not {wanted}")
            if len(found) != len(said):
                sys.exit(f"{reader}: {manifest['table']} has {len(found)} columns, and not {len(said)}")
            totals = [(column[0], column[6]) for column in found]
            if sums is not None and totals != sums:
                sys.exit(f"{reader}: {manifest['table']} {manifest['date']}: sums {totals}, and not {sums}")
            sums = totals
        checked += 1
        print(f"{manifest['table']} {manifest['date']}: {len(files)} files, {manifest['rows']} rows, read alike")
    if checked == 0:
        sys.exit(f"no Parquet partition in {lake}")
    versions = f"pyarrow {pyarrow.__version__}, duckdb {duckdb.__version__}, polars {polars.__version__}"
    print(f"{checked} partitions, by {versions}")


main(Path(sys.argv[1]))
