"""COPY INTO a table."""

import re
from dataclasses import dataclass

import answers
import catalog
import columns
import dialect
import errors
import formats
import s3
import stages
import texts

RESULT = [
    "file",
    "status",
    "rows_parsed#",
    "rows_loaded#",
    "error_limit#",
    "errors_seen#",
    "first_error",
    "first_error_line#",
    "first_error_character#",
    "first_error_column_name",
]
KNOWN = {"FILES", "PATTERN", "FILE_FORMAT", "ON_ERROR", "FORCE", "MATCH_BY_COLUMN_NAME", "INCLUDE_METADATA"}
CODES = {
    "conversion": ("100038", "22018", "a value cannot be converted"),
    "null": ("100072", "22000", "NULL result in a non-nullable column"),
    "length": ("100078", "22000", "a text is too long and would be truncated"),
    "parsing": ("100016", "22000", "a record cannot be read"),
}


@dataclass
class Target:
    path: list[str]
    # Name, DuckDB's type, whether it may be NULL, and its longest text, of each column that is loaded.
    columns: list[tuple[str, str, bool, int | None]]


@dataclass
class Checked:
    """A file whose rows were converted: those without a fault, and the faults of the others."""

    url: str
    rows: object
    parsed: int
    # Line, kind, and column.
    faults: list[tuple[int, str, str | None]]


def copy(session, sql, _):
    command = re.match(rf"COPY\s+INTO\s+(?P<table>{texts.NAME})\s*", sql, re.I)
    if command is None:
        raise errors.unsupported("COPY INTO a location")
    at, names = command.end(), None
    if sql[at] == "(":
        inner, at = texts.brackets(sql, at)
        names = texts.parts(inner)
    source = re.compile(r"\s*FROM\s*", re.I).match(sql, at)
    if source is None:
        raise errors.syntax("COPY INTO has no FROM")
    at, select = source.end(), None
    if sql[at] == "(":
        select, at = texts.brackets(sql, at)
        place = re.search(rf"\bFROM\s+({texts.STAGE})", select, re.I)
        if place is None:
            raise errors.syntax("what is loaded is not of a stage")
        select = f"{select[: place.start(1)]} {dialect.OWN}FILE {select[place.end(1) :]}"
    else:
        place = re.compile(rf"'?{texts.STAGE}'?").match(sql, at)
        if place is None:
            raise errors.unsupported("COPY INTO from anything but a stage")
        at = place.end()
    options = texts.clauses(sql[at:])
    for name in options.keys() - KNOWN:
        raise errors.unsupported(f"COPY INTO … {name}")
    return load(session, texts.parts(command["table"]), names, place, select, options)


def load(session, table, names, place, select, options):
    path = session.path(table)
    target = target_of(session, path, names)
    base, staged = stages.url(session, place["stage"], place["path"])
    form = stages.format_of(session, options.get("FILE_FORMAT", staged))
    on_error = options.get("ON_ERROR", "ABORT_STATEMENT").upper()
    if on_error not in ("ABORT_STATEMENT", "CONTINUE", "SKIP_FILE"):
        raise errors.unsupported(f"ON_ERROR = {on_error}")
    force = options.get("FORCE", "FALSE").upper() == "TRUE"

    def steps():
        known = loaded(session, path)
        done, files = [], []
        for url in urls(base, options):
            if url in known and not force:
                done.append([url, "LOAD_SKIPPED", 0, 0, None, 1, "File was loaded before.", None, None, None])
                continue
            content = s3.read(url)
            if content is None:
                if on_error == "ABORT_STATEMENT":
                    raise errors.Refused("091016", "22000", f"Remote file '{url}' was not found.")
                continue
            files.append(checked(session, target, formats.read(content, form, url), select, options, url))
        for file in files:
            # Of what is not CSV, only whole files can be left out.
            if file.faults and (
                on_error == "ABORT_STATEMENT" or (on_error == "CONTINUE" and form.get("TYPE", "CSV") != "CSV")
            ):
                raise aborted(file)
        for file in files:
            done.append(insert(session, target, file, on_error))
        remember(session, path, done)
        return done

    done = session.atomic(steps)
    if not done:
        return answers.rows(["status"], [["Copy executed with 0 files processed."]])
    return answers.rows(RESULT, done)


def target_of(session, path, names):
    if catalog.kind_of(session, path) != "TABLE":
        raise errors.missing(f"Table '{path[2]}'")
    there = {c.name: (c.name, c.kind, c.nullable) for c in catalog.columns(session, path)}
    found = []
    for name in names or there:
        if name not in there:
            raise errors.Refused("000904", "42000", f"SQL compilation error:\ninvalid identifier '{name}'")
        length = re.fullmatch(r"VARCHAR\((\d+)\)", catalog.declared.get((*path, name), ""))
        found.append((*there[name], int(length[1]) if length else None))
    left = [name for name, (_, _, nullable) in there.items() if not nullable and name not in {c[0] for c in found}]
    if left:
        raise errors.Refused("100072", "22000", f"NULL result in a non-nullable column: {left[0]}")
    return Target(path, found)


def urls(base, options):
    if "FILES" in options:
        files = options["FILES"] if isinstance(options["FILES"], list) else [options["FILES"]]
        return [f"{base.rstrip('/')}/{file}" for file in files]
    found = s3.listed(base)
    if pattern := options.get("PATTERN"):
        found = [f for f in found if re.fullmatch(pattern, f.key)]
    return [f.url for f in found]


def checked(session, target, rows, select, options, url):
    expressions = (
        columns.selected(session, rows, select, url) if select else columns.matched(target.columns, rows, options, url)
    )
    if len(expressions) != len(target.columns):
        raise errors.Refused(
            "001757",
            "42601",
            f"SQL compilation error:\n{len(expressions)} values for {len(target.columns)} columns",
        )
    file = f"{dialect.OWN}FILE"
    # Apart from the session's transaction, which a value that cannot be converted would end.
    with session.apart() as duck:
        duck.register(file, rows.table)
        casts = [cast(duck, sql, kind, file) for sql, (_, kind, _, _) in zip(expressions, target.columns)]
        # A value that cannot be converted is NULL, one that is NULL is a list of it.
        tried = ", ".join(f"TRY([{value}]) AS t{i}" for i, value in enumerate(casts))
        faults = ", ".join(fault(i, of) for i, of in enumerate(target.columns))
        values = ", ".join(f"t{i}[1] AS v{i}" for i in range(len(casts)))
        duck.execute(f"SELECT {values}, COALESCE({faults}) AS fault, line FROM (SELECT {tried}, line FROM {file})")
        converted = duck.to_arrow_table()
    found = []
    for line, text in zip(converted["line"].to_pylist(), converted["fault"].to_pylist()):
        if line in rows.faults:
            found.append((line, "parsing", None))
        elif text is not None:
            kind, i = text.split(" ")
            found.append((line, kind, f'"{target.path[2]}"["{target.columns[int(i)][0]}":{int(i) + 1}]'))
    return Checked(url, (converted, {line for line, *_ in found}), rows.table.num_rows, found)


def cast(duck, sql, kind, file):
    """A value as its column's type. A text that goes to a VARIANT is a text there, and no JSON to be parsed."""
    if kind == "JSON" and duck.execute(f"DESCRIBE SELECT {sql} FROM {file}").fetchone()[1] != "JSON":
        return f"to_json({sql})"
    return f"CAST({sql} AS {kind})"


def fault(i, column):
    """What is wrong with a value: its kind and the column's number, or NULL."""
    _, _, nullable, length = column
    cases = [f"WHEN t{i} IS NULL THEN 'conversion {i}'"]
    if not nullable:
        cases.append(f"WHEN t{i}[1] IS NULL THEN 'null {i}'")
    if length is not None:
        cases.append(f"WHEN length(t{i}[1]) > {length} THEN 'length {i}'")
    return f"CASE {' '.join(cases)} END"


def aborted(file):
    line, kind, column = file.faults[0]
    code, state, says = CODES[kind]
    return errors.Refused(code, state, f"{says}: File '{file.url}', line {line}, column {column}")


def insert(session, target, file, on_error):
    converted, bad = file.rows
    seen, loaded_rows = len(file.faults), 0
    if not (seen and on_error == "SKIP_FILE"):
        name = f"{dialect.OWN}ROWS"
        session.duck.register(name, converted)
        try:
            columns = ", ".join(texts.ident(column) for column, *_ in target.columns)
            values = ", ".join(f"v{i}" for i in range(len(target.columns)))
            left_out = f" WHERE line NOT IN ({', '.join(map(str, bad))})" if bad else ""
            session.duck.execute(
                f"INSERT INTO {texts.ident(*target.path)} ({columns}) SELECT {values} FROM {name}{left_out}"
            )
            loaded_rows = session.duck.fetchone()[0]
        finally:
            session.duck.unregister(name)
    status = "LOADED" if not seen else "PARTIALLY_LOADED" if loaded_rows else "LOAD_FAILED"
    line, kind, column = file.faults[0] if seen else (None, None, None)
    limit = file.parsed if on_error == "CONTINUE" else 1
    return [
        file.url,
        status,
        file.parsed,
        loaded_rows,
        limit,
        seen,
        CODES[kind][2] if seen else None,
        line,
        1 if seen else None,
        column,
    ]


def loaded(session, path):
    """The files that the table has rows of already, by what COPY itself remembers."""
    sql = f"SELECT FILE_NAME FROM {catalog.history(path)} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?"
    return {name for (name,) in session.duck.execute(sql, path[1:]).fetchall()}


def remember(session, path, done):
    for url, status, parsed, count, limit, seen, *_ in done:
        if status != "LOAD_SKIPPED" and count:
            session.duck.execute(
                f"INSERT INTO {catalog.history(path)} (SCHEMA_NAME, FILE_NAME, TABLE_NAME, LAST_LOAD_TIME, STATUS,"
                " ROW_COUNT, ROW_PARSED, ERROR_COUNT, ERROR_LIMIT) VALUES (?, ?, ?, now(), ?, ?, ?, ?, ?)",
                [path[1], url, path[2], status, count, parsed, seen, limit],
            )
