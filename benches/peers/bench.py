"""The bench: rounds of all peers at all cases, one after the other, each in a fresh process."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import machine
import table
import verify
from cases import CASES, TABLES
from peers import PEERS, Job, missing, takes_workers
from server import Failed, Server, fill, settle
from table import Row, Took

MEASURE = Path(__file__).with_name("measure.py")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--scale", type=int, default=300, help="how much data: 1 is 5,000 orders [300]")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run; the median counts [5]")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help="these peers: " + ",".join(p.name for p in PEERS)
    )
    parser.add_argument(
        "--cases", type=lambda text: [int(n) for n in text.split(",")], help="these cases, by their number: 1,2,3,4"
    )
    parser.add_argument(
        "--slow", type=float, default=120, help="who took longer than these seconds runs no second round [120]"
    )
    parser.add_argument("--postgres", metavar="URL", help="a server of your own; filled if it has none of the tables")
    parser.add_argument("--tp", type=Path, help="the command line, built already [cargo build --profile dist --bin tp]")
    parser.add_argument(
        "--out", type=Path, default=Path("target/peers"), help="the folder of everything [target/peers]"
    )
    return parser.parse_args()


def main() -> int:
    args = arguments()
    # So that the server is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    tp = (args.tp or build()).resolve()
    with contextlib.ExitStack() as stack:
        url = args.postgres or stack.enter_context(Server(out / f"server-{args.scale}")).url
        # SQLAlchemy knows the long name alone.
        url = url.replace("postgres://", "postgresql://", 1)
        say("filling the database")
        fill(url, tp, args.scale, out / "generate")
        settle(url)
        want = {name: verify.expected(url, name) for name in TABLES}
        head = machine.describe(url) + ["rows: " + ", ".join(f"{name} {want[name]['rows']:,}" for name in TABLES)]
        head.append(f"each peer a fresh process, {args.rounds} rounds taken in turns, medians; Parquet, zstd level 1")
        rows = play(args, url, tp, out, want)
    report = [*head, "", *table.lines(rows)]
    (out / "report.md").write_text("\n".join(report) + "\n")
    (out / "rounds.json").write_text(json.dumps([plain(row) for row in rows], indent=1))
    print("\n".join(report))
    return 1 if any(row.failed for row in rows if row.peer.name in ("psql", "two psql", "shopstream")) else 0


def play(args: argparse.Namespace, url: str, tp: Path, out: Path, want: dict) -> list[Row]:
    """All rounds, in turns, so that a noise of the machine hits all alike."""
    chosen = [peer for peer in PEERS if not args.only or peer.name in args.only]
    cases = [case for number, case in enumerate(CASES, 1) if not args.cases or number in args.cases]
    rows = [
        Row(case, peer, min(case.connections, peer.connections))
        for case in cases
        for peer in chosen
        if case.connections >= peer.at_least
    ]
    for row in rows:
        row.failed = missing(row.peer)
        if row.peer.name == "shopstream" and row.connections > 1 and not takes_workers(tp):
            row.connections = 1
            row.notes.append("this build has no --workers")
    for number in range(args.rounds):
        for row in rows:
            if not row.failed and not (row.rounds and row.rounds[0].wall > args.slow):
                one(row, Job(url, row.case.tables, row.connections, out / "files", tp), want, number)
    for row in rows:
        if 0 < len(row.rounds) < args.rounds:
            row.notes.append("one round, being slow")
    shutil.rmtree(out / "files", ignore_errors=True)
    return rows


def one(row: Row, job: Job, want: dict, number: int) -> None:
    """One run of one peer, checked."""
    name = f"round {number + 1}, {row.case.name}, {row.peer.name}"
    for leftover in (job.folder, job.folder.with_name("tp")):
        shutil.rmtree(leftover, ignore_errors=True)
    job.folder.mkdir()
    # The one before leaves nothing behind for the disk to do.
    os.sync()
    log, result = job.folder.with_name("last.log"), job.folder.with_name("last.txt")
    discard = open(log, "wb") if row.peer.writes else open(os.devnull, "wb")
    with discard as stdout, open(log, "ab") as stderr:
        command = [sys.executable, "-IS", MEASURE, result, *row.peer.command(job)]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=True)
    wall, cpu, peak, code = result.read_text().split()
    if code != "0":
        row.failed = f"failed: {last_line(log)}"
    elif row.peer.writes:
        row.failed = verify.differs(job.folder, {name: want[name] for name in row.case.tables})
    if row.failed:
        say(f"{name}: {row.failed}")
        return
    written = sum(file.stat().st_size for file in job.folder.rglob("*") if file.is_file())
    row.rounds.append(Took(float(wall), float(cpu), int(peak), written))
    remark = verify.money(job.folder)
    if remark and remark not in row.notes:
        row.notes.append(remark)
    say(f"{name}: {float(wall):.2f} s")


def build() -> Path:
    command = [
        "cargo",
        "build",
        "--profile=dist",
        "--locked",
        "--package",
        "shopstream-tp",
        "--bin",
        "tp",
        "--message-format=json",
    ]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise Failed("tp cannot be built")
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return Path(next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "tp"))


def last_line(log: Path) -> str:
    found = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return found[-1][:200].replace("|", "/") if found else "it said nothing"


def plain(row: Row) -> dict:
    return {
        "case": row.case.name,
        "peer": row.peer.name,
        "connections": row.connections,
        "failed": row.failed,
        "notes": row.notes,
        "rounds": [asdict(took) for took in row.rounds],
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"error: {failed}")
