"""Errors as Snowflake has them: a code and an SQLSTATE."""

import re

import duckdb
import sqlglot.errors
import sqlglot.tokens


class Refused(Exception):
    def __init__(self, code, state, message, is_ours=False):
        super().__init__(message)
        self.code, self.state, self.message, self.is_ours = code, state, message, is_ours


def missing(what):
    return Refused("002003", "42S02", f"SQL compilation error:\n{what} does not exist or not authorized.")


def exists(what):
    return Refused("002002", "42710", f"SQL compilation error:\nObject {what} already exists.")


def syntax(message):
    return Refused("001003", "42000", f"SQL compilation error:\n{message}")


def unsupported(what):
    """What Snowflake can do and this emulator cannot."""
    return Refused("000002", "0A000", f"the emulator does not do this: {what}", is_ours=True)


def of(error):
    text = str(error).split("\n")[0]
    match error:
        case Refused():
            return error
        case sqlglot.errors.ParseError() | sqlglot.errors.TokenError():
            return syntax(text)
        case duckdb.ParserException():
            # Snowflake's parser has let it pass: the translation is wrong.
            return Refused("001003", "42000", text, is_ours=True)
        case duckdb.CatalogException() | duckdb.BinderException() if re.search(
            "(Function|Macro).* does not exist", text
        ):
            return Refused("002141", "42601", f"SQL compilation error:\nUnknown function. {text}")
        case duckdb.CatalogException() if "already exists" in text:
            return Refused("002002", "42710", text)
        case duckdb.CatalogException():
            return Refused("002003", "42S02", text)
        case duckdb.BinderException() if re.search("Catalog|Schema", text) and "does not exist" in text:
            return Refused("002003", "02000", text)
        case duckdb.BinderException() if re.search("[Rr]eferenced (column|table)|does not have a column", text):
            return Refused("000904", "42000", text)
        case duckdb.BinderException():
            return Refused("001044", "42P13", text)
        case duckdb.ConstraintException():
            return Refused("100072", "22000", text)
        case duckdb.OutOfRangeException():
            return Refused("100046", "22003", text)
        case duckdb.ConversionException():
            return Refused("100038", "22018", text)
        case duckdb.InvalidInputException() if "JSON" in text:
            return Refused("100069", "22P02", text)
        case duckdb.TransactionException():
            return Refused("000625", "57014", text)
        case duckdb.InterruptException():
            return Refused("000604", "57014", "SQL execution canceled")
        case _:
            return Refused("300002", "XX000", f"{type(error).__name__}: {text}", is_ours=True)
