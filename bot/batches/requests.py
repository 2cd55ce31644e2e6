"""From an interaction to a batch: its servers, and what all its operations have in common."""

from collections.abc import Sequence

from bot.batches import batch
from bot.batches.model import MOST_SERVERS, Batch, BatchServer
from bot.errors import Misuse, UsageError
from bot.servers.model import Server
from bot.services import services
from bot.slack.forms import REASON_LIMIT, CreateForm
from bot.slack.interaction import Interaction
from bot.verbs import Verb


def check_size(servers: Sequence[Server]) -> None:
    """Raise UsageError if these are more servers than one batch can have."""
    if len(servers) > MOST_SERVERS:
        raise UsageError(Misuse.TOO_MANY_SERVERS, str(len(servers)), Verb.CREATE)


async def request_backups(
    interaction: Interaction,
    servers: Sequence[Server],
    reason: str,
    place: CreateForm,
    unknown: tuple[str, ...] = (),
) -> Batch:
    """Have all these servers backed up as one batch, if the person can back up one of them at once.

    What they can't do is told in the batch's message. Its id is the same if Slack delivers the same twice.
    Returns the batch. `unknown` are words that fit no server, which is told, too.

    Raises:
        UsageError: there are too many.
        NotAllowed: they can back up none of them; with the reason for the first.
        NotRecorded: the database did not confirm.
    """
    check_size(servers)
    names = [server.name for server in servers]
    await services().authorizer.require_any(interaction, Verb.CREATE, names, place.channel)
    wanted = Batch(
        id=batch_id(interaction),
        servers=tuple(BatchServer(id=server.id, name=server.name) for server in servers),
        requested_by=interaction.person,
        requester_name=services().authorizer.name(interaction),
        team=interaction.team,
        channel=place.channel or interaction.person,
        thread_ts=place.thread_ts if place.channel else "",
        requested_at=services().now(),
        delivery_id=interaction.delivery_id,
        reason=reason[:REASON_LIMIT],
        about=place.about,
        unknown=unknown,
    )
    await batch.request(wanted)
    return wanted


def batch_id(interaction: Interaction) -> str:
    """Return the id of the batch that an interaction requests."""
    return f"batch:{interaction.idempotency_key}"
