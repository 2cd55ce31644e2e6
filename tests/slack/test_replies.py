"""Failures are told in words, with what to do, whatever the words hold."""

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.errors import BotError, NotAllowed, NotUnderstood, UnknownServer
from bot.slack.replies import explain, note, said, slack_refused, unexpected
from tests.views_kit import Drawable, OneFile, drawn, problems, words

MISSING = UnknownServer("There is no server “<!channel>”.", "Did you mean web-1?")
REPLIES: dict[str, Drawable] = {
    "unknown server": explain(MISSING),
    "without a hint": explain(NotUnderstood("A quote is not closed.")),
    "not allowed": explain(NotAllowed("You may not delete here.", who=("UANA", "UBEN", "UCLEO"))),
    "as a modal": note(MISSING),
    "a bug": explain(unexpected("1a2b3c4d")),
    "too slow": explain(slack_refused("expired_trigger_id")),
    "refused": explain(slack_refused("internal_error")),
    "said": said("I will write to you when backup 7 of web-1 ends."),
}


def test_how_failures_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(reply) for name, reply in REPLIES.items()} == snapshot(extension_class=OneFile)
    assert [problems(reply) for reply in REPLIES.values()] == [[]] * len(REPLIES)


@given(words, words)
def test_whatever_a_failure_says_can_be_shown(what: str, hint: str) -> None:
    error = BotError(what, hint)
    assert problems(explain(error)) == []
    assert problems(note(error)) == []
    assert problems(said(f"About {what}.")) == []


@given(words)
def test_long_words_do_not_push_the_hint_away(what: str) -> None:
    text = explain(BotError(what, "Do this.")).text
    assert text.endswith("Do this.")


@given(st.integers(1, 300))
def test_however_many_may_they_are_named_as_far_as_there_is_room(count: int) -> None:
    who = tuple(f"U{number:010}" for number in range(count))
    assert problems(explain(NotAllowed("You may not.", who=who))) == []
