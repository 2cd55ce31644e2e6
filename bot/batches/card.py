"""The message of a batch while its operations move on: drawn anew from the records, not too often."""

import asyncio
from contextvars import Context
from datetime import datetime

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.batches import views
from bot.batches.model import Batch, BatchServer, BatchState, Part
from bot.notifications.model import MessageRef
from bot.operations import engine, records
from bot.operations.card import Card
from bot.operations.progress import Late, Progress, ServerLate
from bot.operations.records import Ended, Stage, Unfinished, new_id, report_id
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()

COALESCE_SECONDS = 0.3
"""What moves on within this time is shown together."""
PAUSE_SECONDS = 3.0
"""How long a message then stays as it is: Slack takes 50 edits a minute, of all messages together."""


class BatchCards:
    """Draws the messages of batches anew, however often their operations move on."""

    def __init__(self, pause: float = PAUSE_SECONDS) -> None:
        self._pause = pause
        self._wanted: dict[str, MessageRef] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    def touch(self, batch_id: str, ref: MessageRef) -> None:
        """Have a batch's message drawn anew soon."""
        if self._is_closed or not ref.ts:
            return
        self._wanted[batch_id] = ref
        if batch_id not in self._tasks:
            # Not in the context of the workflow, in whose name the engine would record what is read.
            self._tasks[batch_id] = asyncio.create_task(self._keep(batch_id), context=Context())

    async def aclose(self) -> None:
        """Draw nothing more."""
        self._is_closed = True
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, batch_id: str) -> None:
        try:
            while batch_id in self._wanted:
                await asyncio.sleep(COALESCE_SECONDS)
                await _redraw(batch_id, self._wanted.pop(batch_id))
                # Together they keep within what Slack takes, however many they are.
                await asyncio.sleep(self._pause * len(self._tasks))
        except SQLAlchemyError as error:
            # The next that moves on, or the end, shows it.
            log.info("batch_not_drawn", batch=batch_id, error=type(error).__name__)
        except Exception:
            log.exception("batch_not_drawn", batch=batch_id)
        finally:
            self._wanted.pop(batch_id, None)
            del self._tasks[batch_id]


async def _redraw(batch_id: str, ref: MessageRef) -> None:
    batch = await find_batch(batch_id)
    if batch is None or await engine.exists(report_id(batch_id)):
        return
    message = views.batch_message(await read_state(batch))
    was_edited = await services().messages.edit_progress(ref, message, wait=None)
    if was_edited and await engine.exists(report_id(batch_id)):
        # Another replica may have shown the end before this went out.
        await services().messages.edit_finally(ref, views.batch_message(await read_state(batch)))


class PartCard(Card):
    """The card of an operation in a batch: the batch's message."""

    async def update(self, progress: Progress) -> None:  # noqa: ARG002 - it is read from the records
        """Have the batch's message drawn anew."""
        services().batch_cards.touch(self.operation.batch_id, self.ref)

    async def tell_late(self, late: Late | ServerLate) -> None:
        """Show in the batch's message alone that it takes long: one reply for each server would be noise."""
        await self.update(late)


async def find_batch(batch_id: str) -> Batch | None:
    """Return a batch by its id; None if there is none, or it can't be read."""
    stored = await records.arguments_of(batch_id)
    try:
        return Batch.model_validate(stored[0]) if stored else None
    except (ValidationError, LookupError):
        log.exception("batch_unreadable", batch=batch_id)
        return None


async def read_state(batch: Batch) -> BatchState:
    """Return how far a batch has come."""
    ids = [part_id(batch, server) for server in batch.servers]
    found, now = await records.so_far(ids), services().now()
    parts = [_part(server, found.get(an_id), now) for an_id, server in zip(ids, batch.servers, strict=True)]
    return BatchState(batch, parts)


def part_id(batch: Batch, server: BatchServer) -> str:
    """Return the id of the operation that backs up one server of a batch."""
    return new_id(server.id, Verb.CREATE, batch.id)


def _part(server: BatchServer, found: Unfinished | Ended | None, now: datetime) -> Part:
    match found:
        case Ended():
            return Part(server, found.operation, outcome=found.outcome)
        case Unfinished(stage=Stage.RUNNING):
            is_late = (now - found.since).total_seconds() > services().timeouts.late
            return Part(server, found.operation, running_since=found.since, is_late=is_late)
        case _:
            return Part(server)
