"""Many more servers, as a large company has them: the same each time, and some of them in trouble."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from bot.sandbox.vps.model import MANUAL_SLOTS, Server
from bot.sandbox.vps.provider import Provider

BACKUPS_EACH = 40
"""How many backups each server has, automatic ones and those made by people."""


@dataclass(frozen=True)
class _Kind:
    """What some servers are for: `name` before their number, which has so many digits."""

    name: str
    digits: int
    disk_mb: int
    hour: int


_WEB = _Kind("web", 3, 4_300, 3)
_KINDS = (
    *(_WEB, _Kind("api-eu", 2, 5_200, 2), _WEB, _Kind("db-eu", 2, 21_000, 1), _WEB),
    *(_Kind("worker", 3, 3_600, 4), _WEB, _Kind("api-us", 2, 5_100, 8), _WEB, _Kind("db-us", 2, 23_500, 7)),
    *(_WEB, _Kind("cache", 2, 2_400, 5), _Kind("files-eu", 2, 48_000, 0), _WEB, _Kind("queue", 2, 2_900, 5)),
)
"""Servers are of these kinds in turn."""

_REASONS = (
    "Before the kernel update",
    "Before the release of Monday",
    "New certificates",
    "Before the migration",
    "Before the move to the new load balancer",
)


def add_fleet(provider: Provider, servers: int) -> None:
    """Add so many servers with 40 backups each, relative to the provider's present moment."""
    numbers: Counter[str] = Counter()
    for place in range(servers):
        kind = _KINDS[place % len(_KINDS)]
        numbers[kind.name] += 1
        name = f"{kind.name}-{numbers[kind.name]:0{kind.digits}}"
        server = provider.add_server(name, disk_mb=kind.disk_mb + place * 37 % 900)
        _back_up(provider, server, kind, place)


def _back_up(provider: Provider, server: Server, kind: _Kind, place: int) -> None:
    """Give a server its history. Of a hundred servers a few are in trouble, each in another way."""
    manual, nights_missed, last = 2 + place % 3, 0, "completed"
    match place % 100:
        case 17 | 58:
            last = "failed"
        case 36:
            nights_missed = 4  # nobody has noticed that its automatic backups ended
        case 71:
            manual = MANUAL_SLOTS
        case 83:
            manual = MANUAL_SLOTS - 1
    nightly = BACKUPS_EACH - manual
    for night in reversed(range(nights_missed, nights_missed + nightly)):
        status = last if night == nights_missed else "completed"
        _night(provider, server, kind, night, nightly + nights_missed, status)
    for number in reversed(range(manual)):
        age = timedelta(days=3 + number * 11 + place % 7, hours=place % 9)
        provider.add_backup(server, age=age, description=_REASONS[(place + number) % len(_REASONS)])


def _night(provider: Provider, server: Server, kind: _Kind, night: int, kept_days: int, status: str) -> None:
    now = provider.clock.now()
    newest = now.replace(hour=kind.hour, minute=server.id % 60, second=0, microsecond=0)
    if newest > now:
        newest -= timedelta(days=1)
    provider.add_backup(
        server,
        backup_type="automatic",
        status=status,
        age=now - newest + timedelta(days=night),
        kept=timedelta(days=kept_days),
        size_mb=server.disk_mb - night * server.disk_mb // 400,
        description="Automatic daily backup",
    )
