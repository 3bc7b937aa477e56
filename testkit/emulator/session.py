"""A session: where it is, its transaction, and its statements."""

import itertools
import re
import threading
from collections import deque
from contextlib import contextmanager

from fakesnow.conn import FakeSnowflakeConnection
from sqlglot import exp

import answers
import catalog
import changes
import definitions
import dialect
import engine
import errors
import loads
import locks
import nods
import shows
import stages
import texts

numbers = itertools.count(1)
# Who ran what: user, the query's id, its tag and its text.
history = deque(maxlen=10_000)
HISTORY = re.compile(rf"TABLE\s*\(\s*{texts.NAME}\.QUERY_HISTORY_BY_USER\s*\([^()]*\)\s*\)", re.I)


class Session:
    def __init__(self, user, database, schema, warehouse, role):
        self.number, self.user = next(numbers), user.upper()
        self.warehouse, self.role = warehouse, role
        self.database = self.schema = None
        self.parameters = {}
        # Answers, by the ids of their requests and of their queries.
        self.requests, self.answers = {}, {}
        self.lock = threading.Lock()
        self.in_transaction = False
        # The request that is being answered, and those that were given up, be it before their turn came.
        self.running, self.given_up = None, set()
        self.temporary = []
        with engine.lock:
            self.duck = engine.fakesnow.duck_conn.cursor()
            self.connection = FakeSnowflakeConnection(self.duck, {})
            # What a login names need not be there.
            if database and catalog.has_database(self, kept(database)):
                there = schema and catalog.has_schema(self, kept(database), kept(schema))
                self.use(kept(database), kept(schema) if there else None)

    def close(self):
        with engine.lock:
            if self.in_transaction:
                self.rollback()
            for path in self.temporary:
                self.duck.execute(f"DROP TABLE IF EXISTS {texts.ident(*path)}")
            self.duck.close()

    def abort(self, request_id):
        self.given_up.add(request_id)
        if self.running == request_id:
            self.duck.interrupt()

    def go_on(self):
        """Ends what is being answered, if it was given up."""
        if self.running in self.given_up:
            raise errors.Refused("000604", "57014", "SQL execution canceled")

    # Where it is.

    def use(self, database, schema=None):
        self.database, self.schema = database, schema
        self.duck.execute(f"USE {texts.ident(database, schema or 'main')}")
        self.connection.database, self.connection._schema = database, schema
        self.connection.database_set, self.connection.schema_set = True, schema is not None

    @contextmanager
    def apart(self):
        """A connection in the same place, apart from the transaction, in which TRY holds what it promises: an
        expression that stands in two of them would be reckoned once, outside of both."""
        with self.duck.cursor() as duck:
            if self.database:
                duck.execute(f"USE {texts.ident(self.database, self.schema or 'main')}")
            duck.execute("SET disabled_optimizers = 'common_subexpressions'")
            try:
                yield duck
            finally:
                duck.execute("RESET disabled_optimizers")

    def leave(self, kind):
        """Is in no schema any more, or in no database."""
        self.database, self.schema = (None, None) if kind == "DATABASE" else (self.database, None)
        self.duck.execute("USE memory.main")

    def path(self, names, parts=3):
        """A name with its database, and its schema if it has three parts."""
        before = [self.database, self.schema][: parts - 1]
        missing = parts - len(names)
        if missing < 0 or None in before[:missing]:
            raise errors.Refused(
                "090105",
                "22000",
                f"Cannot perform this. This session does not have a current database or schema: {'.'.join(names)}",
            )
        return [*before[:missing], *names]

    # Transactions.

    def begin(self):
        if not self.in_transaction:
            self.duck.execute("BEGIN TRANSACTION")
            self.in_transaction = True

    def commit(self):
        """Also what comes before each DDL."""
        if self.in_transaction:
            self.in_transaction = False
            locks.release(self)
            self.duck.execute("COMMIT")

    def rollback(self):
        if self.in_transaction:
            self.in_transaction = False
            locks.release(self)
            self.duck.execute("ROLLBACK")

    def atomic(self, work):
        """Does several steps as one: in the transaction if there is one, or in one of their own."""
        if self.in_transaction:
            return work()
        self.begin()
        try:
            done = work()
        except BaseException:
            self.rollback()
            raise
        self.commit()
        return done

    # Statements.

    def run(self, sql, bindings, request_id):
        with engine.lock:
            self.running = request_id
            try:
                self.go_on()
                return self.answer(texts.bare(sql), bindings)
            finally:
                self.running = None

    def answer(self, sql, bindings):
        if bindings and re.match(r"CREATE\s+(OR\s+REPLACE\s+)?(\w+\s+)?VIEW\b", sql, re.I):
            raise errors.syntax("a view has no bind variables")
        sql = texts.bound(sql, bindings)
        if nods.meets(sql):
            self.commit()
            return answers.status()
        for pattern, handler in BY_TEXT:
            if match := re.match(pattern, sql, re.I | re.S):
                return handler(self, sql, match)
        if HISTORY.search(sql):
            return self.asked_of_history(sql)
        expression = dialect.parse(sql)
        match expression:
            case exp.Transaction():
                self.begin()
            case exp.Commit():
                self.commit()
            case exp.Rollback():
                self.rollback()
            case exp.Use():
                self.move(expression)
            case exp.Create() | exp.Alter() | exp.Drop() | exp.Comment() | exp.TruncateTable():
                self.commit()
                return definitions.define(self, expression)
            case exp.Insert() | exp.Update() | exp.Delete() | exp.Merge():
                return changes.change(self, expression)
            case exp.Query():
                return self.query(expression)
            case _:
                raise errors.unsupported(sql.split("\n")[0])
        return answers.status()

    def remember(self, query_id, tag, sql):
        history.append((self.user, query_id, tag, sql))

    def asked_of_history(self, sql):
        """A question about the statements of the user."""
        table = f"{dialect.OWN}HISTORY"
        own = [rest for user, *rest in history if user == self.user]
        names = ["QUERY_ID", "QUERY_TAG", "QUERY_TEXT"]
        self.duck.register(table, answers.rows(names, own).table)
        try:
            return self.query(dialect.parse(HISTORY.sub(table, sql)))
        finally:
            self.duck.unregister(table)

    def query(self, expression):
        result = self.fetched(dialect.translated(expression, self))
        if isinstance(expression, exp.Select) and not expression.is_star:
            # A count is no longer than 18 digits, whatever else is.
            counts = [isinstance(column.unalias(), exp.Count) for column in expression.expressions]
            result.columns = [
                (name, "DECIMAL(18,0)" if count else kind) for (name, kind), count in zip(result.columns, counts)
            ]
        return result

    def fetched(self, sql):
        self.duck.execute(sql)
        columns = [(name, str(kind)) for name, kind, *_ in self.duck.description]
        return answers.Result(columns, self.duck.to_arrow_table(), is_query=True)

    def move(self, expression):
        kind, path = expression.args.get("kind"), dialect.path_of(expression.this)
        kind = kind.name.upper() if kind else "SCHEMA" if len(path) == 2 else "DATABASE"
        match kind:
            case "WAREHOUSE":
                self.warehouse = path[-1]
            case "DATABASE":
                if not catalog.has_database(self, path[-1]):
                    raise catalog.no_place()
                self.use(path[-1], "PUBLIC" if catalog.has_schema(self, path[-1], "PUBLIC") else None)
            case "SCHEMA":
                database, schema = self.path(path, 2)
                if not catalog.has_schema(self, database, schema):
                    raise catalog.no_place()
                self.use(database, schema)
            case _:
                raise errors.unsupported(f"USE {kind}")


def kept(name):
    """A name of a login, as it is kept."""
    return texts.parts(name)[0] if name.startswith('"') else name.upper()


def settings(session, sql, match):
    if re.search(r"\bAUTOCOMMIT\b", sql, re.I):
        raise errors.unsupported("ALTER SESSION SET AUTOCOMMIT")
    # Of the time zone only UTC is known.
    if (zone := re.search(r"\bTIMEZONE\s*=\s*'([^']*)'", sql, re.I)) and zone[1].upper() not in ("UTC", "ETC/UTC"):
        raise errors.unsupported(f"the time zone {zone[1]}")
    session.parameters.update(texts.clauses(match["settings"]) if match["verb"].upper() == "SET" else {})
    return answers.status()


BY_TEXT = [
    (r"ALTER\s+SESSION\s+(?P<verb>SET|UNSET)\s+(?P<settings>.*)$", settings),
    (r"COPY\s+INTO\b", loads.copy),
    (rf"(LIST|LS)\s+{texts.STAGE}\s*$", stages.listed),
    (
        rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?(TEMP\w*\s+)?(?P<kind>STAGE|FILE\s+FORMAT)\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?"
        rf"(?P<name>{texts.NAME})(?P<clauses>.*)$",
        stages.create,
    ),
    (rf"DROP\s+(?P<kind>STAGE|FILE\s+FORMAT)\s+(?P<exists>IF\s+EXISTS\s+)?(?P<name>{texts.NAME})\s*$", stages.drop),
    (
        rf"ALTER\s+(?P<kind>STAGE|FILE\s+FORMAT)\s+(IF\s+EXISTS\s+)?(?P<name>{texts.NAME})\s+SET\s+(?P<clauses>.*)$",
        stages.alter,
    ),
    (
        rf"CREATE\s+(OR\s+REPLACE\s+)?(SECURE\s+)?FUNCTION\s+(IF\s+NOT\s+EXISTS\s+)?(?P<name>{texts.NAME})",
        definitions.function,
    ),
    (r"SHOW\s+(?P<rest>.*)$", shows.show),
    (rf"(DESC|DESCRIBE)\s+(?P<kind>TABLE|VIEW)\s+(?P<name>{texts.NAME})\s*$", shows.describe),
]
