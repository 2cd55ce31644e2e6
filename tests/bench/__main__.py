"""Measure the bot as a process, and print a table of what was found: `python -m tests.bench --help`."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from tests import forked
from tests.bench import accounts, commands, creates, crowd, home, idle, partition, replicas, takeover
from tests.bench.databases import databases
from tests.bench.figures import Row, table
from tests.bench.sizes import FULL, QUICK
from tests.bench.subjects import Bench
from tests.operations.postgres import Postgres

MEASUREMENTS: dict[str, Callable[[Bench], AsyncGenerator[Row, None]]] = {
    "idle": idle.measure,
    "commands": commands.measure,
    "create": creates.measure,
    "call": creates.measure_calls,
    "batch": creates.measure_batch,
    "crowd": crowd.measure,
    "limits": crowd.measure_limited,
    "accounts": accounts.measure,
    "home": home.measure,
    "replicas": replicas.measure,
    "takeover": takeover.measure,
    "partition": partition.measure,
}
OVER_POSTGRES = ("replicas", "takeover", "partition")
"""What takes a PostgreSQL of our own, whatever the others are measured with."""
LONG = ("takeover", "partition")
"""What takes its time however little of it is measured, so that `--quick` leaves it out."""
MOST_SECONDS = 900.0
"""How long one measurement may take."""


def main() -> int:
    """Measure what the command line says; 1 where something could not be measured."""
    chosen = _parser().parse_args()
    started = os.getloadavg()[0]
    began = time.monotonic()
    names = chosen.only or [name for name in MEASUREMENTS if not (chosen.quick and name in LONG)]
    postgres = Postgres() if set(names) & set(OVER_POSTGRES) else None
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        found = databases(chosen.database, Path(name))
        try:
            if chosen.quick:
                bench = Bench(QUICK, found, Path(name), forked.spawn, postgres)
            else:
                bench = Bench(FULL, found, Path(name), postgres=postgres)
            rows, failed = asyncio.run(_measure(bench, names))
        finally:
            found.remove()
            if postgres:
                postgres.remove()
    about = {
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "database": _kind(chosen.database),
        "load_at_start": round(started, 2),
        "load_at_end": round(os.getloadavg()[0], 2),
        "seconds": round(time.monotonic() - began),
    }
    sys.stdout.write(f"{_header(about)}\n\n{table(rows)}\n")
    if chosen.json:
        report = about | {"rows": [row.as_json() for row in rows], "failed": failed}
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures there")
    parser.add_argument("--quick", action="store_true", help="small numbers: does everything run?")
    parser.add_argument(
        "--only",
        type=_names,
        metavar="NAME[,NAME]",
        help=f"measure only these: {', '.join(MEASUREMENTS)}",
    )
    parser.add_argument(
        "--database",
        default="sqlite",
        metavar="URL",
        help="sqlite (the default), postgresql for a server of our own, or a PostgreSQL URL beside whose "
        "database we may make others",
    )
    return parser


async def _measure(bench: Bench, names: Sequence[str]) -> tuple[list[Row], dict[str, str]]:
    """Return the rows, and why the other measurements gave none."""
    failed: dict[str, str] = {}
    turns = asyncio.Semaphore(bench.sizes.at_once)

    async def measure(name: str) -> list[Row]:
        async with turns:
            sys.stderr.write(f"{name} …\n")
            rows: list[Row] = []
            try:
                async with asyncio.timeout(MOST_SECONDS), aclosing(MEASUREMENTS[name](bench)) as found:
                    async for row in found:
                        sys.stderr.write(f"  {row.name}: {row.measured}\n")
                        rows.append(row)
            except Exception as error:  # what one can't measure, the others can
                failed[name] = f"{type(error).__name__}: {error}"
                sys.stderr.write(f"{name} could not be measured: {failed[name]}\n")
            return rows

    found = await asyncio.gather(*(measure(name) for name in names))
    return [row for rows in found for row in rows], failed


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - MEASUREMENTS.keys():
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def _kind(database: str) -> str:
    return "sqlite" if database == "sqlite" else "postgresql"


def _header(about: dict[str, object]) -> str:
    return (
        f"{about['cores']} cores, Python {about['python']}, {about['database']}; "
        f"load {about['load_at_start']} at the start, {about['load_at_end']} at the end; "
        f"{about['seconds']} s"
    )


if __name__ == "__main__":
    sys.exit(main())
