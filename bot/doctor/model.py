"""What the doctor finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How grave a finding is, the gravest first."""

    PROBLEM = "problem"
    WARNING = "warning"
    WELL = "well"


@dataclass(frozen=True)
class Finding:
    """One line of the report, and what to do about it."""

    level: Level
    what: str
    advice: str = ""


@dataclass(frozen=True)
class Policy:
    """Who can do what on some servers: a line for each fact."""

    about: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All that was found. `policies` is empty where Slack or the rules could not be read."""

    findings: Sequence[Finding]
    policies: Sequence[Policy] = field(default=())

    def count(self, level: Level) -> int:
        """Return how many findings are this grave."""
        return sum(finding.level is level for finding in self.findings)

    @property
    def sorted(self) -> list[Finding]:
        """The findings, the gravest first, else in the order of setting up."""
        order = list(Level)
        return sorted(self.findings, key=lambda finding: order.index(finding.level))


def problem(what: str, advice: str = "") -> Finding:
    """Return what keeps the bot from working."""
    return Finding(Level.PROBLEM, what, advice)


def warning(what: str, advice: str = "") -> Finding:
    """Return what may not be meant, or costs something."""
    return Finding(Level.WARNING, what, advice)


def well(what: str) -> Finding:
    """Return what is as it should be."""
    return Finding(Level.WELL, what)
