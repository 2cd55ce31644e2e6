"""From an interaction to an operation: the server that is meant, and what all operations have in common."""

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError

from bot.errors import Misuse, Silence, UnknownServer, Unreachable, UsageError
from bot.operations.messages import told_privately
from bot.operations.model import ApprovalTerms, Operation
from bot.operations.records import new_id
from bot.operations.visibility import is_shown
from bot.permissions import Decision, NeedsApproval
from bot.servers.model import Server, are_names, leading_name
from bot.services import services
from bot.slack.auth import UNANSWERED
from bot.slack.hints import tell_if_closed
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone
from bot.verbs import Verb

T = TypeVar("T")

REASON_LIMIT = 200


async def typed_server(interaction: Interaction, verb: Verb, typed: str, rest: str = "") -> Server:
    """Return the server a person means by what they typed, of those they can see; in time for Slack's ack.

    `rest` is what they typed after it.

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
            seen = [server for server in services().directory.known() if sees(server.name)]
            if not error.ids and are_names(typed, seen):
                raise UsageError(Misuse.ONE_SERVER, verb=verb) from None
            raise replace(error, verb=verb, rest=rest) from None


async def typed_name(interaction: Interaction, text: str) -> tuple[str, str] | None:
    """Return the whole name of a server that a text begins with, the longest, and the rest; None if none is.

    Only servers that the person can see count.

    Raises:
        UsageError: the rest is nothing but names of servers, and not a reason.
        ProviderError: as `typed_server` does.
    """
    # Finding it asks for newer servers anyway; to wait for them twice would take longer than Slack's ack may.
    known = services().directory.known() or await _in_time(interaction, services().directory.servers())
    sees = await services().authorizer.sight(interaction)
    seen = [server for server in known if sees(server.name)]
    name, rest = leading_name(text, seen)
    if name and are_names(rest, seen):
        raise UsageError(Misuse.ONE_SERVER, verb=Verb.CREATE)
    return (name, rest) if name else None


async def server_by_id(interaction: Interaction, verb: Verb, server_id: int) -> Server:
    """Return the server with the id that a picker or a button gave; does as `typed_server` does."""
    sees = await services().authorizer.sight(interaction)
    async with services().authorizer.audit_denials(interaction, verb):
        return await _in_time(interaction, services().directory.by_id(server_id, sees))


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
        "requested_at": services().now(),
        "reason": reason[:REASON_LIMIT],
        "approval": _terms(decision),
    }


async def tell_where(interaction: Interaction, operation: Operation) -> None:
    """Tell the requester, after the ack, where they will hear of it, if that is not the channel."""
    level = services().notify.of(operation.channel)
    told = sentence_alone(told_privately(operation.channel, level))
    if is_shown(operation, level):
        await tell_if_closed(interaction, operation.channel)
    elif interaction.channel == operation.channel:
        await interaction.reply_ephemeral(told)
    else:  # A form is in no channel.
        with suppress(SlackApiError, *UNANSWERED):
            await interaction.client.chat_postEphemeral(
                channel=operation.channel, user=interaction.person, **told.arguments()
            )


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
