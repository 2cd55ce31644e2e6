"""Servers that the rules miss though they look as if they did not, and servers that look alike."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from bot.doctor import messages
from bot.doctor.model import Finding
from bot.names import canonical_name, fits, is_same_name
from bot.permissions import EVERYBODY, Rules
from bot.servers.model import Server

_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁһӏԛԝвкмнтαορνικτυχϲ0ıł1|",
    "aeopcyxijsdhlqwbkmhtaopviktuxcoilll",
)
"""Letters of other alphabets, and digits, that look like Latin letters (Unicode TR 39 has more)."""


def examine_servers(
    servers: Sequence[Server], rules: Rules, groups: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Return what about the servers' names can lead a person, a rule or a group of servers astray."""
    return [
        *_look_alikes(servers),
        *_missed(servers, rules),
        *_fitting_nothing(servers, rules),
        *_groups(servers, groups),
    ]


def looks(name: str) -> str:
    """Return the same for all names that people can't tell apart at a glance."""
    return canonical_name(name).translate(_LOOK_ALIKES)


def _look_alikes(servers: Sequence[Server]) -> Iterator[Finding]:
    alike: dict[str, list[Server]] = defaultdict(list)
    for server in servers:
        alike[looks(server.name)].append(server)
    for group in alike.values():
        if len(group) > 1:
            yield messages.look_alike([(server.name, server.id) for server in group])


def _missed(servers: Sequence[Server], rules: Rules) -> Iterator[Finding]:
    for server in servers:
        for rule in rules.rules:
            if rule.fits(server.name):
                break
            if pattern := next(
                (each for each in rule.servers if fnmatchcase(looks(server.name), looks(each))), None
            ):
                yield messages.missed_by(server.name, server.id, pattern)
                break


def _fitting_nothing(servers: Sequence[Server], rules: Rules) -> Iterator[Finding]:
    for rule in rules.rules:
        for pattern in rule.servers:
            if pattern != EVERYBODY and not any(fits(pattern, server.name) for server in servers):
                yield messages.fits_nothing(pattern)


def _groups(servers: Sequence[Server], groups: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for name, patterns in groups.items():
        if not any(fits(pattern, server.name) for pattern in patterns for server in servers):
            yield messages.empty_group(name)
        if server := next((server for server in servers if is_same_name(server.name, name)), None):
            yield messages.group_named_like(name, server.id)
