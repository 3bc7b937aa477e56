"""The peers: a function each, that makes the command of a fresh process."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server import DATE

CLIENT = Path(__file__).with_name("client.py")


@dataclass(frozen=True)
class Job:
    """What is asked of a peer: tables of a database, into a folder that is there and empty."""

    url: str
    tables: tuple[str, ...]
    connections: int
    folder: Path
    tp: Path


@dataclass(frozen=True)
class Peer:
    """One that can be asked."""

    name: str
    command: Callable[[Job], list[str]]
    # As many as it can use at once.
    connections: int = 2
    # As many as it is about: it stays out of the cases with fewer.
    at_least: int = 1
    # What must be installed, but for Python's packages.
    program: str = "sh"
    # Whether it writes files: psql's floor does not.
    writes: bool = True
    # What a reader of its row should know.
    note: str = ""


def psql(job: Job) -> list[str]:
    """The floor: the server's COPY, and a client that throws the bytes away. One table after the other."""
    statements = [f"COPY public.{table} TO STDOUT (FORMAT BINARY)" for table in job.tables]
    if len(statements) > 1:
        statements = ["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", *statements, "COMMIT"]
    return ["psql", job.url, "-Xq", *[word for statement in statements for word in ("-c", statement)]]


def halves(job: Job) -> list[str]:
    """The floor of two connections: a psql for each half of the pages, both at once, nothing decoded or written."""
    sides = ["\n".join(half(table, side) for table in job.tables) for side in ("<", ">=")]
    return ["sh", "-c", SIDE_BY_SIDE, "halves", job.url, *sides]


SIDE_BY_SIDE = """
printf %s "$2" | psql "$1" -Xq & first=$!
printf %s "$3" | psql "$1" -Xq & second=$!
wait $first && wait $second
"""


def half(table: str, side: str) -> str:
    middle = f"pg_relation_size('public.{table}') / current_setting('block_size')::int / 2"
    return f"""
SELECT format('(%s,0)', {middle}) AS middle \\gset
COPY (SELECT * FROM public.{table} WHERE ctid {side} :'middle') TO STDOUT (FORMAT BINARY);"""


def shopstream(job: Job) -> list[str]:
    """This library, by the command line of the demo."""
    command = [str(job.tp), "extract", "--postgres", job.url, "--no-generate", "--date", DATE, "--json"]
    command += ["--tables", ",".join(job.tables), "--lake", job.folder.as_uri(), "--out", str(job.folder.parent / "tp")]
    return command + (["--workers", str(job.connections)] if takes_workers(job.tp) else [])


def takes_workers(tp: Path) -> bool:
    """Whether this build can read with more than one connection."""
    return "--workers" in subprocess.run([tp, "--help"], capture_output=True, text=True).stdout


def pg2parquet(job: Job) -> list[str]:
    """A command a table, so each table has a snapshot of its own."""
    export = f"pg2parquet export --quiet --connection '{job.url}' --compression zstd --compression-level 1"
    export += " --numeric-handling decimal --decimal-precision 10 --decimal-scale 2"
    commands = [f"{export} --table {table} --output-file '{job.folder / table}.parquet'" for table in job.tables]
    # Without a password anywhere it would ask a terminal for one.
    return ["sh", "-c", " && ".join(['export PGPASSWORD="${PGPASSWORD-}"', *commands])]


def python(name: str) -> Callable[[Job], list[str]]:
    """One of client.py."""
    return lambda job: [sys.executable, str(CLIENT), name, job.url, str(job.connections), str(job.folder), *job.tables]


HALVES = "half of the pages each, a snapshot a connection"

PEERS = (
    Peer("psql", psql, connections=1, program="psql", writes=False),
    Peer("two psql", halves, at_least=2, program="psql", writes=False, note=HALVES),
    Peer("shopstream", shopstream),
    Peer("duckdb", python("duckdb")),
    Peer("adbc", python("adbc"), connections=1, note="a snapshot a table"),
    Peer("connectorx", python("connectorx"), note="a snapshot a connection"),
    Peer("pg2parquet", pg2parquet, connections=1, program="pg2parquet", note="a snapshot a table"),
    Peer("pandas", python("pandas"), connections=1, note="a snapshot a table"),
    Peer("dlt", python("dlt"), connections=1, note="a snapshot a table"),
)


def missing(peer: Peer) -> str | None:
    """Why a peer cannot run here."""
    if not shutil.which(peer.program):
        return f"{peer.program} is not installed"
    return None
