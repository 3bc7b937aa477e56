"""What is there: databases, schemas, tables and views. Comments of tables and columns are DuckDB's; what it has not is
kept here."""

from dataclasses import dataclass

import answers
import errors
import texts

# Types as they were declared, by database, schema, table and column: for DuckDB a VARCHAR has no length.
declared: dict[tuple[str, str, str, str], str] = {}
# Comments of databases and schemas.
comments: dict[tuple[str, ...], str] = {}


@dataclass
class Column:
    name: str
    kind: str
    nullable: bool
    default: str | None
    comment: str | None


def has_database(session, name):
    sql = "SELECT 1 FROM duckdb_databases() WHERE NOT internal AND database_name = ?"
    return session.duck.execute(sql, [name]).fetchone() is not None


def has_schema(session, database, schema):
    sql = "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
    return session.duck.execute(sql, [database, schema]).fetchone() is not None


def kind_of(session, path):
    """What is there of this name: TABLE, VIEW or nothing."""
    for kind, function in (("TABLE", "duckdb_tables()"), ("VIEW", "duckdb_views()")):
        sql = f"SELECT 1 FROM {function} WHERE database_name = ? AND schema_name = ? AND {kind}_name = ?"
        if session.duck.execute(sql, path).fetchone():
            return kind
    return None


def columns(session, path):
    sql = """SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
        WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index"""
    return [Column(*row) for row in session.duck.execute(sql, path).fetchall()]


def no_schema(name):
    return errors.Refused(
        "002003", "02000", f"SQL compilation error:\nSchema '{name}' does not exist or not authorized."
    )


def no_place():
    says = "SQL compilation error:\nObject does not exist, or operation cannot be performed."
    return errors.Refused("002043", "02000", says)


def not_there(expression, kind, path):
    """What is answered about something that is not there."""
    if expression.args.get("exists"):
        return answers.status(f"Statement executed successfully ({path[-1]} is not there).")
    raise errors.missing(f"{kind.capitalize()} '{path[-1]}'")


def history(path):
    """The table of what COPY loaded into tables of a database."""
    return texts.ident(path[0], "_fs_information_schema", "_fs_load_history")


def forget_loads(session, path):
    sql = f"DELETE FROM {history(path)} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?"
    session.duck.execute(sql, path[1:])


def forget(path):
    """Forgets what is kept of an object, and of what is in it."""
    for known in (declared, comments):
        for key in [key for key in known if key[: len(path)] == tuple(path)]:
            del known[key]


def comment_place(path, text):
    if text is not None:
        comments[tuple(path)] = text


def comment(session, kind, path, text, column=None):
    """Says something of a table or view, or of a column of it; or nothing."""
    if text is None:
        return
    on = f"{kind} {texts.ident(*path)}" if column is None else f"COLUMN {texts.ident(*path, column)}"
    escaped = text.replace("'", "''")
    session.duck.execute(f"COMMENT ON {on} IS '{escaped}'")


NAMES = {
    "DECIMAL": "NUMBER",
    "INT": "NUMBER",
    "INTEGER": "NUMBER",
    "BIGINT": "NUMBER",
    "SMALLINT": "NUMBER",
    "TINYINT": "NUMBER",
    "DOUBLE": "FLOAT",
    "REAL": "FLOAT",
    "TEXT": "VARCHAR",
    "DATETIME": "TIMESTAMP_NTZ",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMPNTZ": "TIMESTAMP_NTZ",
    "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
    "TIMESTAMPTZ": "TIMESTAMP_TZ",
}
LENGTHS = {
    "NUMBER": "38,0",
    "VARCHAR": "16777216",
    "BINARY": "8388608",
    "TIME": "9",
    "TIMESTAMP_NTZ": "9",
    "TIMESTAMP_LTZ": "9",
    "TIMESTAMP_TZ": "9",
}


def shown(kind):
    """A declared type as DESC shows it."""
    word, _, rest = kind.sql(dialect="snowflake").replace(" ", "").rstrip(")").partition("(")
    word = NAMES.get(word.upper(), word.upper())
    if word == "NUMBER" and rest and "," not in rest:
        rest = f"{rest},0"
    rest = rest or LENGTHS.get(word)
    return f"{word}({rest})" if rest else word
