"""The life of a batch: two durable workflows, between which each server's backup is an operation of its own.

    request_batch   post the message → request an operation for each server
    report_batch    show how it ended → tell the requester; begun by the last operation to end

Neither waits for the operations. Each of them looks, once its own end is on record, whether all others have
ended, too: the last one at least sees it, and the report's id makes it one report.
"""

import structlog

from bot.batches import messages, views
from bot.batches.card import find_batch, part_id, read_state
from bot.batches.model import Batch, BatchServer, BatchState, EndedBatch, Group
from bot.notifications.model import MessageRef
from bot.operations import engine, records
from bot.operations.cancel import cancel_operation
from bot.operations.card import (
    ANNOUNCE_SECONDS,
    PostedCard,
    count_notice,
    find_card,
    post_card,
    post_news,
    reply,
    show_finally,
)
from bot.operations.engine import step, workflow
from bot.operations.model import BaseRequest, CreateOperation
from bot.operations.records import REQUEST, cancel_id, report_id
from bot.operations.visibility import is_shown, is_told_nobody
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()


def about_batch(batch: Batch, *_: object) -> dict[str, str]:
    """Return the fields of every line that a workflow of a batch logs."""
    return {"batch": batch.id}


async def request(batch: Batch) -> None:
    """Record a batch and let it run; a second time under the same id changes nothing.

    From a handler, or from a workflow or a step, which then need not wait for it.

    Raises:
        NotRecorded: the database did not confirm within 1 s; not in a workflow.
    """
    start = engine.start_apart if engine.is_in_workflow() else engine.start
    await start(request_batch, batch.id, batch)


async def request_cancel(batch_id: str, key: str, operations: list[str], by: str) -> None:
    """Record the wish to cancel these operations of a batch; raises NotRecorded as `request` does."""
    await engine.start(cancel_batch, f"{cancel_id(batch_id)}:{key}", operations, by)


@workflow("request_batch", about=about_batch)
async def request_batch(batch: Batch) -> None:
    """Post a batch's message, and request the backup of each of its servers."""
    await engine.begin()
    try:
        card = await post_batch(batch)
    except engine.NOT_BUGS:
        raise
    except Exception:  # The backups are what counts: how they end is told all the same.
        log.exception("batch_not_posted")
        card = PostedCard(says_queued=True)
    for server in batch.servers:
        wanted = operation_of(batch, server)
        await engine.start_next(engine.named(REQUEST), wanted.id, wanted, card)


@workflow("report_batch", about=about_batch)
async def report_batch(batch: Batch, card: PostedCard) -> None:
    """Show how a batch ended, and tell the requester. Outlasts outages of Slack."""
    await engine.begin()
    try:
        shown = await show_batch(batch, card)
        await tell_batch(batch, shown)
        if shown.channel != batch.channel:
            await tell_channel_of_batch(batch)
    except engine.NOT_BUGS:
        raise
    except Exception:  # What ended is on record all the same.
        log.exception("batch_report_broke")
        await tell_unworded(batch, card)


@workflow("cancel_batch")
async def cancel_batch(operations: list[str], by: str) -> None:
    """Cancel each of these operations, unless it has begun by now."""
    for each in operations:
        await engine.start_next(cancel_operation, cancel_id(each), each, by)


async def end_part(batch_id: str, card: PostedCard) -> None:
    """Show that an operation of a batch has ended; if it was the last, end the batch."""
    ended = await find_if_ended(batch_id)
    if ended.batch:
        await engine.start_next(report_batch, report_id(batch_id), ended.batch, card)
    else:
        services().batch_cards.touch(batch_id, card)


@step("post_batch")
async def post_batch(batch: Batch) -> PostedCard:
    """Post a batch's message: to the requester if the channel can't be written to."""
    if _is_told_nobody(batch):
        return PostedCard(says_queued=True)
    message = views.batch_message(await read_state(batch))
    # An operation that has to wait may be cancelled from the message at once.
    return await post_card(batch, _places(batch), message, give_up_after=ANNOUNCE_SECONDS, says_queued=True)


@step("find_if_ended")
async def find_if_ended(batch_id: str) -> EndedBatch:
    """Return the batch if all its operations have ended."""
    batch = await find_batch(batch_id)
    if batch and await records.have_all_ended([part_id(batch, server) for server in batch.servers]):
        return EndedBatch(batch=batch)
    return EndedBatch()


@step("show_batch", interruptible=True)
async def show_batch(batch: Batch, ref: PostedCard) -> MessageRef:
    """Edit a batch's message to how it ended, or post it anew. Outlasts any outage of Slack.

    Returns where it is.
    """
    state = await read_state(batch)
    if not ref.ts and _is_told_nobody(batch) and _is_routine(state) and not _is_news(state):
        return MessageRef()
    places = _places(batch)
    shown = ref if ref.ts else await find_card(batch, places)
    end = await show_finally(batch, places, shown, views.batch_message(state))
    if ends := [part.outcome.ended_at for part in state.parts if part.outcome]:
        # Those that ended earlier were shown while the others ran.
        count_notice(Verb.CREATE, max(ends), end)
    return end


@step("tell_batch", interruptible=True)
async def tell_batch(batch: Batch, ref: MessageRef) -> None:
    """Reply with the summary, mentioning the requester. Outlasts any outage of Slack."""
    state = await read_state(batch)
    if state.is_all_cancelled_by_requester or _is_routine(state):
        return
    await _reply(batch, ref, messages.summary(state), is_broadcast=state.has_failures)


@step("tell_channel_of_batch", interruptible=True)
async def tell_channel_of_batch(batch: Batch) -> None:
    """Post how a batch ended if the channel is to be shown that, and its message is with the requester alone.

    Outlasts any outage of Slack.
    """
    state = await read_state(batch)
    if _is_shown(batch) or not _is_news(state):
        return
    await post_news(batch, views.batch_message(state))


@step("tell_unworded_batch", interruptible=True)
async def tell_unworded(batch: Batch, ref: PostedCard) -> None:
    """Tell the requester that a batch has ended, if a bug keeps us from saying more."""
    await _reply(batch, ref, messages.unworded(batch), is_broadcast=True)


async def _reply(batch: Batch, ref: MessageRef, text: str, *, is_broadcast: bool) -> None:
    places, broadcast = _places(batch, ref.channel), is_broadcast and not ref.channel.startswith("D")
    await reply(batch, places, ref, text, "reply", give_up_after=None, broadcast=broadcast)


def operation_of(batch: Batch, server: BatchServer) -> CreateOperation:
    """Return the operation that backs up one server of a batch."""
    common = {name: getattr(batch, name) for name in BaseRequest.model_fields}
    return CreateOperation(
        **common | {"id": part_id(batch, server)},
        batch_id=batch.id,
        server_id=server.id,
        server_name=server.name,
        keep=batch.keep if server.rotates else None,
        makes_room=batch.makes_room and server.rotates,
    )


def _is_shown(batch: Batch) -> bool:
    """Tell whether the channel is shown the batch from the beginning, as with each of its operations."""
    level = services().notify.of(batch.channel)
    return is_shown(operation_of(batch, batch.servers[0]), level)


def _is_routine(state: BatchState) -> bool:
    """Tell whether nobody need be mentioned: a schedule was due, and all went well."""
    batch = state.batch
    return batch.is_by_clock and not batch.unknown and state.count(Group.DONE) == len(batch.servers)


def _is_told_nobody(batch: Batch) -> bool:
    """Tell whether nobody is told while it runs, not even the requester: as with each of its operations."""
    level = services().notify.of(batch.channel)
    return is_told_nobody(operation_of(batch, batch.servers[0]), level)


def _is_news(state: BatchState) -> bool:
    """Tell whether the channel is shown how the batch ended, as with any of its operations."""
    level = services().notify.of(state.batch.channel)
    return any(
        is_shown(part.operation, level, part.outcome)
        for part in state.parts
        if part.operation and part.outcome
    )


def _places(batch: Batch, channel: str = "") -> list[str]:
    """Return where something is said: in a channel, by default that of the batch if it is shown there."""
    return [channel or (batch.channel if _is_shown(batch) else ""), batch.requested_by]
