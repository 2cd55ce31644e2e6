"""Failures are told with what to do about them, whatever their words hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.backups.commands import read_create
from bot.errors import (
    AlreadyTried,
    BadRequest,
    BotError,
    Busy,
    Denial,
    InvalidResponse,
    Misuse,
    Nonsense,
    NotAllowed,
    NotChecked,
    NotRecorded,
    Silence,
    Stale,
    StaleConfirmation,
    Unauthorized,
    UnknownBackup,
    UnknownServer,
    Unreachable,
    Unrecorded,
    UsageError,
)
from bot.names import canonical_name
from bot.slack import ids, messages
from bot.slack.forms import NoteForm
from bot.slack.message import Message
from bot.slack.messages import cant_post, slack_refused, slack_unreadable, unexpected
from bot.slack.provider_messages import Explanation
from bot.slack.text import sentence
from bot.slack.views import Repeat, explain, note, note_about, sentence_alone
from bot.verbs import Verb, read_verb
from tests.views_kit import Drawable, OneFile, drawn, problems, words


def told(error: BotError) -> Message:
    """Return a failure as a message."""
    return explain(messages.explain(error))


UNKNOWN = UnknownServer("<!channel>", near=("web-1",))
REPLIES: dict[str, Drawable] = {
    "unknown server": told(UNKNOWN),
    "without a hint": told(UsageError(Misuse.OPEN_QUOTE)),
    "not allowed": told(NotAllowed(Denial.NO_ROLE, "delete", "BOT_OPERATORS", who=("UANA", "UBEN", "UCLEO"))),
    "in another channel": told(NotAllowed(Denial.OTHER_CHANNEL, "delete", where=("COPS", "CDEV"))),
    "as a modal": note(UNKNOWN),
    "a bug": explain(unexpected("1a2b3c4d")),
    "a bug, as a modal": note_about(unexpected("1a2b3c4d")),
    "too slow": explain(slack_refused("expired_trigger_id")),
    "refused": explain(slack_refused("internal_error")),
    "no answer": explain(slack_unreadable()),
    "closed channel": explain(cant_post()),
    "a sentence": sentence_alone("I'll write to you when backup 7 of web-1 is finished."),
}


def test_how_failures_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(reply) for name, reply in REPLIES.items()} == snapshot(extension_class=OneFile)
    assert [problems(reply) for reply in REPLIES.values()] == [[]] * len(REPLIES)


@given(words, words)
def test_whatever_a_failure_says_can_be_shown(what: str, hint: str) -> None:
    trouble = Explanation(what, hint)
    assert problems(explain(trouble)) == []
    assert problems(note_about(trouble)) == []
    assert problems(sentence_alone(sentence(f"About {what}."))) == []


@given(words)
def test_whatever_an_error_holds_can_be_shown(outside: str) -> None:
    for error in (
        UnknownServer(outside, near=(outside, outside)),
        UnknownServer(outside, names=(outside,) * 5, is_stale=True),
        UsageError(Misuse.UNKNOWN_VERB, outside),
    ):
        assert problems(told(error)) == []
        assert problems(note(error)) == []


@given(words)
def test_long_words_do_not_push_the_hint_away(what: str) -> None:
    text = explain(Explanation(what, "Do this.")).text
    assert text.endswith("Do this.")


@given(st.integers(1, 300))
def test_however_many_can_they_are_named_as_far_as_there_is_room(count: int) -> None:
    who = tuple(f"U{number:010}" for number in range(count))
    where = tuple(f"C{number:010}" for number in range(count))
    assert problems(told(NotAllowed(Denial.NO_ROLE, "delete", who=who))) == []
    assert problems(told(NotAllowed(Denial.OTHER_CHANNEL, "delete", where=where))) == []


def buttons(message: Message) -> dict[str, tuple[str, str]]:
    """Return what each button says, and the id and the value it carries."""
    elements = [each for block in message.drawn() if block["type"] == "actions" for each in block["elements"]]
    return {each["text"]["text"]: (each["action_id"], each.get("value", "")) for each in elements}


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=3, unique=True), st.text(max_size=50))
def test_each_server_that_may_be_meant_has_a_button_that_runs_the_same_command_with_it(
    names: list[str], reason: str
) -> None:
    error = UnknownServer("wbe", near=tuple(names), verb=Verb.CREATE, rest=reason)
    for name, step in zip(names, messages.explain(error).next_steps, strict=True):
        verb, rest = read_verb(step.command)
        wanted = read_create(rest)
        assert verb is Verb.CREATE
        assert canonical_name(wanted.server or "") == canonical_name(name)
        assert wanted.reason == reason.strip()
    assert len({action_id for action_id, _ in buttons(told(error)).values()}) <= ids.MOST_COMMANDS


@pytest.mark.parametrize(
    ("error", "offered"),
    [
        (UnknownServer("wbe-1", near=("web-1",), verb="list"), {"web-1": 'list "web-1"'}),
        (
            UnknownServer("web-1", ids=(101, 103), verb="restore"),
            {"101": "restore 101", "103": "restore 103"},
        ),
        (UnknownServer("nowhere", verb="list"), {"Servers": "servers"}),
        (UsageError(Misuse.UNKNOWN_VERB, "lst", "list", "web-1"), {"List backups": "list web-1"}),
        (UsageError(Misuse.UNKNOWN_VERB, "delte", "delete", "501"), {"Delete…": "delete 501"}),
        (UsageError(Misuse.UNKNOWN_VERB, "creat", "help", "create"), {"Help": "help create"}),
        (
            UsageError(Misuse.UNKNOWN_VERB, "undo"),
            {"List backups": "list", "Status": "status", "Help": "help"},
        ),
        (UsageError(Misuse.ONE_BACKUP, verb="delete"), {"Help": "help delete"}),
        (
            UsageError(Misuse.UNKNOWN_TYPE, "weekly", "list", '"web-1"'),
            {"Manual": 'list "web-1" --type manual', "Automatic": 'list "web-1" --type automatic'},
        ),
        (UsageError(Misuse.OLD_BUTTON), {"Start again": ""}),
        (UsageError(Misuse.NOT_CANCELLABLE), {"Status": "status"}),
        (UnknownBackup(4711), {"List backups": "list"}),
        (StaleConfirmation(Stale.GONE, 4711), {"List backups": "list"}),
        (StaleConfirmation(Stale.NEWER_OPERATION, 4711, verb="delete"), {"Status": "status"}),
        (NotRecorded(Unrecorded.OPERATION), {"Status": "status"}),
        (AlreadyTried(), {"Status": "status"}),
    ],
    ids=lambda each: f"{each!r}"[:60],
)
def test_a_next_step_is_a_button_in_a_message_and_in_a_modal(
    error: BotError, offered: dict[str, str]
) -> None:
    shown = {label: value for label, (_, value) in buttons(told(error)).items()}
    assert shown == offered
    looks = [step for step in offered.items() if not step[1].startswith(("restore", "delete"))]
    modal = note(error, "COPS").to_dict()
    if looks:
        label, command = looks[0]
        assert modal["submit"]["text"] == label[:24]
        assert NoteForm.model_validate_json(modal["private_metadata"]) == NoteForm(
            command=command, channel="COPS"
        )
    else:
        assert "submit" not in modal


DOWN = Unreachable(silence=Silence.TIMED_OUT)
AGAIN = Repeat("list_next", '{"page":1}', "block")


@pytest.mark.parametrize(
    ("error", "can_retry"),
    [
        (DOWN, True),
        (replace(DOWN, may_have_acted=True), False),
        (Busy(status=429), True),
        (InvalidResponse(nonsense=Nonsense.NOT_JSON), True),
        (Unauthorized(status=401), False),
        (BadRequest(status=400), False),
        (NotChecked(Denial.NOT_IN_TIME), True),
        (NotAllowed(Denial.NO_ROLE, "delete", "BOT_OPERATORS"), False),
        (NotRecorded(Unrecorded.LOOK_UP), True),
        (NotRecorded(Unrecorded.OPERATION), False),
    ],
    ids=lambda each: f"{each!r}"[:60],
)
def test_what_may_go_well_in_a_while_can_be_tried_again(error: BotError, can_retry: bool) -> None:
    trouble = messages.explain(error)
    again = buttons(explain(trouble, AGAIN))
    assert (again.get("Try again") == ("list_next", '{"page":1}')) is can_retry
    assert "Try again" not in buttons(explain(trouble))
    assert problems(explain(trouble, AGAIN)) == []
