"""The bot, keeping what has ended for seconds instead of days, and talking to Slack as fast as it can."""

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.__main__ import main
from bot.operations import maintenance
from bot.operations.engine import start
from tests.bench.unlimited import lift_limits

KEEP_SECONDS = "SOAK_KEEP_SECONDS"
"""The variable that says for how many seconds; what is older is purged three times as often."""


def run() -> None:
    """Do what `python -m bot run` does, but with such a short memory; the only place that knows how."""
    keep = float(os.environ[KEEP_SECONDS])
    every = keep / 3

    async def purge_often(_: float) -> None:
        now = datetime.now(UTC)
        turn = int(now.timestamp() / every)
        await start(maintenance.purge_old_operations, f"purge:{turn}", now - timedelta(seconds=keep))

    lift_limits()
    module: Any = maintenance
    module.MINUTE, module.purge_daily = every, purge_often
    sys.exit(main(["run"]))
