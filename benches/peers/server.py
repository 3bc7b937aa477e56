"""The server that is read: PostgreSQL as it comes, with the demo shop in it, kept for the next run."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

# The day of the data: the same rows every time.
DATE = "2026-01-14"


class Failed(Exception):
    """What went wrong, for people."""


class Server:
    """A PostgreSQL with its own folder, stopped when the `with` ends."""

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.bin = binaries()
        self.account = account()
        self.process: subprocess.Popen | None = None
        self.url = ""

    def __enter__(self) -> "Server":
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            # SIGINT is PostgreSQL's fast shutdown, with a checkpoint.
            self.process.send_signal(2)
            self.process.wait()

    def _init(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        made = self._program(
            "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "-D", self.data
        )
        if made.wait() != 0:
            raise Failed(f"initdb failed, see {self.folder / 'server.log'}; another folder may be given with --out")

    def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # Where it listens; everything else is as initdb wrote it.
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.process = self._program("postgres", "-D", self.data, *options)
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if run_quietly("psql", self.url, "-Xqc", "SELECT 1"):
                return
            time.sleep(0.1)
        raise Failed(f"the server does not start, see {self.folder / 'server.log'}")

    def _program(self, name: str, *arguments: object) -> subprocess.Popen:
        who = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}
        with open(self.folder / "server.log", "a") as log:
            command = [self.bin / name, *arguments]
            try:
                return subprocess.Popen(
                    [str(word) for word in command],
                    cwd=self.folder,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **who,
                )
            except PermissionError as error:
                raise Failed(
                    f"{self.account.pw_name}, as whom PostgreSQL runs here, may not enter {self.folder}: give another "
                    f"folder with --out"
                ) from error


def fill(url: str, tp: Path, scale: int, scratch: Path) -> None:
    """Fills a database that has none of the tables, and makes it as a database is that has stood for a while."""
    if query(url, "SELECT to_regclass('public.crm_contacts') IS NOT NULL") == "t":
        return
    command = [tp, "generate", "--postgres", url, "--scale", str(scale), "--date", DATE, "--out", scratch, "--quiet"]
    if subprocess.run([str(word) for word in command]).returncode != 0:
        raise Failed("the data set could not be made")


def settle(url: str) -> None:
    """Nothing is left for the server to do of its own accord while others are measured."""
    query(url, "VACUUM ANALYZE")
    query(url, "CHECKPOINT")


def query(url: str, sql: str) -> str:
    """What `psql` prints."""
    done = subprocess.run(["psql", url, "-XqAtc", sql], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{sql}: {done.stderr.strip()}")
    return done.stdout.strip()


def run_quietly(*command: str) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def binaries() -> Path:
    """Where the server's programs are: PG_BIN, the PATH, or where packages put them, the newest."""
    usual = sorted(glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin"), key=version, reverse=True)
    usual += glob.glob("/opt/homebrew/opt/postgresql@*/bin")
    found = shutil.which("initdb", path=os.pathsep.join([os.environ.get("PG_BIN", ""), os.environ["PATH"], *usual]))
    if not found:
        raise Failed("install the PostgreSQL server's programs, name their folder in PG_BIN, or give --postgres")
    return Path(found).resolve().parent


def version(folder: str) -> int:
    return int("".join(c for c in folder if c.isdigit()) or 0)


def account() -> pwd.struct_passwd | None:
    """The account that the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return known[name]
    raise Failed("PostgreSQL does not run as root, and there is neither an account postgres nor nobody")
