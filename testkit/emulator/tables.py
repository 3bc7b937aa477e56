"""Tables and views that are made, and go."""

from sqlglot import exp

import answers
import catalog
import dialect
import errors
import texts

# DuckDB's types of Snowflake's.
types: dict[str, str] = {}


def create(session, expression):
    path = session.path(dialect.path_of(expression.find(exp.Table)))
    if (answer := refused(session, expression, path)) is not None:
        return answer
    new = f"CREATE {'OR REPLACE ' if expression.args.get('replace') else ''}TABLE {texts.ident(*path)}"
    source = expression.find(exp.LikeProperty) or expression.args.get("clone")
    definitions = expression.this.expressions if isinstance(expression.this, exp.Schema) else []
    if source:
        kinds, comments = copied(session, new, path, source)
    elif any(typed(d) for d in definitions):
        kinds, comments = declared(session, new, path, definitions, expression.expression)
    else:
        names = [dialect.name_of(d.this if isinstance(d, exp.ColumnDef) else d) for d in definitions]
        names = f" ({', '.join(texts.ident(name) for name in names)})" if names else ""
        session.duck.execute(f"{new}{names} AS {dialect.translated(expression.expression, session)}")
        kinds, comments = {}, {}
    catalog.forget(path)
    catalog.forget_loads(session, path)
    catalog.declared.update({(*path, name): kind for name, kind in kinds.items() if kind})
    catalog.comment(session, "TABLE", path, dialect.comment_of(expression))
    for name, text in comments.items():
        catalog.comment(session, "TABLE", path, text, name)
    if expression.find(exp.TemporaryProperty):
        session.temporary.append(path)
    return answers.status(f"Table {path[2]} successfully created.")


def refused(session, expression, path):
    """What is answered when nothing can, or has to be made."""
    if not catalog.has_schema(session, *path[:2]):
        raise catalog.no_schema(path[1])
    if not catalog.kind_of(session, path) or expression.args.get("replace"):
        return None
    if expression.args.get("exists"):
        return answers.status(f"{path[2]} already exists, statement succeeded.")
    raise errors.exists(f"'{path[2]}'")


def typed(definition):
    return isinstance(definition, exp.ColumnDef) and definition.args.get("kind") is not None


def copied(session, new, path, source):
    """A table like another, or its clone: the types and comments of its columns."""
    other = session.path(dialect.path_of(source.this))
    columns = catalog.columns(session, other)
    if not columns:
        raise errors.missing(f"Table '{other[2]}'")
    kinds = {column.name: catalog.declared.get((*other, column.name)) for column in columns}
    defined = [
        f"{texts.ident(column.name)} {column.kind}{f' DEFAULT {column.default}' if column.default else ''}"
        f"{'' if column.nullable else ' NOT NULL'}"
        for column in columns
    ]
    session.duck.execute(f"{new} ({', '.join(defined)})")
    if isinstance(source, exp.Clone):
        session.duck.execute(f"INSERT INTO {texts.ident(*path)} FROM {texts.ident(*other)}")
    return kinds, {column.name: column.comment for column in columns if column.comment}


def declared(session, new, path, definitions, selected):
    """A table of columns with types, and perhaps rows: the types and comments of its columns."""
    columns = [d for d in definitions if typed(d)]
    session.duck.execute(f"{new} ({', '.join(column(session, d, definitions) for d in columns)})")
    if selected:
        session.duck.execute(f"INSERT INTO {texts.ident(*path)} {dialect.translated(selected, session)}")
    kinds = {dialect.name_of(d.this): catalog.shown(d.kind) for d in columns}
    return kinds, {dialect.name_of(d.this): text for d in columns if (text := dialect.comment_of(d)) is not None}


def column(session, definition, definitions=()):
    """A column for DuckDB. Keys are not enforced in Snowflake, except that they are not NULL."""
    name = dialect.name_of(definition.this)
    constraints = [c.kind for c in definition.constraints]
    keys = [part for d in definitions for key in d.find_all(exp.PrimaryKey) for part in key.expressions]
    is_key = any(isinstance(c, exp.PrimaryKeyColumnConstraint) for c in constraints)
    is_key = is_key or name in [dialect.name_of(part) for part in keys]
    filled = any(isinstance(c, exp.NotNullColumnConstraint) and not c.args.get("allow_null") for c in constraints)
    default = next((c.this for c in constraints if isinstance(c, exp.DefaultColumnConstraint)), None)
    default = f" DEFAULT {dialect.translated(default, session)}" if default is not None else ""
    counted = (exp.AutoIncrementColumnConstraint, exp.GeneratedAsIdentityColumnConstraint)
    if any(isinstance(c, counted) for c in constraints):
        raise errors.unsupported("AUTOINCREMENT")
    return f"{texts.ident(name)} {type_of(session, definition.kind)}{default}{' NOT NULL' if is_key or filled else ''}"


def type_of(session, kind):
    text = kind.sql(dialect="snowflake")
    if text not in types:
        types[text] = dialect.translated(kind, session)
    return types[text]


def create_view(session, expression):
    path = session.path(dialect.path_of(expression.find(exp.Table)))
    if (answer := refused(session, expression, path)) is not None:
        return answer
    named = expression.this.expressions if isinstance(expression.this, exp.Schema) else []
    names = [dialect.name_of(d.this if isinstance(d, exp.ColumnDef) else d) for d in named]
    columns = f" ({', '.join(texts.ident(name) for name in names)})" if names else ""
    replace = "OR REPLACE " if expression.args.get("replace") else ""
    selected = dialect.translated(expression.expression, session)
    session.duck.execute(f"CREATE {replace}VIEW {texts.ident(*path)}{columns} AS {selected}")
    catalog.comment(session, "VIEW", path, dialect.comment_of(expression))
    for definition in named:
        if isinstance(definition, exp.ColumnDef):
            name = dialect.name_of(definition.this)
            catalog.comment(session, "VIEW", path, dialect.comment_of(definition), name)
    return answers.status(f"View {path[2]} successfully created.")


def drop(session, expression, kind):
    (table,) = expression.args["tables"]
    path = session.path(dialect.path_of(table))
    if catalog.kind_of(session, path) != kind:
        return catalog.not_there(expression, kind, path)
    session.duck.execute(f"DROP {kind} {texts.ident(*path)}")
    catalog.forget(path)
    return answers.status(f"{path[-1]} successfully dropped.")


def truncate(session, expression):
    path = session.path(dialect.path_of(expression.expressions[0]))
    if catalog.kind_of(session, path) != "TABLE":
        return catalog.not_there(expression, "TABLE", path)
    session.duck.execute(f"DELETE FROM {texts.ident(*path)}")
    catalog.forget_loads(session, path)
    return answers.status()
