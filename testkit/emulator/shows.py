"""SHOW and DESC."""

import re

import answers
import catalog
import errors
import nods
import stages
import texts


def show(session, _sql, match):
    rest = re.sub(r"^TERSE\s+", "", match["rest"], flags=re.I)
    kinds = [*nods.SHOWN, "DATABASES", "SCHEMAS", "TABLES", "VIEWS", "COLUMNS", "STAGES", "FILE FORMATS", "PARAMETERS"]
    kind = next((k for k in kinds if re.match(rf"{k.replace(' ', chr(92) + 's+')}\b", rest, re.I)), None)
    if kind is None:
        raise errors.unsupported(f"SHOW {rest}")
    if kind in nods.SHOWN:
        return answers.rows(nods.SHOWN[kind], [])
    like = re.search(r"\bLIKE\s+('(?:[^']|'')*')", rest, re.I)
    scope = scope_of(session, kind, rest)
    columns, values = SHOWN[kind](session, scope)
    if like:
        pattern = re.escape(like[1][1:-1].replace("''", "'")).replace("%", ".*").replace("_", ".")
        at = [c.rstrip("#") for c in columns].index("name")
        values = [row for row in values if re.fullmatch(pattern, row[at], re.I | re.S)]
    return answers.rows(columns, values)


def scope_of(session, kind, rest):
    """The database and schema that are asked about: those that are named, or where the session is."""
    named = re.search(rf"\bIN\s+(?P<kind>ACCOUNT|DATABASE|SCHEMA|TABLE|VIEW)?\s*(?P<name>{texts.NAME})?", rest, re.I)
    if named is None or (named["kind"] and not named["name"] and named["kind"].upper() != "ACCOUNT"):
        here = [session.database, session.schema] if kind not in ("DATABASES", "SCHEMAS") else [session.database]
        return [part for part in here if part is not None]
    if not named["name"]:
        return []
    parts = texts.parts(named["name"])
    if kind == "COLUMNS":
        return session.path(parts)
    if (named["kind"] or "").upper() == "DATABASE" or (kind == "SCHEMAS" and not named["kind"]):
        if not catalog.has_database(session, parts[0]):
            raise catalog.no_place()
        return parts
    path = session.path(parts, 2)
    if not catalog.has_schema(session, *path):
        raise catalog.no_place()
    return path


# What is DuckDB's own, and fakesnow's.
OURS = "NOT internal AND database_name NOT IN ('memory', '_fs_global')"
NO_SCHEMAS = "schema_name NOT IN ('main', '_fs_information_schema')"


def databases(session, _):
    sql = f"SELECT database_name FROM duckdb_databases() WHERE {OURS} ORDER BY 1"
    names = [name for (name,) in session.duck.execute(sql).fetchall()]
    return ["created_on", "name", "comment"], [["", name, catalog.comments.get((name,), "")] for name in names]


def schemas(session, scope):
    sql = f"SELECT database_name, schema_name FROM duckdb_schemas() WHERE {OURS} AND {NO_SCHEMAS} ORDER BY ALL"
    found = [path for path in session.duck.execute(sql).fetchall() if path[: len(scope)] == tuple(scope)]
    return ["created_on", "name", "database_name", "comment"], [
        ["", path[1], path[0], catalog.comments.get(path, "")] for path in found
    ]


def of_kind(kind):
    def shown(session, scope):
        size = "estimated_size" if kind == "table" else "NULL"
        sql = f"""SELECT database_name, schema_name, {kind}_name, comment, {size} FROM duckdb_{kind}s()
            WHERE {OURS} AND {NO_SCHEMAS} ORDER BY ALL"""
        found = [row for row in session.duck.execute(sql).fetchall() if row[: len(scope)] == tuple(scope)]
        return ["created_on", "name", "kind", "database_name", "schema_name", "comment", "rows#"], [
            ["", row[2], kind.upper(), row[0], row[1], row[3] or "", row[4]] for row in found
        ]

    return shown


def columns(session, path):
    found = catalog.columns(session, path)
    return ["table_name", "schema_name", "name", "data_type", "null?", "database_name", "comment"], [
        [path[2], path[1], c.name, type_of(path, c), "true" if c.nullable else "false", path[0], c.comment or ""]
        for c in found
    ]


def parameters(session, _):
    return ["key", "name", "value", "default", "level", "description"], [
        [name, name, str(value), "", "SESSION", ""] for name, value in sorted(session.parameters.items())
    ]


SHOWN = {
    "DATABASES": databases,
    "SCHEMAS": schemas,
    "TABLES": of_kind("table"),
    "VIEWS": of_kind("view"),
    "COLUMNS": columns,
    "STAGES": lambda _, scope: stages.shown("STAGE", scope),
    "FILE FORMATS": lambda _, scope: stages.shown("FILE FORMAT", scope),
    "PARAMETERS": parameters,
}


def describe(session, _sql, match):
    path = session.path(texts.parts(match["name"]))
    found = catalog.columns(session, path)
    if not found:
        raise errors.missing(f"{match['kind'].capitalize()} '{path[2]}'")
    names = [
        "name",
        "type",
        "kind",
        "null?",
        "default",
        "primary key",
        "unique key",
        "check",
        "expression",
        "comment",
        "policy name",
    ]
    return answers.rows(
        names,
        [
            [
                c.name,
                type_of(path, c),
                "COLUMN",
                "Y" if c.nullable else "N",
                c.default,
                "N",
                "N",
                None,
                None,
                c.comment,
                None,
            ]
            for c in found
        ],
    )


def type_of(path, column):
    """A column's type: as it was declared, or else what Snowflake has for DuckDB's."""
    if (declared := catalog.declared.get((*path, column.name))) is not None:
        return declared
    kind = column.kind
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        return f"NUMBER({decimal[1]},{decimal[2]})"
    if kind in answers.INTEGERS:
        return "NUMBER(38,0)"
    return {
        "VARCHAR": "VARCHAR(16777216)",
        "JSON": "VARIANT",
        "DOUBLE": "FLOAT",
        "TIMESTAMP": "TIMESTAMP_NTZ(6)",
        "TIME": "TIME(9)",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ(6)",
        "BLOB": "BINARY(8388608)",
    }.get(kind, kind)
