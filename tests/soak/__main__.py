"""Load, faults and kills for a while; a table of what grew and was lost: `python -m tests.soak --help`."""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.bench.databases import databases
from tests.bench.sizes import FULL
from tests.bench.subjects import Bench
from tests.soak.run import Soak


def main() -> int:
    """Run what the command line says; 1 if something grew, or a promise was broken."""
    chosen = _parser().parse_args()
    # A bot that is killed while it sends leaves half a request, which aiohttp complains about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    kinds = ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,)
    return max(_soak(kind, chosen) for kind in kinds)


def _soak(kind: str, chosen: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        found = databases(kind, Path(name))
        try:
            soak = Soak(
                Bench(FULL, found, Path(name)),
                seconds=chosen.minutes * 60,
                rate=chosen.rate,
                seed=chosen.seed,
                kill_seconds=chosen.kill_seconds,
                faults=chosen.faults,
            )
            report = asyncio.run(soak.run())
        finally:
            found.remove()
    sys.stdout.write(f"{report.text}\n\n")
    sys.stdout.flush()
    return 0 if report.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="how long, for each database (20)")
    parser.add_argument("--rate", type=float, default=50.0, help="how much people do in a second (50)")
    parser.add_argument(
        "--database",
        default="both",
        help="both (the default), sqlite for one bot, postgresql for two on a server of our own",
    )
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10_000), help="to repeat a run")
    parser.add_argument("--kill-seconds", type=float, default=60.0, help="between two kills (60)")
    parser.add_argument("--faults", type=float, default=0.02, help="the share of requests that go wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main())
