"""Tables that are changed."""

from sqlglot import exp

import answers
import catalog
import dialect
import errors
import tables
import texts


def alter(session, expression):
    path = session.path(dialect.path_of(expression.this))
    if catalog.kind_of(session, path) != "TABLE":
        return catalog.not_there(expression, "TABLE", path)
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
                exists = "IF EXISTS " if action.args.get("exists") else ""
                session.duck.execute(f"{table} DROP COLUMN {exists}{texts.ident(name)}")
                catalog.declared.pop((*path, name), None)
        case exp.RenameColumn():
            old, new = dialect.name_of(action.this.this), dialect.name_of(action.args["to"].this)
            session.duck.execute(f"{table} RENAME COLUMN {texts.ident(old)} TO {texts.ident(new)}")
            if (kind := catalog.declared.pop((*path, old), None)) is not None:
                catalog.declared[(*path, new)] = kind
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
            catalog.comment(session, "TABLE", path, text.this.name)
        case _:
            raise errors.unsupported(f"ALTER TABLE … {action.sql(dialect='snowflake')}")


def add(session, path, action):
    name = dialect.name_of(action.this)
    there = any(column.name == name for column in catalog.columns(session, path))
    if there and action.args.get("exists"):
        return
    if there:
        raise errors.exists(f"column '{name}'")
    definition = tables.column(session, action)
    table = f"ALTER TABLE {texts.ident(*path)}"
    session.duck.execute(f"{table} ADD COLUMN {definition.removesuffix(' NOT NULL')}")
    if definition.endswith(" NOT NULL"):
        session.duck.execute(f"{table} ALTER COLUMN {texts.ident(name)} SET NOT NULL")
    catalog.declared[(*path, name)] = catalog.shown(action.kind)
    catalog.comment(session, "TABLE", path, dialect.comment_of(action), name)


def alter_column(session, path, action):
    name = dialect.name_of(action.this)
    change = f"ALTER TABLE {texts.ident(*path)} ALTER COLUMN {texts.ident(name)}"
    if (kind := action.args.get("dtype")) is not None:
        session.duck.execute(f"{change} SET DATA TYPE {tables.type_of(session, kind)}")
        catalog.declared[(*path, name)] = catalog.shown(kind)
    elif (nullable := action.args.get("allow_null")) is not None:
        session.duck.execute(f"{change} {'DROP' if nullable else 'SET'} NOT NULL")
    elif (text := action.args.get("comment")) is not None:
        catalog.comment(session, "TABLE", path, text.name, name)
    else:
        raise errors.unsupported(f"ALTER COLUMN … {action.sql(dialect='snowflake')}")


def rename(session, old, new):
    if old[:2] != new[:2]:
        raise errors.unsupported("renaming into another schema")
    if catalog.kind_of(session, old) is None:
        raise errors.missing(f"Table '{old[2]}'")
    if catalog.kind_of(session, new):
        raise errors.exists(f"'{new[2]}'")
    session.duck.execute(f"ALTER TABLE {texts.ident(*old)} RENAME TO {texts.ident(new[2])}")
    for key in [key for key in catalog.declared if key[:3] == tuple(old)]:
        catalog.declared[(*new, key[3])] = catalog.declared.pop(key)


def comment_on(session, expression, kind):
    if kind == "COLUMN":
        column = expression.this
        parts = [column.args.get(part) for part in ("catalog", "db", "table")]
        path = session.path([dialect.name_of(part) for part in parts if part])
        catalog.comment(session, "TABLE", path, expression.expression.name, dialect.name_of(column.this))
    else:
        path = session.path(dialect.path_of(expression.this))
        catalog.comment(session, kind, path, expression.expression.name)
    return answers.status()
