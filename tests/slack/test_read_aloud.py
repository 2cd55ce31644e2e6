"""Every failure as people read it, with its buttons in brackets: one file to read aloud."""

from collections.abc import Iterator
from typing import Any

from syrupy.assertion import SnapshotAssertion

from bot.errors import (
    AlreadyTried,
    AskedTooOften,
    BadRequest,
    BotError,
    Busy,
    Denial,
    InvalidResponse,
    Misuse,
    Nonsense,
    NotAllowed,
    NotFound,
    NotRecorded,
    Silence,
    SlotsFull,
    Stale,
    StaleConfirmation,
    Unauthorized,
    UnknownBackup,
    UnknownServer,
    Unreachable,
    Unrecorded,
    UsageError,
)
from bot.slack import messages
from bot.slack.provider_messages import Explanation
from bot.verbs import CHANGING, Verb
from tests.any_facts import kinds_of_errors
from tests.views_kit import OneFile

OF_VPS: list[BotError] = [
    BadRequest(status=400, words="backup_id: This field is required."),
    BadRequest(status=422),
    Unauthorized(status=401, words="Invalid token."),
    Unauthorized(status=403),
    NotFound(status=404),
    NotFound(status=404, is_listed=True),
    SlotsFull(server_name="web-1", used=10, limit=10),
    Busy(status=409),
    Busy(status=429, retry_after=7.0),
    Busy(status=503, may_have_acted=True),
    *(Unreachable(silence=each, status=502) for each in Silence),
    *(InvalidResponse(nonsense=each, status=302) for each in Nonsense),
]
OURS: list[BotError] = [
    *(UsageError(each, "lst", Verb.LIST, "web-1") for each in Misuse),
    UsageError(Misuse.UNKNOWN_VERB, "undo"),
    UsageError(Misuse.UNKNOWN_VERB, "creat", Verb.HELP, "create"),
    *(NotAllowed(each, Verb.CREATE, "BOT_OPERATORS") for each in Denial),
    *(
        NotAllowed(Denial.NO_ROLE, each, "BOT_OPERATORS", who=("UANA",))
        for each in (Verb.LIST, *sorted(CHANGING))
    ),
    NotAllowed(Denial.OTHER_CHANNEL, Verb.LIST, where=("COPS",)),
    UnknownServer(),
    UnknownServer("wbe-1", near=("web-1", "web-2"), verb=Verb.LIST),
    UnknownServer("web", names=("web-1", "web-2"), verb=Verb.CREATE, rest="before the move"),
    UnknownServer("web-1", ids=(101, 103), verb=Verb.RESTORE),
    UnknownServer("nowhere", is_stale=True, verb=Verb.LIST),
    UnknownServer("nowhere", is_list_partial=True),
    UnknownServer("bd-*", near=("db-1",), is_wide=True, verb=Verb.CREATE, before="web-1", rest="why"),
    UnknownBackup(4711),
    UnknownBackup(4711, is_list_partial=True),
    *(StaleConfirmation(each, 501, "web-1", "failed", Verb.DELETE, 700.0) for each in Stale),
    *(NotRecorded(each) for each in Unrecorded),
    AlreadyTried(),
    AskedTooOften(12.3),
]
OF_SLACK = [
    messages.slack_refused("expired_trigger_id"),
    messages.slack_refused("internal_error"),
    messages.slack_unreadable(),
    messages.cant_post(),
    messages.unexpected("1a2b3c4d"),
]


def read(explanation: Explanation) -> str:
    buttons = [step.label for step in explanation.next_steps]
    buttons += [messages.TRY_AGAIN] * explanation.can_retry
    return " ".join([*messages.lines(explanation), *(f"[{each}]" for each in buttons)])


def facts_of(error: BotError) -> Iterator[Any]:
    yield type(error).__name__
    yield from (each for each in vars(error).values() if each)


def test_every_failure_read_aloud(snapshot: SnapshotAssertion) -> None:
    told = {", ".join(map(str, facts_of(error))): read(messages.explain(error)) for error in [*OURS, *OF_VPS]}
    aloud = [f"{name}: {said}" for name, said in told.items()]
    assert [*aloud, *map(read, OF_SLACK)] == snapshot(extension_class=OneFile)
    kinds = {type(error) for error in [*OURS, *OF_VPS]}
    left_out = {kind.__name__ for kind in kinds_of_errors() if kind not in kinds}
    assert left_out == {"ProviderError", "NotChecked", "HiddenServer", "HiddenBackup"}
