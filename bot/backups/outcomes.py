"""From what was seen at VPS.org to how an operation ended, in words. Says no more than is known."""

from datetime import datetime

from bot.backups.steps import Made, Removed, Seen
from bot.operations.model import Began, Failure, Operation, Outcome, State


def not_made(made: Made, at: datetime) -> Outcome:
    """Return the outcome where no backup was made, as far as is known."""
    outcome = _of_failure(
        made.failure, at, "The backup may have been started: I looked for it and did not see it."
    )
    return outcome.model_copy(update={"oldest_manual_id": made.oldest_manual_id})


def watched(backup_id: int, seen: Seen, began: Began, give_up_seconds: float) -> Outcome:
    """Return the outcome of a backup that was watched to its end, or for as long as we do."""
    seconds = (seen.at - began.at).total_seconds()
    common = {"ended_at": seen.at, "seconds": seconds, "backup_id": backup_id}
    if seen.vanished:
        what = f"Backup {backup_id} is no longer listed: it failed, or somebody deleted it while it ran."
        return Outcome(state=State.FAILED, what=what, **common)
    if seen.backup is None:
        what = f"I have watched it for {give_up_seconds / 3600:g} hours and stop now; it had not ended."
        return Outcome(state=State.UNKNOWN, what=what, hint="Look with `/backup list`.", **common)
    if seen.backup.is_complete:
        return Outcome(state=State.DONE, size_mb=seen.backup.size_mb, **common)
    what = f"VPS.org gives its status as “{seen.backup.status}” and no reason."
    return Outcome(state=State.FAILED, what=what, **common)


def removed(backup_id: int, done: Removed, at: datetime) -> Outcome:
    """Return the outcome of a delete, which ended at `at` unless it says itself when it did."""
    at = done.at or at
    if done.failure:
        return _of_failure(
            done.failure, at, "The backup may have been deleted: it was still listed when I looked."
        )
    if done.was_gone:
        return Outcome(state=State.DONE, what=f"Backup {backup_id} was already gone.", ended_at=at)
    return Outcome(state=State.DONE, ended_at=at)


def refused(failure: Failure, at: datetime) -> Outcome:
    """Return the outcome where a check found something, and nothing was done."""
    return Outcome(state=State.REFUSED, what=failure.what, hint=failure.hint, ended_at=at)


def without_safety(safety: Outcome, at: datetime) -> Outcome:
    """Return the outcome of a restore that did not begin because its safety backup was not seen complete."""
    what = " ".join(part for part in ("The safety backup did not complete.", safety.what) if part)
    return Outcome(
        state=State.REFUSED,
        what=f"{what} The restore was not started.",
        hint=safety.hint or "Ask again, or restore without a safety backup.",
        ended_at=at,
        oldest_manual_id=safety.oldest_manual_id,
    )


def broken(operation: Operation, at: datetime) -> Outcome:
    """Return the outcome of an operation in the middle of which the bot itself broke."""
    what = "Something went wrong on my side in the middle of it, and I don't know how far it came."
    hint = f"Look with `/backup list` before you try again; the log has it under {operation.tag}."
    return Outcome(state=State.UNKNOWN, what=what, hint=hint, ended_at=at)


def _of_failure(failure: Failure | None, at: datetime, unclear: str) -> Outcome:
    if failure is None:
        raise ValueError("a failure is needed")
    if failure.may_have_acted:
        return Outcome(state=State.UNKNOWN, what=f"{failure.what} {unclear}", hint=failure.hint, ended_at=at)
    state = State.REFUSED if failure.kind in {"SlotsFull", "Outdated"} else State.FAILED
    return Outcome(state=state, what=failure.what, hint=failure.hint, ended_at=at)
