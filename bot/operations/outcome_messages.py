"""What is said of how operations end: the verdict, what is known, and the numbers. Each fact once."""

from typing import assert_never

from bot.errors import Failure
from bot.operations.messages import LOOK_AT_LIST, NOT_KNOWN, VERDICTS, noun
from bot.operations.model import (
    Accepted,
    BackedUp,
    BackupFailed,
    BackupVanished,
    Cancelled,
    ConfirmedOperation,
    Deleted,
    Ending,
    InternalError,
    NoRoom,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    Restored,
    State,
    StillRunning,
    Unworded,
    backup_id_of,
)
from bot.slack.messages import in_short
from bot.slack.text import (
    duration,
    escape_truncated,
    join_words,
    mention,
    quotation,
    quoted,
    safe_name,
    size,
    when,
    without_marks,
)
from bot.verbs import Verb

CHECK_SERVER = "Check the server before you rely on it."

_EMOJI = {
    State.DONE: ":white_check_mark:",
    State.ACCEPTED: ":ballot_box_with_check:",
    State.REFUSED: ":no_entry_sign:",
    State.FAILED: ":x:",
    State.UNKNOWN: ":grey_question:",
}


def outcome_headline(operation: Operation, outcome: Outcome) -> str:
    """Return the verdict, with its emoji, and a backup's size: the first line of a card that is over."""
    measures = _measures(outcome) if isinstance(outcome, BackedUp) else []
    return " · ".join([_marked_verdict(operation, outcome), *measures])


def _marked_verdict(operation: Operation, outcome: Outcome) -> str:
    return f"{_EMOJI[outcome.state]} {_verdict(operation, outcome)}"


def _verdict(operation: Operation, outcome: Outcome) -> str:
    if isinstance(outcome, NotApproved):
        return _not_approved(operation, outcome)
    if isinstance(outcome, Cancelled):
        thing = f"{noun(operation.verb)} of *{safe_name(operation.server_name)}*"
        return f"{mention(outcome.by)} cancelled the {thing}"
    backup_id = backup_id_of(operation)
    moment = when(operation.backup.created_at) if isinstance(operation, ConfirmedOperation) else ""
    verdict = VERDICTS[operation.verb][outcome.state]
    return verdict.format(name=safe_name(operation.server_name), backup=backup_id, moment=moment)


def _not_approved(operation: Operation, outcome: NotApproved) -> str:
    name = safe_name(operation.server_name)
    thing = f"{noun(operation.verb)} of *{name}*"
    match outcome.ending:
        case Ending.DECLINED:
            return f"{mention(outcome.by)} declined the {thing}"
        case Ending.WITHDRAWN:
            return f"{mention(outcome.by)} withdrew the {thing}"
        case Ending.EXPIRED:
            return f"No answer in time for the {thing}"
        case Ending.STALE:
            return f"The {thing} is out of date"
        case Ending.APPROVED | Ending.BREAK_GLASS:
            raise ValueError(outcome.ending)
    assert_never(outcome.ending)


def outcome_detail(operation: Operation, outcome: Outcome) -> str:
    """Return what is known about the outcome and what to do next, safe to show; "" if that is all."""
    detail = _detail(operation, outcome)
    if outcome.deleted_first is None:
        return detail
    return f"{detail} Backup {outcome.deleted_first} was deleted first, to make room.".lstrip()


def _detail(operation: Operation, outcome: Outcome) -> str:
    match outcome:
        case BackedUp():
            return rotation(outcome)
        case Deleted():
            return f"Backup {outcome.backup_id} was already gone." if outcome.was_gone else ""
        case Restored():
            lost = f"{_reply(outcome)} " if outcome.answer_lost else ""
            change = f"{_status(outcome.during)} → {_status(outcome.before)}"
            return f"{lost}Status: {change}. {CHECK_SERVER}"
        case Accepted():
            known = f"{_reply(outcome)} {_seen(outcome)}".lstrip()
            return f"{known} VPS.org doesn't report progress. {CHECK_SERVER}"
        case BackupFailed():
            return f"VPS.org gives its status as “{_status(outcome.status)}” and no reason."
        case BackupVanished():
            gone = f"Backup {outcome.backup_id} is no longer listed"
            return f"{gone}: it failed, or it was deleted while it ran."
        case StillRunning():
            return _still_running(outcome)
        case NotDone():
            return " ".join(part for part in (in_short(outcome.failure.error), _unchanged(outcome)) if part)
        case NotKnown():
            return _not_known(operation, outcome.failure)
        case NotApproved():
            return _why_not_approved(outcome)
        case Cancelled():
            kept = outcome.safety_backup_id is not None
            return "The restore was not started; its safety backup stays." if kept else "Nothing was changed."
        case Unworded():
            return f"I can't say more, because of a bug of mine; the log has it under {operation.tag}."
        case InternalError():
            return (
                "I crashed partway and don't know how far it got. Look with `/backup list` before you try "
                f"again; the log has it under {operation.tag}."
            )
        case NoSafetyBackup():
            return _no_safety_backup(operation, outcome)
        case NoRoom():
            return _no_room(outcome)
    assert_never(outcome)


def rotated(outcome: Outcome) -> str:
    """Return the same in short, for a line."""
    rotates = outcome.rotates if isinstance(outcome, BackedUp) else ()
    return f"rotation deletes {join_words([str(each) for each in rotates])}" if rotates else ""


def rotation(outcome: BackedUp) -> str:
    """Return which older backups of its schedule go now; "" if none do."""
    if not outcome.rotates:
        return ""
    which = join_words([str(each) for each in outcome.rotates])
    backups = "backup" if len(outcome.rotates) == 1 else "backups"
    return f"Rotation: I'm deleting this schedule's older {backups} {which}."


def _unchanged(outcome: NotDone) -> str:
    if outcome.state is not State.FAILED:
        return ""
    is_all_as_before = outcome.safety_backup_id is None and outcome.deleted_first is None
    return "Nothing was changed." if is_all_as_before else "The server was not changed."


def _no_room(outcome: NoRoom) -> str:
    known = "I can't tell whether it was" if outcome.may_be_gone else "that failed"
    why = in_short(outcome.failure.error)
    return f"Backup {outcome.backup_id} was to be deleted first, and {known}: {why} Nothing else was begun."


def _reply(outcome: Restored | Accepted) -> str:
    if outcome.answer_lost:
        return (
            "VPS.org's answer did not arrive, but the server's status went from "
            f"“{_status(outcome.before)}” to “{_status(outcome.during)}”."
        )
    return f"VPS.org said: {quotation(escape_truncated(outcome.words, 500))}" if outcome.words else ""


def _seen(outcome: Accepted) -> str:
    return (
        f"The server's status is “{_status(outcome.status)}”."
        if outcome.status
        else "Its status can't be read."
    )


def _status(word: str) -> str:
    return escape_truncated(word, 50)


def _still_running(outcome: StillRunning) -> str:
    watched = f"I watched it for {outcome.hours:g} hours and stop now"
    if outcome.unseen_since is None:
        return f"{watched}; it had not ended. {LOOK_AT_LIST}"
    why = f" {in_short(outcome.failure.error)}" if outcome.failure else ""
    return f"{watched}. I could not look since {when(outcome.unseen_since)}.{why} {LOOK_AT_LIST}"


def _not_known(operation: Operation, failure: Failure) -> str:
    return f"{in_short(failure.error)} {NOT_KNOWN[operation.verb]}"


def _why_not_approved(outcome: NotApproved) -> str:
    if outcome.failure:
        return f"{in_short(outcome.failure.error)} Nothing was changed."
    if outcome.ending is Ending.EXPIRED:
        limit = duration(outcome.minutes * 60)
        return f"No answer within {limit}, so nothing was done. Request it again if it still matters."
    return quoted(outcome.comment) if outcome.comment else "Nothing was changed."


def _no_safety_backup(operation: Operation, outcome: NoSafetyBackup) -> str:
    match outcome.cause:
        case NotKnown(failure=failure):
            why = f"{in_short(failure.error)} {NOT_KNOWN[Verb.CREATE]}"
        case NotDone(failure=Failure(kind="SlotsFull") as failure):
            why = f"{in_short(failure.error)} So no safety backup could be made."
        case cause:
            why = f"The safety backup did not complete. {_detail(operation, cause)}"
    return f"{why} The restore was not started."


def outcome_fields(outcome: Outcome) -> dict[str, str]:
    """Return what came of an operation, by label, beside what was requested."""
    fields = {}
    if isinstance(outcome, Restored):
        before = outcome.safety_backup_seconds
        more = "" if before is None else f", after {duration(before)} for the safety backup"
        fields["Took"] = f"{duration(outcome.seconds)}{more}"
    if (safety_id := safety_backup_of(outcome)) is not None:
        fields["Safety backup"] = f"backup {safety_id}"
    return fields


def safety_backup_of(outcome: Outcome) -> int | None:
    """Return the id of the backup that was made before a restore; None if none was."""
    if isinstance(outcome, Restored | Accepted | Cancelled | NotDone | NotKnown):
        return outcome.safety_backup_id
    return None


def facts(outcome: Outcome) -> str:
    """Return the numbers that are known of an outcome, on one line; ids come last."""
    return ", ".join(part for part in (*_measures(outcome), made(outcome), _safety(outcome)) if part)


def _measures(outcome: Outcome) -> list[str]:
    match outcome:
        case BackedUp(size_mb=megabytes, seconds=seconds):
            sizes = [size(megabytes)] if megabytes is not None else []
            return [*sizes, duration(seconds)] if seconds is not None else sizes
        case Restored():
            return [duration(outcome.seconds)]
        case _:
            return []


def made(outcome: Outcome) -> str:
    """Return which backup was made or watched; "" if none was."""
    if isinstance(outcome, BackedUp | BackupFailed | BackupVanished | StillRunning):
        return f"backup {outcome.backup_id}"
    return ""


def _safety(outcome: Outcome) -> str:
    safety_id = safety_backup_of(outcome)
    return "" if safety_id is None else f"safety backup {safety_id}"


def in_plain_text(operation: Operation, outcome: Outcome) -> str:
    """Return how it ended for where Slack formats nothing."""
    said = [f"{_verdict(operation, outcome)}.", outcome_detail(operation, outcome)]
    return without_marks(" ".join(filter(None, said)))


def reply(operation: Operation, outcome: Outcome) -> str:
    """Return the reply that tells the requester how it ended."""
    known = facts(outcome) if operation.verb is not Verb.WATCH else ", ".join(_measures(outcome))
    verdict = f"{_marked_verdict(operation, outcome)}{f' ({known})' if known else ''}."
    told = [f"{mention(operation.requested_by)} {verdict}", outcome_detail(operation, outcome)]
    return " ".join(part for part in told if part)
