"""Databases and schemas."""

from fakesnow import info_schema, macros

import answers
import catalog
import dialect
import errors
import texts

# INFORMATION_SCHEMA.TABLES: fakesnow's own has neither views nor comments.
TABLES = """
CREATE OR REPLACE VIEW {name}._fs_information_schema._fs_tables AS
SELECT database_name AS TABLE_CATALOG, schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, 'SYSADMIN' AS TABLE_OWNER,
    'BASE TABLE' AS TABLE_TYPE, 'NO' AS IS_TRANSIENT, estimated_size AS ROW_COUNT, comment AS COMMENT
FROM duckdb_tables() WHERE database_name = '{name}' AND schema_name <> '_fs_information_schema'
UNION ALL
SELECT database_name, schema_name, view_name, 'SYSADMIN', 'VIEW', 'NO', NULL, comment
FROM duckdb_views()
WHERE database_name = '{name}' AND NOT internal AND schema_name NOT IN ('main', '_fs_information_schema')
"""


def create_database(session, expression):
    (name,) = dialect.path_of(expression.this)
    if not name.replace("_", "").isalnum():
        raise errors.unsupported("names of databases other than of letters, digits and underscores")
    if not catalog.has_database(session, name):
        session.duck.execute(f"ATTACH ':memory:' AS {texts.ident(name)}")
        for sql in (info_schema.per_db_creation_sql(name), macros.creation_sql(name), TABLES.format(name=name)):
            session.duck.execute(sql)
        session.duck.execute(f"CREATE SCHEMA {texts.ident(name, 'PUBLIC')}")
        catalog.comment_place([name], dialect.comment_of(expression))
    elif not expression.args.get("exists"):
        raise errors.exists(f"'{name}'")
    session.use(name, "PUBLIC")
    return answers.status(f"Database {name} successfully created.")


def path_of_schema(session, table):
    return session.path([dialect.name_of(p) for p in (table.args.get("catalog"), table.args.get("db")) if p], 2)


def create_schema(session, expression):
    path = path_of_schema(session, expression.this)
    there, name = catalog.has_schema(session, *path), texts.ident(*path)
    if there and expression.args.get("replace"):
        session.duck.execute(f"DROP SCHEMA {name} CASCADE")
        catalog.forget(path)
    elif there and not expression.args.get("exists"):
        raise errors.exists(f"'{path[1]}'")
    if not there or expression.args.get("replace"):
        session.duck.execute(f"CREATE SCHEMA {name}")
        catalog.comment_place(path, dialect.comment_of(expression))
    session.use(*path)
    return answers.status(f"Schema {path[1]} successfully created.")


def drop(session, expression, kind):
    (table,) = expression.args["tables"]
    if kind == "DATABASE":
        path = dialect.path_of(table)
        there = catalog.has_database(session, *path)
    else:
        path = path_of_schema(session, table)
        there = catalog.has_schema(session, *path)
    if not there:
        return catalog.not_there(expression, kind, path)
    if [session.database, session.schema][: len(path)] == path:
        session.leave(kind)
    if kind == "DATABASE":
        session.duck.execute(f"DETACH {texts.ident(*path)}")
    else:
        session.duck.execute(f"DROP SCHEMA {texts.ident(*path)} CASCADE")
    catalog.forget(path)
    return answers.status(f"{path[-1]} successfully dropped.")
