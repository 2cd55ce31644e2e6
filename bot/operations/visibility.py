"""What of an operation's life everybody in its channel is shown. The requester is always told.

What the channel is not shown is in the requester's direct messages: the card with its buttons, and the reply.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.errors import StaleConfirmation
from bot.notifications.model import Notify
from bot.operations.model import (
    RESET_A_SERVER,
    Cancelled,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    Operation,
    Outcome,
    State,
)
from bot.verbs import Verb

T = TypeVar("T")

_FAILED = {State.FAILED, State.UNKNOWN}
_CHANNELS = ("C", "G")


def is_shown(operation: Operation, level: Notify, outcome: Outcome | None = None) -> bool:
    """Tell whether a channel of that level is shown an operation: that it runs, or how it ended.

    A request for approval always is, and so is what somebody began in a thread: its card stays where it is.
    """
    if operation.thread_ts or not operation.channel.startswith(_CHANNELS):
        return True
    if outcome is None:
        return level is Notify.ALL or operation.approval is not None
    return is_news(operation, level, outcome)


def told_together(ones: Iterable[T], batch_of: Callable[[T], str]) -> list[list[T]]:
    """Return what is told in one place: those of a batch where its first one stands, any other alone."""
    places: dict[str | int, list[T]] = {}
    for number, one in enumerate(ones):
        places.setdefault(batch_of(one) or number, []).append(one)
    return [*places.values()]


def is_part_of_a_run(operation: Operation) -> bool:
    """Tell whether an operation is told of by another: a schedule's rotation, by the backup that was made."""
    return operation.verb is Verb.DELETE and bool(operation.schedule_id)


def is_routine(operation: Operation, outcome: Outcome) -> bool:
    """Tell whether nobody need be mentioned: a schedule was due, and all went well."""
    return operation.is_by_clock and (outcome.state is State.DONE or _need_not_go(operation, outcome))


def _need_not_go(operation: Operation, outcome: Outcome) -> bool:
    """Tell whether a backup that a schedule was to delete has gone already, or can stay."""
    is_out_of_date = isinstance(outcome, NotDone) and outcome.failure.kind == StaleConfirmation.__name__
    return operation.verb is Verb.DELETE and is_out_of_date


def is_news(operation: Operation, level: Notify, outcome: Outcome) -> bool:
    """Tell whether everybody in a channel of that level should hear how an operation ended.

    If a server was reset, they should, at any level: they may be working on it.
    """
    match level:
        case Notify.ALL:
            return True
        case Notify.OUTCOMES:
            return outcome.state is not State.REFUSED or _has_failed(operation, outcome)
        case Notify.FAILURES:
            return _has_failed(operation, outcome) or _was_reset(operation, outcome)


def is_ended_by_requester(operation: Operation, outcome: Outcome) -> bool:
    """Tell whether the requester withdrew or cancelled it, so that they need not be told."""
    return isinstance(outcome, NotApproved | Cancelled) and outcome.by == operation.requested_by


def concerns_the_channel(operation: Operation, outcome: Outcome) -> bool:
    """Tell whether everybody should hear how it ended: whether a server was reset, and every failure."""
    return operation.verb in RESET_A_SERVER or outcome.state in {State.FAILED, State.UNKNOWN}


def is_told_nobody(operation: Operation, level: Notify, outcome: Outcome | None = None) -> bool:
    """Tell whether not even the requester is told: of what runs by the clock, in a channel not shown it.

    While it runs, and of an end that is routine.
    """
    is_quiet = operation.is_by_clock and not is_shown(operation, level, outcome)
    return is_quiet and (outcome is None or is_routine(operation, outcome))


def _has_failed(operation: Operation, outcome: Outcome) -> bool:
    if operation.schedule_id and not is_routine(operation, outcome):
        # Nobody was there to be refused: a backup is missing.
        return not isinstance(outcome, Cancelled)
    cause = outcome.cause if isinstance(outcome, NoSafetyBackup) else outcome
    return cause.state in _FAILED


def _was_reset(operation: Operation, outcome: Outcome) -> bool:
    """Tell whether an operation reset a server, as far as is known."""
    return operation.verb in RESET_A_SERVER and outcome.state in {State.DONE, State.ACCEPTED}
