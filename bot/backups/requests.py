"""From an interaction to an operation: the server that is meant, and what all operations have in common."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.errors import Misuse, Silence, UnknownServer, Unreachable, UsageError
from bot.operations.model import ApprovalTerms
from bot.operations.records import new_id
from bot.permissions import Decision, NeedsApproval
from bot.servers.model import Server, are_names
from bot.servers.selection import Selected, as_typed, select, split_selection
from bot.services import services
from bot.slack.forms import REASON_LIMIT
from bot.slack.interaction import Interaction
from bot.verbs import Verb, in_quotes

T = TypeVar("T")


async def typed_server(
    interaction: Interaction, verb: Verb, typed: str, rest: str = "", *, before: str = ""
) -> Server:
    """Return the server a person means by what they typed, of those they can see; in time for Slack's ack.

    `rest` is what they typed after it, and `before` what before it.

    Raises:
        UnknownServer: none or several fit; if one is hidden from the person, that is put on record.
        UsageError: it is the names of several servers.
        NotAllowed: they can see none.
        ProviderError: the servers aren't known, and VPS.org did not tell in time.
    """
    sees = await services().authorizer.sight(interaction)
    async with services().authorizer.audit_denials(interaction, verb):
        try:
            return await _in_time(interaction, services().directory.find(typed, sees))
        except UnknownServer as error:
            if not error.ids and are_names(typed, services().directory.seen(sees)):
                raise UsageError(Misuse.ONE_SERVER, verb=verb) from None
            raise replace(error, verb=verb, rest=rest, before=before) from None


@dataclass(frozen=True)
class Meant:
    """The servers that a person means, and why; `wide` are the patterns and groups that they typed."""

    servers: tuple[Server, ...]
    reason: str = ""
    wide: tuple[str, ...] = ()


async def typed_servers(interaction: Interaction, verb: Verb, text: str) -> Meant:
    """Return the servers that a text begins with, and the rest as the reason; only those that they can see.

    A word that only looks like a server's name is not taken for a reason. Raises as `typed_server` does.
    """
    # Finding one asks for newer servers anyway: to wait for them twice would take longer than Slack waits.
    await known_servers(interaction)
    seen = await _seen(interaction)
    selected = split_selection(text, verb, seen, services().groups)
    if selected.doubtful:
        rest = selected.rest.removeprefix(selected.doubtful).strip(" ,")
        typed = as_typed(selected.words)
        server = await typed_server(interaction, verb, selected.doubtful, rest, before=typed)
        return await typed_servers(interaction, verb, f"{typed} {in_quotes(server.name)} {rest}")
    if len(selected.words) == 1 and not _is_wide(selected.words[0], seen):
        return Meant(
            (await typed_server(interaction, verb, selected.words[0], selected.rest),), selected.rest
        )
    await _in_time(interaction, services().directory.servers())
    newer = split_selection(text, verb, await _seen(interaction), services().groups)
    return await _all_meant(interaction, verb, newer)


async def _all_meant(interaction: Interaction, verb: Verb, selected: Selected) -> Meant:
    words = selected.words
    for unknown in select(words, await _seen(interaction), services().groups).unknown:
        place = words.index(unknown.wanted)
        after = " ".join(filter(None, (as_typed(words[place + 1 :]), selected.rest)))
        before = as_typed(words[:place])
        if unknown.is_wide:
            raise replace(unknown, verb=verb, rest=after, before=before)
        await typed_server(interaction, verb, unknown.wanted, after, before=before)
    found = select(words, await _seen(interaction), services().groups)
    return Meant(found.servers, selected.rest, found.wide)


async def _seen(interaction: Interaction) -> list[Server]:
    return services().directory.seen(await services().authorizer.sight(interaction))


def _is_wide(word: str, servers: Sequence[Server]) -> bool:
    chosen = select([word], servers, services().groups)
    return bool(chosen.wide)


async def known_servers(interaction: Interaction) -> list[Server]:
    """Return all known servers, in time for Slack's ack; raises ProviderError if there are none yet."""
    return services().directory.known() or await _in_time(interaction, services().directory.servers())


async def server_by_id(interaction: Interaction, verb: Verb, server_id: int) -> Server:
    """Return the server with the id that a picker or a button gave; does as `typed_server` does."""
    sees = await services().authorizer.sight(interaction)
    async with services().authorizer.audit_denials(interaction, verb):
        return await _in_time(interaction, services().directory.by_id(server_id, sees))


async def servers_by_id(interaction: Interaction, verb: Verb, ids: Sequence[int]) -> list[Server]:
    """Return the servers with these ids, as `server_by_id` does for one."""
    sees = await services().authorizer.sight(interaction)
    found = await _in_time(interaction, services().directory.all_by_id(ids, sees))
    return [found.get(each) or await server_by_id(interaction, verb, each) for each in ids]


def common_fields(
    interaction: Interaction,
    verb: Verb,
    server: Server,
    channel: str,
    *,
    thread_ts: str = "",
    about: str = "",
    decision: Decision | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Return what every operation says of who requested it, of what, where and when.

    Its id is the same if Slack delivers the same thing twice.
    """
    return {
        "id": new_id(server.id, verb, interaction.idempotency_key),
        "delivery_id": interaction.delivery_id,
        "server_id": server.id,
        "server_name": server.name,
        "requested_by": interaction.person,
        "requester_name": services().authorizer.name(interaction),
        "team": interaction.team,
        "channel": channel or interaction.person,
        "thread_ts": thread_ts if channel else "",
        "about": about,
        "function_execution_id": interaction.function_execution_id,
        "requested_at": services().now(),
        "reason": reason[:REASON_LIMIT],
        "approval": _terms(decision),
    }


def _terms(decision: Decision | None) -> ApprovalTerms | None:
    if isinstance(decision, NeedsApproval):
        return ApprovalTerms(minutes=decision.minutes, break_glass=decision.break_glass)
    return None


async def _in_time(interaction: Interaction, looking: Awaitable[T]) -> T:
    try:
        async with interaction.ack_deadline():
            return await looking
    except TimeoutError:
        raise Unreachable(silence=Silence.TIMED_OUT) from None
