"""What is said of operations: what they do, how they move on and how they end. Each fact once."""

from collections.abc import Sequence
from typing import assert_never

from bot.notifications.model import Notify
from bot.operations.model import (
    BackingUpOperation,
    BackupRef,
    ConfirmedOperation,
    CreateOperation,
    DeleteOperation,
    Operation,
    RestoreOperation,
    State,
    WatchOperation,
)
from bot.operations.progress import (
    Ahead,
    AwaitingServer,
    Late,
    Progress,
    Queued,
    Running,
    SafetyBackupRunning,
    ServerLate,
)
from bot.operations.records import Ended, Stage, Unfinished
from bot.slack.text import (
    ago,
    duration,
    link,
    mention,
    plain_label,
    pluralize,
    quoted,
    safe_name,
    sentence,
    when,
)
from bot.verbs import Verb

CANCEL_REST = "Cancel the rest"
LOOK_AT_LIST = "Look with `/backup list`."
NOTHING_RUNS = "Nothing is running or waiting."
THROUGH_A_WORKFLOW = " through a workflow"
ENDED_LATELY = "Ended in the last 24 h"

_NOUNS = {Verb.CREATE: "backup", Verb.DELETE: "delete", Verb.RESTORE: "restore"}


def noun(verb: Verb) -> str:
    """Return what an operation is called as a thing."""
    return _NOUNS.get(verb, verb.value)


def what(operation: Operation) -> str:
    """Return what an operation is to do, as in "wants to …"; safe to show."""
    return _what(operation, safe_name(operation.server_name))


def what_in_short(operation: Operation) -> str:
    """Return the same for a title, without ids; Slack formats nothing in it."""
    name = plain_label(operation.server_name, 80)
    match operation:
        case CreateOperation():
            return f"back up {name}"
        case DeleteOperation():
            return f"delete a backup of {name}"
        case RestoreOperation():
            return f"restore {name}"
        case WatchOperation():
            return f"watch a backup of {name}"
    assert_never(operation)


def what_in_plain_text(operation: Operation) -> str:
    """Return the same for where Slack formats nothing."""
    return _what(operation, plain_label(operation.server_name, 100))


def _what(operation: Operation, name: str) -> str:
    match operation:
        case CreateOperation():
            return f"back up {name}{_after_deleting(operation)}"
        case DeleteOperation():
            return f"delete backup {operation.backup.id} of {name}"
        case RestoreOperation():
            return f"restore {name} from backup {operation.backup.id}{_after_deleting(operation)}"
        case WatchOperation():
            return f"watch backup {operation.backup_id} of {name}"
    assert_never(operation)


def _after_deleting(operation: BackingUpOperation) -> str:
    return f" after deleting backup {operation.delete_first.id}" if operation.delete_first else ""


def request_fields(operation: Operation) -> dict[str, str]:
    """Return what was requested, by label: it stays on the card whatever comes of it.

    Ages are those at the request; empty for what is said in a line.
    """
    if not has_fields(operation):
        return {}
    requested = f"{_requester(operation)}, {ago(operation.requested_at)}"
    fields = {"Requested by": requested, "Server": safe_name(operation.server_name), **_at_stake(operation)}
    if operation.reason:
        fields["Reason"] = why(operation.reason, operation.about)
    if operation.broke_glass:
        emergency = quoted(operation.break_glass_reason)
        fields["Approved by"] = f":rotating_light: nobody (break-glass: {emergency})"
    elif operation.approved_by:
        at = f", {when(operation.approved_at)}" if operation.approved_at else ""
        fields["Approved by"] = f"{mention(operation.approved_by)}{at}"
    return fields


def has_fields(operation: Operation) -> bool:
    """Tell whether there is more to a request than a line says: it destroys data, or has to be approved."""
    destroys = isinstance(operation, ConfirmedOperation) or bool(_deleted_first(operation))
    return destroys or operation.approval is not None


def _at_stake(operation: Operation) -> dict[str, str]:
    match operation:
        case RestoreOperation(backup=backup):
            age = _age(operation, backup)
            return {
                "Back to": _which(operation, backup),
                "Loses": f"everything written since then ({age})",
                "Safety backup": "yes" if operation.safety_backup else "*no* – this can't be undone",
                **_deleted_first(operation),
            }
        case DeleteOperation(backup=backup):
            return {
                "Backup": _which(operation, backup),
                "Loses": "this backup, permanently",
            }
        case CreateOperation():
            return _deleted_first(operation)
        case WatchOperation():
            return {}
    assert_never(operation)


def _deleted_first(operation: Operation) -> dict[str, str]:
    first = operation.delete_first if isinstance(operation, BackingUpOperation) else None
    return {"Deleted first, permanently": _which(operation, first)} if first else {}


def _which(operation: Operation, backup: BackupRef) -> str:
    return f"{when(backup.created_at)} ({_age(operation, backup)} old), backup {backup.id}"


def _age(operation: Operation, backup: BackupRef) -> str:
    return duration((operation.requested_at - backup.created_at).total_seconds())


def doing(operation: Operation) -> str:
    """Return what an operation does now, as a headline."""
    name = safe_name(operation.server_name)
    match operation:
        case CreateOperation():
            return f"Backing up *{name}*"
        case DeleteOperation():
            return f"Deleting backup {operation.backup.id} of *{name}*"
        case RestoreOperation():
            return f"Restoring *{name}*"
        case WatchOperation():
            return f"Watching backup {operation.backup_id} of *{name}*"
    assert_never(operation)


def progress_headline(operation: Operation, progress: Progress) -> str:
    """Return the first line of a card while the operation has not ended."""
    name = safe_name(operation.server_name)
    match progress:
        case Queued():
            return f":hourglass_flowing_sand: *{name}*: {noun(operation.verb)} is queued"
        case Running() | SafetyBackupRunning() | AwaitingServer():
            return f":arrows_counterclockwise: {doing(operation)}"
        case Late() if isinstance(operation, RestoreOperation):
            return f":hourglass: The safety backup of *{name}* is taking longer than usual"
        case Late():
            return f":hourglass: The backup of *{name}* is taking longer than usual"
        case ServerLate():
            return f":hourglass: *{name}* is not back yet"
    assert_never(progress)


def progress_detail(progress: Progress) -> str:
    """Return the second line of a card while the operation has not ended; "" if there is none."""
    match progress:
        case Queued(behind):
            return waiting_for(behind)
        case Running():
            return ""
        case SafetyBackupRunning():
            return "Step 1 of 2: safety backup of the current state."
        case AwaitingServer():
            return "VPS.org accepted the restore. The server is down meanwhile; I'll tell you when it's back."
        case Late(started_at, limit):
            return f"Started {ago(started_at)}; usually under {duration(limit)}. I'll keep watching it."
        case ServerLate(started_at, _, status):
            return (
                f"VPS.org accepted the restore {ago(started_at)}; the last status I saw is "
                f"{quoted(status, 50)}. I'll tell you when it changes."
            )
    assert_never(progress)


def waiting_for(behind: Ahead) -> str:
    """Return which operation goes first."""
    requester = mention(behind.requested_by)
    return f"Waiting for {requester}'s {noun(behind.verb)} to finish (requested {ago(behind.requested_at)})."


def late_reply(operation: Operation, late: Late | ServerLate) -> str:
    """Return the reply that tells the requester what takes longer than it should."""
    requester, name = mention(operation.requested_by), safe_name(operation.server_name)
    limit = duration(late.limit_seconds)
    match late:
        case Late():
            return (
                f"{requester} The backup of *{name}* has been running for more than {limit}. "
                "I'll keep watching it and tell you when it's done."
            )
        case ServerLate(status=status):
            return (
                f"{requester} *{name}* is not back {limit} after VPS.org accepted the restore: the last "
                f"status I saw is {quoted(status, 50)}. I'll keep watching it and tell you when that changes."
            )
    assert_never(late)


VERDICTS: dict[Verb, dict[State, str]] = {
    Verb.CREATE: {
        State.DONE: "*{name}* is backed up",
        State.REFUSED: "Not backed up: *{name}*",
        State.FAILED: "The backup of *{name}* failed",
        State.UNKNOWN: "*{name}*: can't tell whether the backup was made",
    },
    Verb.DELETE: {
        State.DONE: "Deleted backup {backup} of *{name}*",
        State.REFUSED: "Not deleted: backup {backup} of *{name}*",
        State.FAILED: "Deleting backup {backup} of *{name}* failed",
        State.UNKNOWN: "*{name}*: can't tell whether backup {backup} was deleted",
    },
    Verb.RESTORE: {
        State.DONE: "*{name}* is back: restored to {moment}",
        State.ACCEPTED: "VPS.org accepted the restore of *{name}*",
        State.REFUSED: "Not restored: *{name}*",
        State.FAILED: "The restore of *{name}* failed",
        State.UNKNOWN: "*{name}*: can't tell whether the restore was started",
    },
    Verb.WATCH: {
        State.DONE: "Backup {backup} of *{name}* is complete",
        State.REFUSED: "Backup {backup} of *{name}* is not watched",
        State.FAILED: "Backup {backup} of *{name}* failed",
        State.UNKNOWN: "*{name}*: can't tell how backup {backup} ended",
    },
}
"""What each end is called; only a restore may end as accepted."""


NOT_KNOWN: dict[Verb, str] = {
    Verb.CREATE: "The backup may have been started: I looked for it and did not see it.",
    Verb.DELETE: "The backup may have been deleted: it was still listed when I looked.",
    Verb.RESTORE: "I did not call again. Look at the server, then decide whether to restore once more.",
    Verb.WATCH: LOOK_AT_LIST,
}
"""What is said if looking did not tell whether a call was carried out."""


def wrong_name(server_name: str) -> str:
    """Return what stands under the field for the server's name if another was typed."""
    return f"That is not the server's name. Type {plain_label(server_name, 300)} to confirm."


def origin(operation: Operation) -> str:
    """Return who requested an operation and when; the reason stands on a line of its own."""
    if has_fields(operation):
        return operation.tag
    # Nobody is to be called by what runs each night.
    who = "Scheduled" if operation.is_by_clock else f"Requested by {_requester(operation)}"
    line = f"{who} {ago(operation.requested_at)} · {operation.tag}"
    return f"{line}\n{why(operation.reason, operation.about)}" if operation.reason else line


def _requester(operation: Operation) -> str:
    workflow = THROUGH_A_WORKFLOW if operation.function_execution_id else ""
    return f"{mention(operation.requested_by)}{workflow}"


def why(reason: str, about: str) -> str:
    """Return the reason, with a link to the message it was begun from, which may be all of the reason."""
    message = link(about, "message")
    if message and reason == about:
        return f"Because of this {message}"
    return " · ".join(filter(None, [quoted(reason), message]))


def cancelling(operation: Operation) -> str:
    """Return what somebody is told who cancelled an operation that has not acted yet."""
    thing = f"{noun(operation.verb)} of *{safe_name(operation.server_name)}*"
    return f"I'll cancel the {thing}, unless it has just been started. Its message will say which."


def status_title(unfinished: Sequence[Unfinished], server_name: str) -> str:
    """Return how many operations run, are queued, and wait for approval; Slack formats nothing in it."""
    stages = [one.stage for one in unfinished]
    running, awaiting = stages.count(Stage.RUNNING), stages.count(Stage.AWAITING_APPROVAL)
    queued = len(stages) - running - awaiting
    parts = [f"{running} running", f"{queued} queued"]
    if awaiting:
        parts.append(f"{awaiting} waiting for approval")
    counted = " · ".join(parts) if stages else NOTHING_RUNS
    return f"{plain_label(server_name, 80)}: {counted}" if server_name else counted


def status_line(one: Unfinished) -> str:
    """Return one operation that has not ended: what, for whom, since when; where its card is; and why."""
    operation = one.operation
    match one.stage:
        case Stage.RUNNING:
            emoji, state = ":arrows_counterclockwise:", f"started {ago(one.since)}"
        case Stage.AWAITING_APPROVAL:
            emoji, state = ":raised_hand:", f"waiting for approval, requested {ago(one.since)}"
        case Stage.QUEUED | Stage.STARTING:
            emoji, state = ":hourglass_flowing_sand:", f"in the queue, requested {ago(one.since)}"
        case _:
            assert_never(one.stage)
    line = f"{emoji} {doing(operation)} · {mention(operation.requested_by)} · {state}"
    return "\n".join(
        filter(None, [line, _where(one), quoted(operation.reason, 100) if operation.reason else ""])
    )


def ended_line(verdict: str, one: Ended) -> str:
    """Return one operation that has ended: the verdict, for whom, when, and where its card is."""
    who = mention(one.operation.requested_by)
    return f"{verdict} · {who} · {ago(one.outcome.ended_at)}\n{_where(one)}"


def batch_line(ones: Sequence[Unfinished]) -> str:
    """Return those of a batch that have not ended: how many run and wait, for whom, where and why."""
    running = sum(one.stage is Stage.RUNNING for one in ones)
    counted = [f"{running} running"] * bool(running) + [f"{len(ones) - running} queued"] * (
        running < len(ones)
    )
    operation = ones[0].operation
    emoji = ":arrows_counterclockwise:" if running else ":hourglass_flowing_sand:"
    who, servers = mention(operation.requested_by), pluralize(len(ones), "server")
    state = f"{' · '.join(counted)}, requested {ago(operation.requested_at)}"
    line = f"{emoji} Backing up *{servers}* · {who} · {state}"
    lines = [
        line,
        link(ones[0].permalink, "message"),
        quoted(operation.reason, 100) if operation.reason else "",
    ]
    return "\n".join(filter(None, lines))


def ended_batch_line(ones: Sequence[Ended]) -> str:
    """Return those of a batch that have ended: how many have a backup, for whom, when, and where."""
    done = sum(one.outcome.state is State.DONE for one in ones)
    emoji = ":white_check_mark:" if done == len(ones) else ":warning:"
    verdict = f"{emoji} *{done} of {pluralize(len(ones), 'server')}* backed up"
    who, last = mention(ones[0].operation.requested_by), max(one.outcome.ended_at for one in ones)
    return "\n".join(filter(None, [f"{verdict} · {who} · {ago(last)}", link(ones[0].permalink, "message")]))


def _where(one: Unfinished | Ended) -> str:
    return " · ".join(filter(None, [link(one.permalink, "message"), one.operation.tag]))


def more(count: int) -> str:
    """Return how many are not shown."""
    return f"and {count} more"


def will_tell(backup_id: int, server_name: str) -> str:
    """Return what somebody is told who wants to know how a backup ends."""
    return sentence(f"I'll write to you when backup {backup_id} of {server_name} is finished.")


def told_privately(channel: str, level: Notify) -> str:
    """Return where a requester hears how an operation goes whose channel is told less than all."""
    told = "how operations end" if level is Notify.OUTCOMES else "failures"
    here = f"<#{channel}> is told only {told}"
    return f":information_source: I'll tell you in our direct messages how it goes: {here}."
