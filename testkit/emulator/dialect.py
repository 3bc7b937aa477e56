"""Snowflake's SQL as DuckDB's: fakesnow's rules, and what they leave out."""

import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

import exact

# Tables of rows that the emulator hands to DuckDB itself.
OWN = "EMULATOR_"


def parse(sql):
    found = [expression for expression in sqlglot.parse(sql, read="snowflake") if expression is not None]
    if len(found) != 1:
        raise sqlglot.ParseError(f"{len(found)} statements where one is expected")
    return found[0]


def translated(expression, session):
    """DuckDB's text of an expression that Snowflake's parser made."""
    return tree(expression, session).sql(dialect="duckdb")


def tree(expression, session):
    expression = qualified(expression.copy(), session)
    expression = expression.transform(lambda node: mended(node, session))
    return FakeSnowflakeCursor(session.connection, session.duck)._transform(expression, None)


def name_of(identifier):
    return identifier.name if identifier.args.get("quoted") else identifier.name.upper()


def path_of(table):
    """The parts of a table's name, upper case unless they are quoted."""
    return [name_of(part) for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part]


def comment_of(expression):
    """What is said of a database, schema, table or view, or of a column's definition."""
    if isinstance(expression, exp.ColumnDef):
        kinds = [constraint.kind for constraint in expression.args.get("constraints") or []]
        found = next((kind for kind in kinds if isinstance(kind, exp.CommentColumnConstraint)), None)
    else:
        properties = expression.args.get("properties")
        found = properties.find(exp.SchemaCommentProperty) if properties else None
    return found.this.name if found else None


def qualified(expression, session):
    """Tables with their database and schema: DuckDB would take the first part of `core.orders` for a database, and a
    view's names for those of whoever reads it."""
    own = {cte.alias.upper() for cte in expression.find_all(exp.CTE)}
    for table in expression.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("catalog"):
            continue
        path = path_of(table)
        if path[-1].startswith(OWN) or path[0] == "INFORMATION_SCHEMA" or (len(path) == 1 and path[0] in own):
            continue
        if len(path) == 1 and session.schema:
            table.set("db", exp.to_identifier(session.schema, quoted=True))
        if table.args.get("db") and session.database:
            table.set("catalog", exp.to_identifier(session.database, quoted=True))
    return expression


def mended(node, session):
    node = exact.quotients(node)
    match node:
        case exp.Anonymous() if str(node.this).upper() in ("AS_INTEGER", "AS_NUMBER", "AS_DECIMAL"):
            return strict(node, str(node.this).upper())
        case exp.StripNullValue():
            return without_null(node.this)
        case exp.Trim() if node.expression and not node.args.get("position"):
            # fakesnow drops the characters that are to go.
            return exp.Anonymous(this="TRIM", expressions=[exp.cast(node.this, "text"), node.expression])
        case exp.CurrentRole():
            return exp.Literal.string(session.role or "PUBLIC")
        case exp.CurrentUser():
            return exp.Literal.string(session.user)
        case exp.CurrentDatabase():
            return text(session.database)
        case exp.CurrentSchema():
            return text(session.schema)
        case exp.CurrentWarehouse():
            return text(session.warehouse)
        case exp.CurrentSession():
            return exp.Literal.string(str(session.number))
        case _:
            return node


def text(value):
    return exp.Null() if value is None else exp.Literal.string(value)


def without_null(document):
    """A document; NULL where it is JSON's null."""
    kind = exp.Anonymous(this="json_type", expressions=[document.copy()])
    return exp.Case(ifs=[exp.If(this=exp.NEQ(this=kind, expression=exp.Literal.string("NULL")), true=document)])


def strict(node, name):
    """The number in a VARIANT; NULL where it is of another type."""
    document, *digits = node.expressions
    if name == "AS_INTEGER" or not digits:
        types, kind = ["BIGINT", "UBIGINT", "HUGEINT"], "BIGINT"
    else:
        precision, scale = digits[0].name, digits[1].name if len(digits) > 1 else "0"
        types, kind = ["BIGINT", "UBIGINT", "HUGEINT", "DOUBLE"], f"DECIMAL({precision}, {scale})"
    types = [exp.Literal.string(t) for t in types]
    of_type = exp.In(this=exp.Anonymous(this="json_type", expressions=[document]), expressions=types)
    # One that is too long for the type is none.
    number = exp.TryCast(
        this=exp.Anonymous(this="json_extract_string", expressions=[document.copy(), exp.Literal.string("$")]),
        to=exp.DataType.build(kind, dialect="duckdb"),
    )
    return exp.Case(ifs=[exp.If(this=of_type, true=number)])
