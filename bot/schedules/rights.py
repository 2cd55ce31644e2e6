"""Which schedules a person sees and can change: decided by all servers of a schedule, as of now."""

from collections.abc import Sequence
from itertools import product

from bot.permissions import Sight
from bot.schedules.model import Schedule
from bot.servers.model import Server
from bot.servers.selection import select
from bot.services import services
from bot.slack.interaction import Interaction
from bot.verbs import Verb


def names_of(words: Sequence[str], servers: Sequence[Server]) -> list[str]:
    """Return the names of the servers that the words mean; a word that means none stands for itself."""
    found = select(words, servers, services().groups)
    return [*(each.name for each in found.servers), *(each.wanted for each in found.unknown)]


def is_visible(schedule: Schedule, person: str, sees: Sight, servers: Sequence[Server]) -> bool:
    """Tell whether a person sees all servers of a schedule; else it is as if there were none.

    Of what fits a pattern or a group, its owner has to see none that it does not back up for them.
    """
    meant = _seen(servers, sees) if person == schedule.owner else servers
    return all(sees(name) for name in names_of(schedule.servers, meant))


async def require(
    interaction: Interaction, schedule: Schedule, servers: Sequence[Server], place: str
) -> None:
    """Raise NotAllowed unless the person can create, and delete if it does so, on all its servers they see.

    From the channel that is told of it, and from the one where they are (`place`).
    """
    seen = _seen(servers, await services().authorizer.sight(interaction))
    wanted = product(names_of(schedule.servers, seen), _verbs(schedule), {schedule.channel, place})
    for name, verb, channel in wanted:
        await services().authorizer.require_by_clock(interaction, verb, name, channel)


async def can_change(interaction: Interaction, schedule: Schedule, servers: Sequence[Server]) -> bool:
    """Tell whether the person can change a schedule, for what is offered to them."""
    seen = _seen(servers, await services().authorizer.sight(interaction))
    names, wanted = names_of(schedule.servers, seen), frozenset(_verbs(schedule))
    able = [await services().authorizer.able(interaction, name) for name in names]
    return all(wanted <= each for each in able)


async def meant_servers(
    interaction: Interaction, words: Sequence[str], servers: Sequence[Server]
) -> tuple[str, ...]:
    """Return what the words of a schedule stand for: names in full, patterns and groups as they are.

    Raises:
        UnknownServer: one means nothing that the person can see.
    """
    seen = _seen(servers, await services().authorizer.sight(interaction))
    full: list[str] = []
    for word in words:
        found = select([word], seen, services().groups)
        if found.unknown:
            raise found.unknown[0]
        full += [word] if found.wide else [each.name for each in found.servers]
    return tuple(dict.fromkeys(full))


def _seen(servers: Sequence[Server], sees: Sight) -> list[Server]:
    return [server for server in servers if sees(server.name)]


def _verbs(schedule: Schedule) -> list[Verb]:
    return [Verb.CREATE, Verb.DELETE] if schedule.deletes else [Verb.CREATE]
