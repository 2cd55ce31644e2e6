"""The bot, talking to Slack as fast as it can: `python -m tests.bench.unlimited` is `python -m bot run`."""

import sys
from functools import partial
from typing import Any

from bot import app
from bot.__main__ import main
from bot.notifications.rate_limit import SlackRateLimits

MANY = 1_000_000


def lift_limits() -> None:
    """Let the bot post and edit without waiting for Slack's limits; the only place that knows how."""
    module: Any = app
    module.run = partial(app.run, limits=SlackRateLimits(posts=MANY, edits=MANY))


if __name__ == "__main__":
    lift_limits()
    sys.exit(main(["run"]))
