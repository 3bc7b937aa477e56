"""What has to be known of a statement's text before it can be parsed, or where no parser knows its clauses."""

import datetime
import re

import sqlglot
from sqlglot.tokens import TokenType

import errors

# A string, a quoted name, a comment: nothing in them counts.
OPAQUE = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|--[^\n]*|//[^\n]*|/\*.*?\*/|\$\$.*?\$\$"""
PART = r'(?:"(?:[^"]|"")*"|[A-Za-z_][\w$]*)'
NAME = rf"{PART}(?:\s*\.\s*{PART})*"
# A stage's name, and a path in it.
STAGE = rf"@(?P<stage>{NAME})(?P<path>/[^\s'(),;]*)?"


def bare(sql):
    """The text without comments at its ends and without a semicolon."""
    return re.sub(r"^(?:\s+|--[^\n]*\n|//[^\n]*\n|/\*.*?\*/)*", "", sql, flags=re.S).rstrip().rstrip(";").rstrip()


def bound(sql, bindings):
    """The text with the value of each `?` as a literal of its type."""
    literals = iter(literal(bindings[key]) for key in sorted(bindings, key=int))

    def replace(match):
        if match[0] != "?":
            return match[0]
        value = next(literals, None)
        if value is None:
            raise errors.Refused("002049", "42601", "SQL compilation error:\nBind variable ? not set.")
        return value

    return re.sub(rf"{OPAQUE}|\?", replace, sql, flags=re.S)


def literal(binding):
    kind, value = binding["type"], binding["value"]
    if value is None:
        return "NULL"
    match kind:
        case "FIXED":
            # Two minus signs would begin a comment.
            return f"({value})"
        case "REAL":
            return f"CAST('{float(value)!r}' AS DOUBLE)"
        case "BOOLEAN":
            return value.upper()
        case "DATE":
            day = datetime.date(1970, 1, 1) + datetime.timedelta(milliseconds=int(value))
            return f"CAST('{day}' AS DATE)"
        case "TIMESTAMP_NTZ":
            seconds, nanos = divmod(int(value), 1_000_000_000)
            at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
            return f"CAST('{at}.{nanos:09d}' AS TIMESTAMP_NTZ(6))"
        case "TEXT":
            return quoted(value)
        case _:
            raise errors.unsupported(f"a bound value of type {kind}")


def quoted(text):
    """A literal of Snowflake."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def parts(name):
    """The parts of a name, each as it is kept: upper case unless it is quoted."""
    found = re.findall(PART, name)
    return [p[1:-1].replace('""', '"') if p.startswith('"') else p.upper() for p in found]


def ident(*names):
    """A name for DuckDB."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def brackets(sql, start):
    """What is between the bracket at `start` and the one that closes it, and where it ends."""
    depth = 0
    for match in re.compile(rf"{OPAQUE}|[()]", re.S).finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return sql[start + 1 : match.start()], match.end()
    raise errors.syntax("a bracket is not closed")


def clauses(sql):
    """Clauses like `TYPE = CSV NULL_IF = ('', 'x') FILE_FORMAT = (TYPE = CSV)`: values by their names in upper case.
    Texts are texts, words are in upper case, names as they are written; brackets hold clauses, or values."""
    tokens = sqlglot.tokenize(sql, read="snowflake")
    found, end = clauses_of(tokens, 0)
    if end != len(tokens):
        raise errors.syntax(f"unexpected '{tokens[end].text}'")
    return found


def clauses_of(tokens, at):
    found = {}
    while at < len(tokens) and tokens[at].token_type != TokenType.R_PAREN:
        if tokens[at].token_type == TokenType.COMMA:
            at += 1
            continue
        name = tokens[at].text.upper()
        if at + 1 >= len(tokens) or tokens[at + 1].token_type != TokenType.EQ:
            raise errors.syntax(f"unexpected '{name}'")
        found[name], at = value_of(tokens, at + 2)
    return found, at


def value_of(tokens, at):
    if at >= len(tokens):
        raise errors.syntax("unexpected end")
    if tokens[at].token_type != TokenType.L_PAREN:
        return word_of(tokens, at)
    at += 1
    if at + 1 < len(tokens) and tokens[at + 1].token_type == TokenType.EQ:
        found, at = clauses_of(tokens, at)
        return found, at + 1
    values = []
    while at < len(tokens) and tokens[at].token_type != TokenType.R_PAREN:
        if tokens[at].token_type == TokenType.COMMA:
            at += 1
        else:
            value, at = word_of(tokens, at)
            values.append(value)
    return values, at + 1


def word_of(tokens, at):
    token = tokens[at]
    if token.token_type == TokenType.STRING:
        return token.text, at + 1
    text, at = written(token), at + 1
    while at + 1 < len(tokens) and tokens[at].token_type == TokenType.DOT:
        text, at = f"{text}.{written(tokens[at + 1])}", at + 2
    return text, at


def written(token):
    is_name = token.token_type == TokenType.IDENTIFIER
    return ident(token.text) if is_name else token.text.upper()
