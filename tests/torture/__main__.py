"""Kill the bot again and again, and print what was lost or doubled: `python -m tests.torture --help`."""

import argparse
import asyncio
import logging
import sys
import time
from random import SystemRandom

from tests.operations.postgres import Postgres
from tests.torture.campaign import Campaign, NewDatabase
from tests.torture.faults import under_faults
from tests.torture.table import table
from tests.torture.tally import Tally


def main() -> int:
    """Run what the command line says; 1 if a promise was broken."""
    chosen = _parser().parse_args()
    # A bot that is killed while it sends leaves half a request, which aiohttp complains about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    if chosen.database == "sqlite":
        return _report(chosen, lambda: None)
    server = Postgres()
    try:
        return _report(chosen, server.new_database)
    finally:
        server.remove()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="how often to kill (1000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10_000), help="to repeat a run")
    parser.add_argument("--bots", type=int, default=2, help="how many bots to kill side by side (2)")
    parser.add_argument("--minutes", type=float, default=60.0, help="when to stop with fewer kills (60)")
    parser.add_argument(
        "--faults", nargs="*", metavar="NAME", help="let both services go wrong: so, or in every way"
    )
    parser.add_argument("--random", action="store_true", help="leave out the kills at every single step")
    parser.add_argument(
        "--without-history",
        action="store_true",
        help="leave out the optional scopes; duplicates are expected",
    )
    parser.add_argument(
        "--client-msg-ids",
        action="store_true",
        help="let Slack honour client_msg_id, and the bot know; then no duplicates are expected",
    )
    return parser


def _report(chosen: argparse.Namespace, new_database: NewDatabase) -> int:
    began = time.monotonic()
    rows = asyncio.run(_run(chosen, new_database))
    seconds = time.monotonic() - began
    sys.stdout.write(f"\n{chosen.database}, seed {chosen.seed}, {seconds:.0f} s\n{table(rows)}\n")
    broken = sum(tally.broken for tally in rows.values())
    return 1 if broken else 0


async def _run(chosen: argparse.Namespace, new_database: NewDatabase) -> dict[str, Tally]:
    if chosen.faults is not None:
        return await under_faults(chosen.faults, chosen.seed, new_database)
    deadline = time.monotonic() + chosen.minutes * 60
    campaign = Campaign(
        chosen.kills,
        new_database,
        history=not chosen.without_history,
        client_msg_ids=chosen.client_msg_ids,
        deadline=deadline,
    )
    async with asyncio.TaskGroup() as tasks:
        for number in range(chosen.bots):
            if number == 0 and not chosen.random:
                tasks.create_task(campaign.at_every_moment(chosen.seed))
            else:
                tasks.create_task(campaign.at_random(chosen.seed + number))
    return campaign.rows


if __name__ == "__main__":
    sys.exit(main())
