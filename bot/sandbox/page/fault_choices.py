"""The few faults a person can choose on the page, what they do, and the switches they stand for."""

from dataclasses import dataclass

from bot.sandbox.faults import Faults, ProviderFault, SlackFault

SLOW_SECONDS = 5.0
"""How much longer VPS.org takes over each answer when it is slow."""


@dataclass(frozen=True)
class Choice:
    """What is chosen, what happens then, and what the bot should do about it."""

    name: str
    happens: str
    expected: str


PROVIDER = {
    "normal": Choice("normal", "VPS.org answers at once.", "The bot does what it is asked to."),
    "slow": Choice(
        "slow",
        f"Each answer takes {SLOW_SECONDS:g} seconds longer.",
        "The bot says that it is asking, and answers below that.",
    ),
    "failing": Choice(
        "failing",
        "Each request gets error 500.",
        "The bot says that nothing was started. It keeps asking after what runs already.",
    ),
    "limiting": Choice(
        "rate limiting",
        "Each request is one too many (429).",
        "The bot waits as VPS.org says, and tells people when that takes too long.",
    ),
    "losing": Choice(
        "answers lost",
        "VPS.org does what it is asked to, and its answer never arrives.",
        "The bot looks whether it was done, and never asks for it twice.",
    ),
    "refusing": Choice(
        "token refused",
        "VPS.org does not accept the bot's token (401).",
        "The bot says so, and that whoever runs it has to know.",
    ),
}
"""What VPS.org can be."""

SLACK = {
    "normal": Choice("normal", "Slack answers at once.", "The bot's messages appear."),
    "failing": Choice(
        "failing",
        "Each call of Slack's API fails (internal_error).",
        "Work goes on. The bot posts later what it could not post now.",
    ),
    "limiting": Choice(
        "rate limited",
        "Each call of Slack's API is one too many (ratelimited).",
        "Work goes on. The bot waits as Slack says, and catches up.",
    ),
    "down": Choice(
        "down",
        "Slack cuts each connection to its API.",
        "Work goes on. The bot posts later what it could not post now.",
    ),
    "older": Choice(
        "older blocks only",
        "Slack refuses alerts, data tables and other newer blocks.",
        "The bot says the same with older ones.",
    ),
}
"""What Slack can be."""

SPEEDS = {"1": "1×", "5": "5×", "20": "20×", "60": "60×"}
"""How fast pretend backups can go."""


@dataclass(frozen=True)
class _Provider:
    fail: ProviderFault | None = None
    latency: float = 0.0


@dataclass(frozen=True)
class _Slack:
    fail: SlackFault | None = None
    newer_blocks_refused: bool = False


_PROVIDER_SETTINGS = {
    "normal": _Provider(),
    "slow": _Provider(latency=SLOW_SECONDS),
    "failing": _Provider("500"),
    "limiting": _Provider("429"),
    "losing": _Provider("timeout_after_acting"),
    "refusing": _Provider("unauthorized"),
}
_SLACK_SETTINGS = {
    "normal": _Slack(),
    "failing": _Slack("internal_error"),
    "limiting": _Slack("ratelimited"),
    "down": _Slack("down"),
    "older": _Slack(newer_blocks_refused=True),
}


def choose_provider(faults: Faults, choice: str) -> None:
    """Make VPS.org as chosen from `PROVIDER`; KeyError if there is no such choice."""
    setting = _PROVIDER_SETTINGS[choice]
    faults.provider_fail, faults.provider_latency = setting.fail, setting.latency


def choose_slack(faults: Faults, choice: str) -> None:
    """Make Slack as chosen from `SLACK`; KeyError if there is no such choice."""
    setting = _SLACK_SETTINGS[choice]
    faults.slack_fail, faults.newer_blocks_refused = setting.fail, setting.newer_blocks_refused


def provider_choice(faults: Faults) -> str:
    """Return what VPS.org is now; a fault set elsewhere counts as the nearest choice."""
    setting = _Provider(faults.provider_fail, faults.provider_latency)
    exact = (choice for choice, known in _PROVIDER_SETTINGS.items() if known == setting)
    return next(exact, "failing" if faults.provider_fail else "slow")


def slack_choice(faults: Faults) -> str:
    """Return what Slack is now; of two things at once, the worse."""
    setting = _Slack(faults.slack_fail, faults.newer_blocks_refused and not faults.slack_fail)
    return next(choice for choice, known in _SLACK_SETTINGS.items() if known == setting)
