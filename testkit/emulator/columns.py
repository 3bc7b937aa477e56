"""Which of a file's values go into a table's columns, as DuckDB's expressions over the file's own."""

import re

from sqlglot import exp

import dialect
import errors
import s3
import texts


def selected(session, rows, select, url):
    """The columns of a transformation, of the file's columns."""
    query = dialect.parse(f"SELECT {select.strip()[len('SELECT') :]}")
    if query.args.get("where") or query.args.get("joins") or query.args.get("group"):
        raise errors.unsupported("a transformation that does more than select columns")
    alias = query.find(exp.Table).alias

    def of_file(node):
        match node:
            case exp.JSONExtract() if is_whole(node.this, rows, alias) and rows.kind == "PARQUET":
                return of_parquet(node, rows)
            case exp.Column() if node.name.upper().startswith("METADATA$"):
                return metadata(node.name.upper(), url)
            case exp.Parameter() | exp.Column() if number := number_of(node, alias):
                return of_number(number, rows)
            case _:
                return node

    mapped = query.transform(of_file)
    return [dialect.translated(column.unalias(), session) for column in mapped.expressions]


def number_of(node, alias):
    """The number of `$1`, also of `t.$1`."""
    text = node.sql(dialect="snowflake")
    found = re.fullmatch(rf"(?:{re.escape(alias)}\.)?\$(\d+)", text, re.I)
    return int(found[1]) if found else None


def is_whole(node, rows, alias):
    return number_of(node, alias) == 1


def of_number(number, rows):
    if rows.kind == "PARQUET":
        raise errors.unsupported("a whole row of a Parquet file as one value")
    column = exp.column(f"c{number}", quoted=True)
    if rows.kind == "JSON":
        return exp.ParseJSON(this=column)
    return column if f"c{number}" in rows.table.column_names else exp.Null()


def of_parquet(node, rows):
    keys = [part.this for part in node.expression.find_all(exp.JSONPathKey)]
    if len(keys) != 1:
        raise errors.unsupported("a path into a value of a Parquet file")
    return exp.column(f"c{rows.names.index(keys[0]) + 1}", quoted=True) if keys[0] in rows.names else exp.Null()


def metadata(name, url):
    match name:
        case "METADATA$FILENAME":
            return exp.Literal.string(s3.split(url)[1])
        case "METADATA$FILE_ROW_NUMBER":
            return exp.column("line", quoted=True)
        case _:
            raise errors.unsupported(name)


def matched(wanted, rows, options, url):
    """The file's columns for those of the table: by their names, or else by their places."""
    by_name = options.get("MATCH_BY_COLUMN_NAME", "NONE").upper()
    included = {texts.parts(column)[0]: field for column, field in (options.get("INCLUDE_METADATA") or {}).items()}
    if by_name == "NONE":
        if rows.kind != "CSV":
            raise errors.Refused(
                "002019",
                "0A000",
                "SQL compilation error:\nfiles of this type need MATCH_BY_COLUMN_NAME or a transformation.",
            )
        there = rows.table.num_columns - 1
        if there and there != len(wanted):
            raise errors.Refused(
                "100080",
                "22000",
                f"Number of columns in file ({there}) does not match that of the corresponding table ({len(wanted)})",
            )
        return [f'"c{i}"' for i in range(1, len(wanted) + 1)]
    if rows.names is None and rows.kind != "JSON":
        raise errors.syntax("MATCH_BY_COLUMN_NAME wants PARSE_HEADER = TRUE")
    fold = str.upper if by_name == "CASE_INSENSITIVE" else str
    found = []
    for name, *_ in wanted:
        if name in included:
            found.append(metadata(included[name].upper(), url).sql(dialect="duckdb"))
        elif rows.kind == "JSON":
            raise errors.unsupported("MATCH_BY_COLUMN_NAME of JSON files")
        else:
            i = next((i for i, of in enumerate(rows.names, 1) if fold(of) == fold(name)), None)
            found.append(f'"c{i}"' if i else "NULL")
    return found
