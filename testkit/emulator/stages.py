"""Stages and file formats."""

import json
import re

import answers
import catalog
import errors
import s3
import texts

# Their clauses by kind, and by database, schema and name.
kept: dict[str, dict[tuple[str, str, str], dict]] = {"STAGE": {}, "FILE FORMAT": {}}


def kind_of(match):
    return re.sub(r"\s+", " ", match["kind"].upper())


def find(session, kind, name):
    path = session.path(texts.parts(name))
    found = kept[kind].get(tuple(path))
    if found is None:
        raise errors.Refused(
            "002003", "02000", f"SQL compilation error:\n{kind.capitalize()} '{name}' does not exist or not authorized."
        )
    return found


def create(session, _sql, match):
    session.commit()
    kind, path = kind_of(match), tuple(session.path(texts.parts(match["name"])))
    if not catalog.has_schema(session, *path[:2]):
        raise catalog.no_schema(path[1])
    if path in kept[kind] and not match["replace"]:
        if match["exists"]:
            return answers.status(f"{path[2]} already exists, statement succeeded.")
        raise errors.exists(f"'{path[2]}'")
    kept[kind][path] = texts.clauses(match["clauses"])
    return answers.status(f"{'Stage area' if kind == 'STAGE' else 'File format'} {path[2]} successfully created.")


def alter(session, _sql, match):
    session.commit()
    find(session, kind_of(match), match["name"]).update(texts.clauses(match["clauses"]))
    return answers.status()


def drop(session, _sql, match):
    session.commit()
    kind, path = kind_of(match), tuple(session.path(texts.parts(match["name"])))
    if kept[kind].pop(path, None) is None and not match["exists"]:
        raise errors.missing(f"{kind.capitalize()} '{path[2]}'")
    return answers.status(f"{path[2]} successfully dropped.")


def url(session, stage, path):
    """Where a stage's files are, and the format that it has for them."""
    clauses = find(session, "STAGE", stage)
    if "URL" not in clauses:
        raise errors.unsupported("internal stages")
    path = (path or "").strip("/") if path in (None, "/") else path.removeprefix("/")
    return f"{clauses['URL'].rstrip('/')}/{path}", clauses.get("FILE_FORMAT")


def format_of(session, clauses):
    """The options of a format: of the one that is named, and those that stand beside its name."""
    if isinstance(clauses, str):
        return dict(find(session, "FILE FORMAT", clauses))
    clauses = dict(clauses or {})
    named = clauses.pop("FORMAT_NAME", None)
    return {**(find(session, "FILE FORMAT", named) if named else {}), **clauses}


def listed(session, _sql, match):
    base, _ = url(session, match["stage"], match["path"])
    found = s3.listed(base)
    return answers.rows(["name", "size#", "md5", "last_modified"], [[f.url, f.size, f.md5, f.modified] for f in found])


def shown(kind, scope):
    """What SHOW answers: the stages or formats of a database, or of a schema."""
    here = sorted(
        (item for item in kept[kind].items() if item[0][: len(scope)] == tuple(scope)), key=lambda item: item[0]
    )
    if kind == "STAGE":
        names = ["created_on", "name", "database_name", "schema_name", "url", "comment", "type", "storage_integration"]
        return names, [
            [
                "",
                path[2],
                path[0],
                path[1],
                c.get("URL", ""),
                c.get("COMMENT", ""),
                "EXTERNAL" if "URL" in c else "INTERNAL",
                texts.parts(c["STORAGE_INTEGRATION"])[-1] if "STORAGE_INTEGRATION" in c else None,
            ]
            for path, c in here
        ]
    names = ["created_on", "name", "database_name", "schema_name", "type", "owner", "comment", "format_options"]
    return names, [
        ["", path[2], path[0], path[1], c.get("TYPE", "CSV"), "", c.get("COMMENT", ""), options(c)] for path, c in here
    ]


def options(clauses):
    values = {"TRUE": True, "FALSE": False}
    named = {
        key: value if isinstance(value, list) else values.get(value, value)
        for key, value in clauses.items()
        if key != "COMMENT"
    }
    return json.dumps(named)
