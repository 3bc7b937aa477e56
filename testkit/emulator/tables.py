"""Databases, schemas, tables and views. Comments are DuckDB's; what it has not are the types as they were declared, and
they are kept here."""

from sqlglot import exp

import answers
import dialect
import errors
import exact
import texts
from fakesnow import info_schema, macros

# Types as they were declared, by database, schema, table and column: for DuckDB a VARCHAR has no length.
declared: dict[tuple[str, str, str, str], str] = {}


def database(session, name):
    found = session.duck.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
    return name if (name,) in found else None


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
    """Name, type, whether it may be NULL, default and comment of each column."""
    sql = """SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
        WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index"""
    return session.duck.execute(sql, path).fetchall()


def forget_loads(session, path):
    database, schema, table = path
    history = texts.ident(database, "_fs_information_schema", "_fs_load_history")
    session.duck.execute(f"DELETE FROM {history} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?", [schema, table])


def define(session, expression):
    kind = (expression.args.get("kind") or "").upper()
    match expression:
        case exp.Create() if kind == "DATABASE":
            return create_database(session, expression)
        case exp.Create() if kind == "SCHEMA":
            return create_schema(session, expression)
        case exp.Create() if kind == "TABLE":
            return create_table(session, expression)
        case exp.Create() if kind == "VIEW":
            return create_view(session, expression)
        case exp.Alter() if kind == "TABLE":
            return alter(session, expression)
        case exp.Drop():
            return drop(session, expression, kind)
        case exp.TruncateTable():
            return truncate(session, expression)
        case exp.Comment() if kind in ("TABLE", "VIEW", "COLUMN"):
            return comment_on(session, expression, kind)
        case _:
            raise errors.unsupported(f"{expression.key.upper()} {kind}")


def function(session, _sql, match):
    """The one function that there is: its body is Snowflake's, which DuckDB would reckon in floats."""
    if texts.parts(match["name"])[-1] != "SHOP_RATIO":
        raise errors.unsupported("functions other than SHOP_RATIO")
    session.commit()
    session.duck.execute(exact.DEFINITION)
    return answers.status("Function SHOP_RATIO successfully created.")


# fakesnow's own has neither views nor comments.
TABLES = """
CREATE OR REPLACE VIEW {name}._fs_information_schema._fs_tables AS
SELECT database_name AS TABLE_CATALOG, schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, 'SYSADMIN' AS TABLE_OWNER,
    'BASE TABLE' AS TABLE_TYPE, 'NO' AS IS_TRANSIENT, estimated_size AS ROW_COUNT, comment AS COMMENT
FROM duckdb_tables() WHERE database_name = '{name}' AND schema_name <> '_fs_information_schema'
UNION ALL
SELECT database_name, schema_name, view_name, 'SYSADMIN', 'VIEW', 'NO', NULL, comment
FROM duckdb_views() WHERE database_name = '{name}' AND NOT internal AND schema_name NOT IN ('main', '_fs_information_schema')
"""


def create_database(session, expression):
    (name,) = dialect.path_of(expression.this)
    if not name.replace("_", "").isalnum():
        raise errors.unsupported("names of databases other than of letters, digits and underscores")
    if database(session, name) is None:
        session.duck.execute(f"ATTACH ':memory:' AS {texts.ident(name)}")
        for sql in (info_schema.per_db_creation_sql(name), macros.creation_sql(name), TABLES.format(name=name)):
            session.duck.execute(sql)
        session.duck.execute(f"CREATE SCHEMA {texts.ident(name, 'PUBLIC')}")
    elif not expression.args.get("exists"):
        raise errors.exists(f"'{name}'")
    comment(session, "DATABASE", [name], property_of(expression, exp.SchemaCommentProperty))
    session.use(name, "PUBLIC")
    return answers.status(f"Database {name} successfully created.")


def create_schema(session, expression):
    table = expression.this
    path = session.path([dialect.name_of(p) for p in (table.args.get("catalog"), table.args.get("db")) if p], 2)
    if not has_schema(session, *path):
        session.duck.execute(f"CREATE SCHEMA {texts.ident(*path)}")
    elif expression.args.get("replace"):
        session.duck.execute(f"DROP SCHEMA {texts.ident(*path)} CASCADE; CREATE SCHEMA {texts.ident(*path)}")
    elif not expression.args.get("exists"):
        raise errors.exists(f"'{path[1]}'")
    comment(session, "SCHEMA", path, property_of(expression, exp.SchemaCommentProperty))
    session.use(*path)
    return answers.status(f"Schema {path[1]} successfully created.")


# Comments of databases and schemas: DuckDB keeps none.
comments: dict[tuple[str, ...], str] = {}


def comment(session, kind, path, text, column=None):
    if text is None:
        return
    if kind in ("DATABASE", "SCHEMA"):
        comments[tuple(path)] = text
        return
    name = texts.ident(*path) if column is None else texts.ident(*path, column)
    escaped = text.replace("'", "''")
    session.duck.execute(f"COMMENT ON {kind if column is None else 'COLUMN'} {name} IS '{escaped}'")


def property_of(expression, kind):
    properties = expression.args.get("properties")
    found = properties.find(kind) if properties else None
    return found.this.name if found else None


def create_table(session, expression):
    schema, table = expression.this, expression.find(exp.Table)
    path = session.path(dialect.path_of(table))
    name, replace = texts.ident(*path), expression.args.get("replace")
    if not has_schema(session, *path[:2]):
        raise errors.Refused("002003", "02000", f"SQL compilation error:\nSchema '{path[1]}' does not exist or not authorized.")
    if kind_of(session, path) and not replace:
        if expression.args.get("exists"):
            return answers.status(f"{path[2]} already exists, statement succeeded.")
        raise errors.exists(f"'{path[2]}'")
    definitions = schema.expressions if isinstance(schema, exp.Schema) else []
    like, clone = expression.find(exp.LikeProperty), expression.args.get("clone")
    new = f"CREATE {'OR REPLACE ' if replace else ''}TABLE {name}"
    made = [d for d in definitions if isinstance(d, exp.ColumnDef) and d.args.get("kind")]
    if like or clone:
        source = session.path(dialect.path_of((like or clone).this))
        copied = columns(session, source)
        if not copied:
            raise errors.missing(f"Table '{source[2]}'")
        session.duck.execute(f"{new} ({', '.join(copy_of(c) for c in copied)})")
        if clone:
            session.duck.execute(f"INSERT INTO {name} FROM {texts.ident(*source)}")
        comments_of = {c[0]: c[4] for c in copied if c[4]}
        kinds = {c[0]: declared.get((*source, c[0])) for c in copied}
    else:
        selected = expression.expression
        comments_of = {dialect.name_of(d.this): t for d in made if (t := comment_of(d)) is not None}
        kinds = {dialect.name_of(d.this): d.kind.sql(dialect="snowflake") for d in made}
        if made:
            session.duck.execute(f"{new} ({', '.join(column(session, d, definitions) for d in made)})")
            if selected:
                session.duck.execute(f"INSERT INTO {name} {dialect.translated(selected, session)}")
        else:
            names = ", ".join(texts.ident(dialect.name_of(d if isinstance(d, exp.Identifier) else d.this)) for d in definitions)
            names = f" ({names})" if names else ""
            session.duck.execute(f"{new}{names} AS {dialect.translated(selected, session)}")
    for key in [key for key in declared if key[:3] == tuple(path)]:
        del declared[key]
    declared.update({(*path, c): shown(kind) for c, kind in kinds.items() if kind})
    comment(session, "TABLE", path, property_of(expression, exp.SchemaCommentProperty))
    for of, text in comments_of.items():
        comment(session, "TABLE", path, text, of)
    forget_loads(session, path)
    if expression.find(exp.TemporaryProperty):
        session.temporary.append(path)
    return answers.status(f"Table {path[2]} successfully created.")


def shown(kind):
    """A declared type as DESC shows it."""
    names = {"DECIMAL": "NUMBER", "TIMESTAMPNTZ": "TIMESTAMP_NTZ", "TIMESTAMPLTZ": "TIMESTAMP_LTZ", "TEXT": "VARCHAR",
             "TIMESTAMPTZ": "TIMESTAMP_TZ", "DATETIME": "TIMESTAMP_NTZ", "TIMESTAMP": "TIMESTAMP_NTZ"}
    word, bracket, rest = kind.replace(" ", "").partition("(")
    word = names.get(word.upper(), word.upper())
    wanted = {"VARCHAR": "16777216", "TIMESTAMP_NTZ": "9", "TIMESTAMP_LTZ": "9", "TIMESTAMP_TZ": "9", "TIME": "9",
              "NUMBER": "38,0", "BINARY": "8388608"}
    if word in ("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT"):
        return "NUMBER(38,0)"
    if word in ("DOUBLE", "REAL"):
        return "FLOAT"
    if word == "NUMBER" and bracket and "," not in rest:
        rest = f"{rest[:-1]},0)"
    return f"{word}({rest}" if bracket else f"{word}({wanted[word]})" if word in wanted else word


def copy_of(column):
    name, kind, nullable, default, _ = column
    default = f" DEFAULT {default}" if default else ""
    return f"{texts.ident(name)} {kind}{default}{'' if nullable else ' NOT NULL'}"


def column(session, definition, definitions=()):
    """A column for DuckDB. Keys are not enforced in Snowflake, except that they are not NULL."""
    name = dialect.name_of(definition.this)
    constraints = [c.kind for c in definition.constraints]
    is_key = any(isinstance(c, exp.PrimaryKeyColumnConstraint) for c in constraints) or any(
        dialect.name_of(part) == name for d in definitions for key in d.find_all(exp.PrimaryKey) for part in key.expressions
    )
    nullable = not is_key and not any(
        isinstance(c, exp.NotNullColumnConstraint) and not c.args.get("allow_null") for c in constraints
    )
    default = next((c.this for c in constraints if isinstance(c, exp.DefaultColumnConstraint)), None)
    default = f" DEFAULT {dialect.translated(default, session)}" if default is not None else ""
    if any(isinstance(c, (exp.AutoIncrementColumnConstraint, exp.GeneratedAsIdentityColumnConstraint)) for c in constraints):
        raise errors.unsupported("AUTOINCREMENT")
    return f"{texts.ident(name)} {type_of(session, definition.kind)}{default}{'' if nullable else ' NOT NULL'}"


# DuckDB's types of Snowflake's.
types: dict[str, str] = {}


def type_of(session, kind):
    text = kind.sql(dialect="snowflake")
    if text not in types:
        types[text] = dialect.translated(kind, session)
    return types[text]


def comment_of(definition):
    kinds = [c.kind for c in definition.args.get("constraints") or []]
    return next((c.this.name for c in kinds if isinstance(c, exp.CommentColumnConstraint)), None)


def create_view(session, expression):
    schema, table = expression.this, expression.find(exp.Table)
    path = session.path(dialect.path_of(table))
    if kind_of(session, path) and not expression.args.get("replace"):
        if expression.args.get("exists"):
            return answers.status(f"{path[2]} already exists, statement succeeded.")
        raise errors.exists(f"'{path[2]}'")
    named = schema.expressions if isinstance(schema, exp.Schema) else []
    names = [dialect.name_of(d.this if isinstance(d, exp.ColumnDef) else d) for d in named]
    names_sql = f" ({', '.join(texts.ident(n) for n in names)})" if names else ""
    replace = "OR REPLACE " if expression.args.get("replace") else ""
    selected = dialect.translated(expression.expression, session)
    session.duck.execute(f"CREATE {replace}VIEW {texts.ident(*path)}{names_sql} AS {selected}")
    comment(session, "VIEW", path, property_of(expression, exp.SchemaCommentProperty))
    for definition in named:
        if isinstance(definition, exp.ColumnDef) and (text := comment_of(definition)) is not None:
            comment(session, "VIEW", path, text, dialect.name_of(definition.this))
    return answers.status(f"View {path[2]} successfully created.")


def alter(session, expression):
    path = session.path(dialect.path_of(expression.this))
    if kind_of(session, path) != "TABLE":
        if expression.args.get("exists"):
            return answers.status()
        raise errors.missing(f"Table '{path[2]}'")
    for action in expression.args["actions"]:
        step(session, path, action)
    return answers.status()


def step(session, path, action):
    table = f"ALTER TABLE {texts.ident(*path)}"
    match action:
        case exp.ColumnDef():
            add(session, path, action)
        case exp.Drop():
            for dropped in action.args["tables"]:
                name = dialect.name_of(dropped.this)
                session.duck.execute(f"{table} DROP COLUMN {'IF EXISTS ' if action.args.get('exists') else ''}{texts.ident(name)}")
                declared.pop((*path, name), None)
        case exp.RenameColumn():
            old, new = dialect.name_of(action.this.this), dialect.name_of(action.args["to"].this)
            session.duck.execute(f"{table} RENAME COLUMN {texts.ident(old)} TO {texts.ident(new)}")
            if (kind := declared.pop((*path, old), None)) is not None:
                declared[(*path, new)] = kind
        case exp.AlterRename():
            rename(session, path, session.path(dialect.path_of(action.this)))
        case exp.SwapTable():
            other = session.path(dialect.path_of(action.this))
            aside = [*path[:2], "EMULATOR$SWAP"]
            for old, new in ((path, aside), (other, path), (aside, other)):
                rename(session, old, new)
        case exp.AlterColumn():
            alter_column(session, path, action)
        case exp.AlterSet() if (text := action.find(exp.SchemaCommentProperty)) is not None:
            comment(session, "TABLE", path, text.this.name)
        case _:
            raise errors.unsupported(f"ALTER TABLE … {action.sql(dialect='snowflake')}")


def add(session, path, action):
    name = dialect.name_of(action.this)
    there = any(c[0] == name for c in columns(session, path))
    if there and action.args.get("exists"):
        return
    if there:
        raise errors.exists(f"column '{name}'")
    definition = column(session, action)
    table = f"ALTER TABLE {texts.ident(*path)}"
    session.duck.execute(f"{table} ADD COLUMN {definition.removesuffix(' NOT NULL')}")
    if definition.endswith(" NOT NULL"):
        session.duck.execute(f"{table} ALTER COLUMN {texts.ident(name)} SET NOT NULL")
    declared[(*path, name)] = shown(action.kind.sql(dialect="snowflake"))
    comment(session, "TABLE", path, comment_of(action), name)


def alter_column(session, path, action):
    name = dialect.name_of(action.this)
    change = f"ALTER TABLE {texts.ident(*path)} ALTER COLUMN {texts.ident(name)}"
    if (kind := action.args.get("dtype")) is not None:
        session.duck.execute(f"{change} SET DATA TYPE {type_of(session, kind)}")
        declared[(*path, name)] = shown(kind.sql(dialect="snowflake"))
    elif (nullable := action.args.get("allow_null")) is not None:
        session.duck.execute(f"{change} {'DROP' if nullable else 'SET'} NOT NULL")
    elif (text := action.args.get("comment")) is not None:
        comment(session, "TABLE", path, text.name, name)
    else:
        raise errors.unsupported(f"ALTER COLUMN … {action.sql(dialect='snowflake')}")


def rename(session, old, new):
    if old[:2] != new[:2]:
        raise errors.unsupported("renaming into another schema")
    if kind_of(session, old) is None:
        raise errors.missing(f"Table '{old[2]}'")
    if kind_of(session, new):
        raise errors.exists(f"'{new[2]}'")
    session.duck.execute(f"ALTER TABLE {texts.ident(*old)} RENAME TO {texts.ident(new[2])}")
    for key in [key for key in declared if key[:3] == tuple(old)]:
        declared[(*new, key[3])] = declared.pop(key)


def drop(session, expression, kind):
    (table,) = expression.args["tables"]
    if kind in ("TABLE", "VIEW"):
        path = session.path(dialect.path_of(table))
        there = kind_of(session, path) == kind
    elif kind == "SCHEMA":
        path = session.path([dialect.name_of(p) for p in (table.args.get("catalog"), table.args.get("db")) if p], 2)
        there = has_schema(session, *path)
    elif kind == "DATABASE":
        path = dialect.path_of(table)
        there = database(session, path[0]) is not None
    else:
        raise errors.unsupported(f"DROP {kind}")
    if not there:
        if expression.args.get("exists"):
            return answers.status(f"Drop statement executed successfully ({path[-1]} already dropped).")
        raise errors.missing(f"{kind.capitalize()} '{path[-1]}'")
    if tuple(path[:2]) == (session.database, session.schema)[: len(path)] and len(path) < 3:
        session.duck.execute("USE memory.main")
        session.database, session.schema = (None, None) if kind == "DATABASE" else (session.database, None)
    if kind == "DATABASE":
        session.duck.execute(f"DETACH {texts.ident(*path)}")
    else:
        session.duck.execute(f"DROP {kind} {texts.ident(*path)}{' CASCADE' if kind == 'SCHEMA' else ''}")
    for known in (declared, comments):
        for key in [key for key in known if key[: len(path)] == tuple(path)]:
            del known[key]
    return answers.status(f"{path[-1]} successfully dropped.")


def truncate(session, expression):
    path = session.path(dialect.path_of(expression.expressions[0]))
    if kind_of(session, path) != "TABLE":
        if expression.args.get("exists"):
            return answers.status()
        raise errors.missing(f"Table '{path[2]}'")
    session.duck.execute(f"DELETE FROM {texts.ident(*path)}")
    forget_loads(session, path)
    return answers.status()


def comment_on(session, expression, kind):
    if kind == "COLUMN":
        column = expression.this
        path = [dialect.name_of(p) for p in (column.args.get("catalog"), column.args.get("db"), column.args.get("table")) if p]
        comment(session, "TABLE", session.path(path), expression.expression.name, dialect.name_of(column.this))
    else:
        comment(session, kind, session.path(dialect.path_of(expression.this)), expression.expression.name)
    return answers.status()
