"""The few faults a person can choose on the page, and the switches they stand for."""

from dataclasses import dataclass

from bot.sandbox.faults import Faults, ProviderFault, SlackFault

SLOW_SECONDS = 5.0
"""How much longer VPS.org takes over each answer when it is slow."""

PROVIDER = {
    "normal": "normal",
    "slow": "slow",
    "failing": "failing",
    "limiting": "rate limiting",
    "losing": "answers lost",
    "refusing": "token refused",
}
"""What VPS.org can be, with the words for it."""

SLACK = {"normal": "normal", "failing": "failing", "limiting": "rate limited", "down": "down"}
"""What Slack can be, with the words for it."""

SPEEDS = {"1": "1×", "5": "5×", "20": "20×", "60": "60×"}
"""How fast pretend backups can go."""


@dataclass(frozen=True)
class _Setting:
    fail: ProviderFault | None = None
    latency: float = 0.0


_PROVIDER_SETTINGS = {
    "normal": _Setting(),
    "slow": _Setting(latency=SLOW_SECONDS),
    "failing": _Setting("500"),
    "limiting": _Setting("429"),
    "losing": _Setting("timeout_after_acting"),
    "refusing": _Setting("unauthorized"),
}
_SLACK_SETTINGS: dict[str, SlackFault | None] = {
    "normal": None,
    "failing": "internal_error",
    "limiting": "ratelimited",
    "down": "down",
}


def choose_provider(faults: Faults, choice: str) -> None:
    """Make VPS.org as chosen from `PROVIDER`; KeyError if there is no such choice."""
    setting = _PROVIDER_SETTINGS[choice]
    faults.provider_fail, faults.provider_latency = setting.fail, setting.latency


def choose_slack(faults: Faults, choice: str) -> None:
    """Make Slack as chosen from `SLACK`; KeyError if there is no such choice."""
    faults.slack_fail = _SLACK_SETTINGS[choice]


def provider_choice(faults: Faults) -> str:
    """Return what VPS.org is now; a fault set elsewhere counts as the nearest choice."""
    setting = _Setting(faults.provider_fail, faults.provider_latency)
    exact = (choice for choice, known in _PROVIDER_SETTINGS.items() if known == setting)
    return next(exact, "failing" if faults.provider_fail else "slow")


def slack_choice(faults: Faults) -> str:
    """Return what Slack is now."""
    return next(choice for choice, fault in _SLACK_SETTINGS.items() if fault == faults.slack_fail)
