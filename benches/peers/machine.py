"""The machine and the versions, which a ratio is worth little without."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path

from server import query


def describe(url: str) -> list[str]:
    """Lines for people."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("duckdb", "adbc-driver-postgresql", "connectorx", "pandas", "dlt", "pyarrow")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    if shutil.which("pg2parquet"):
        versions.append(first_line("pg2parquet", "--version"))
    sizes = query(
        url,
        "SELECT string_agg(relname || ' ' || pg_size_pretty(size), ', ' ORDER BY size DESC) "
        "FROM (SELECT relname, pg_table_size(oid) AS size FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r') AS tables WHERE size > 0",
    )
    system = f"{platform.system()} {platform.release()}"
    server = f"PostgreSQL {query(url, 'SHOW server_version')}, shared_buffers {query(url, 'SHOW shared_buffers')}"
    programs = [first_line("psql", "--version"), first_line("rustc", "--version")]
    return [
        f"machine: {os.cpu_count()} cores ({processor()}), {memory:.0f} GiB, {system}",
        f"server: {server}; {sizes}",
        f"clients: {', '.join([*programs, f'Python {platform.python_version()}', *versions])}",
        f"load before the first round: {os.getloadavg()[0]:.2f}",
    ]


def first_line(*command: str) -> str:
    if not shutil.which(command[0]):
        return f"no {command[0]}"
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]


def processor() -> str:
    """What Linux says, else what Python knows."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
