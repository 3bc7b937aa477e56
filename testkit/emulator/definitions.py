"""Which statement that defines is done by whom."""

from sqlglot import exp

import alters
import answers
import errors
import exact
import places
import tables
import texts


def define(session, expression):
    kind = (expression.args.get("kind") or "").upper()
    match expression:
        case exp.Create() if kind == "DATABASE":
            return places.create_database(session, expression)
        case exp.Create() if kind == "SCHEMA":
            return places.create_schema(session, expression)
        case exp.Create() if kind == "TABLE":
            return tables.create(session, expression)
        case exp.Create() if kind == "VIEW":
            return tables.create_view(session, expression)
        case exp.Alter() if kind == "TABLE":
            return alters.alter(session, expression)
        case exp.Drop() if kind in ("DATABASE", "SCHEMA"):
            return places.drop(session, expression, kind)
        case exp.Drop() if kind in ("TABLE", "VIEW"):
            return tables.drop(session, expression, kind)
        case exp.TruncateTable():
            return tables.truncate(session, expression)
        case exp.Comment() if kind in ("TABLE", "VIEW", "COLUMN"):
            return alters.comment_on(session, expression, kind)
        case _:
            raise errors.unsupported(f"{expression.key.upper()} {kind}")


def function(session, _sql, match):
    """The one function that there is: its body is Snowflake's, which DuckDB would reckon in floats."""
    if texts.parts(match["name"])[-1] != "SHOP_RATIO":
        raise errors.unsupported("functions other than SHOP_RATIO")
    session.commit()
    session.duck.execute(exact.DEFINITION)
    return answers.status("Function SHOP_RATIO successfully created.")
