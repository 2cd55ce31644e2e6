"""Watching a backup until it is finished: as a procedure of its own, and for those that make one."""

import time
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups.model import Backup
from bot.backups.poller import NotFinal
from bot.errors import Failure
from bot.lifecycle import operation
from bot.operations.card import Card
from bot.operations.engine import execution, step
from bot.operations.model import (
    BackedUp,
    BackupFailed,
    BackupVanished,
    Outcome,
    StillRunning,
    WatchOperation,
)
from bot.operations.progress import Late
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()

WatchOutcome = BackedUp | BackupFailed | BackupVanished | StillRunning


@operation(Verb.WATCH)
async def watch(wanted: WatchOperation, _: Card) -> Outcome:
    """Watch a backup that somebody else made; how long that took is theirs to tell."""
    outcome = await watch_backup(wanted.server_id, wanted.backup_id, execution().started_at, None)
    return outcome.model_copy(update={"seconds": None}) if isinstance(outcome, BackedUp) else outcome


async def watch_backup(server_id: int, backup_id: int, started: datetime, card: Card | None) -> WatchOutcome:
    """Return how a backup ended that was started then (UTC); if it takes long, the card says so meanwhile."""
    limits = services().timeouts
    seen = WaitResult(at=started)
    if card is not None:
        seen = await await_backup(server_id, backup_id, started + timedelta(seconds=limits.late))
        if seen.is_unfinished:
            await card.tell_late(Late(started, limits.late))
    if seen.is_unfinished:
        seen = await await_backup(server_id, backup_id, started + timedelta(seconds=limits.give_up))
    return _outcome(backup_id, seen, started, limits.give_up)


class WaitResult(BaseModel):
    """What was seen of a watched backup by `at` (UTC): its last state, that it vanished, or neither.

    If VPS.org could not be asked any more, `unseen_since` (UTC) and `failure` say so.
    """

    model_config = ConfigDict(frozen=True)

    backup: Backup | None = None
    has_vanished: bool = False
    at: AwareDatetime
    unseen_since: AwareDatetime | None = None
    failure: Failure | None = None

    @property
    def is_unfinished(self) -> bool:
        """True if the backup had not ended when it was last seen."""
        return self.backup is None and not self.has_vanished


@step("await_backup", interruptible=True)
async def await_backup(server_id: int, backup_id: int, until: datetime) -> WaitResult:
    """Wait until the backup is final, has vanished, or it is `until`; look once even if it is later."""
    left = (until - datetime.now(UTC)).total_seconds()
    began = time.monotonic()
    try:
        backup = await services().poller.wait_final(server_id, backup_id, max(left, 0))
    except NotFinal as late:
        log.info("backup_late", backup=backup_id)
        failure = Failure.of(late.failure) if late.failure else None
        return WaitResult(at=datetime.now(UTC), unseen_since=late.unseen_since, failure=failure)
    waited = round(time.monotonic() - began, 1)
    if backup is None:
        log.warning("backup_vanished", backup=backup_id, waited_seconds=waited)
    else:
        log.info("backup_final", backup=backup_id, status=backup.status, waited_seconds=waited)
    return WaitResult(backup=backup, has_vanished=backup is None, at=datetime.now(UTC))


def _outcome(backup_id: int, seen: WaitResult, started: datetime, give_up: float) -> WatchOutcome:
    if seen.has_vanished:
        return BackupVanished(ended_at=seen.at, backup_id=backup_id)
    if seen.backup is None:
        return StillRunning(
            ended_at=seen.at,
            backup_id=backup_id,
            hours=give_up / 3600,
            unseen_since=seen.unseen_since,
            failure=seen.failure,
        )
    if not seen.backup.is_complete:
        return BackupFailed(ended_at=seen.at, backup_id=backup_id, status=seen.backup.status)
    seconds = (seen.at - started).total_seconds()
    return BackedUp(ended_at=seen.at, backup_id=backup_id, size_mb=seen.backup.size_mb, seconds=seconds)
