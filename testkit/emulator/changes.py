"""Statements that change rows."""

from sqlglot import exp

import answers
import dialect
import errors
import locks
import texts


def change(session, expression):
    # DuckDB knows what is set without being told of which table.
    for update in expression.find_all(exp.Update):
        for equal in update.expressions:
            if isinstance(equal, exp.EQ) and isinstance(equal.this, exp.Column):
                equal.set("this", exp.Column(this=equal.this.this))
    # Rows that only come lock nothing.
    if not isinstance(expression, exp.Insert) or expression.args.get("overwrite"):
        locks.take(session, path_of_target(session, expression))
    match expression:
        case exp.Insert():
            return insert(session, expression)
        case exp.Merge():
            return merge(session, expression)
        case exp.Update():
            count = run(session, expression)
            return counted({"updated": count}, ["number of multi-joined rows updated#"])
        case exp.Delete():
            return counted({"deleted": run(session, expression)})


def path_of_target(session, expression):
    target = expression.this.this if isinstance(expression.this, exp.Schema) else expression.this
    return session.path(dialect.path_of(target))


STATS = {"inserted": "numRowsInserted", "updated": "numRowsUpdated", "deleted": "numRowsDeleted"}


def counted(counts, others=()):
    names = [f"number of rows {what}#" for what in counts]
    result = answers.rows([*names, *others], [[*counts.values(), *(0 for _ in others)]])
    result.stats = {STATS[what]: count for what, count in counts.items()} | {"numDmlDuplicates": 0}
    return result


def run(session, expression):
    session.duck.execute(dialect.translated(expression, session))
    return session.duck.fetchone()[0]


def insert(session, expression):
    if not expression.args.get("overwrite"):
        return counted({"inserted": run(session, expression)})
    # What is selected may be of the table itself: it is read before the table is emptied.
    target, rows = expression.this, f"{dialect.OWN}ROWS"
    path = path_of_target(session, expression)
    names = [dialect.name_of(name) for name in target.expressions] if isinstance(target, exp.Schema) else []
    names = f" ({', '.join(texts.ident(name) for name in names)})" if names else ""

    def overwrite():
        selected = session.fetched(dialect.translated(expression.expression, session)).table
        # The same name may stand twice in what is selected.
        selected = selected.rename_columns([f"c{i}" for i in range(selected.num_columns)])
        session.duck.register(rows, selected)
        try:
            session.duck.execute(f"DELETE FROM {texts.ident(*path)}")
            session.duck.execute(f"INSERT INTO {texts.ident(*path)}{names} SELECT * FROM {rows}")
            return session.duck.fetchone()[0]
        finally:
            session.duck.unregister(rows)

    return counted({"inserted": session.atomic(overwrite)})


def merge(session, expression):
    whens = expression.args["whens"].expressions
    of = {"UPDATE": "updated", "INSERT": "inserted", "DELETE": "deleted"}
    kinds = [then_of(when) for when in whens]
    if any(kind != "INSERT" for kind in kinds):
        refuse_duplicates(session, expression)
    session.duck.execute(f"{dialect.translated(expression, session)} RETURNING merge_action")
    actions = [action for (action,) in session.duck.fetchall()]
    return counted({of[kind]: actions.count(kind) for kind in ("INSERT", "UPDATE", "DELETE") if kind in kinds})


def then_of(when):
    then = when.args["then"]
    match then:
        case exp.Insert():
            return "INSERT"
        case exp.Update():
            return "UPDATE"
        case exp.Var() if then.name.upper() == "DELETE":
            return "DELETE"
        case _:
            raise errors.syntax("a clause of MERGE is none")


def refuse_duplicates(session, expression):
    """A row that matches several of the other side is an error, as long as ERROR_ON_NONDETERMINISTIC_MERGE is not set
    to false."""
    target = expression.this.copy()
    if not target.args.get("alias"):
        target = exp.alias_(target, dialect.name_of(target.this), quoted=True, table=True)
    twice = exp.select("1").from_(target).join(expression.args["using"].copy(), on=expression.args["on"].copy())
    row = texts.ident(dialect.name_of(target.args["alias"].this), "rowid")
    twice = f"{dialect.translated(twice, session)} GROUP BY {row} HAVING count(*) > 1 LIMIT 1"
    if session.duck.execute(twice).fetchone():
        raise errors.Refused("100090", "42P18", "Duplicate row detected during DML action")
