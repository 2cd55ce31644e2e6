"""Failures are told with what to do about them, whatever their words hold."""

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.errors import Denial, Misuse, NotAllowed, UnknownServer, UsageError
from bot.slack.messages import cant_post, slack_refused, slack_unreadable, unexpected
from bot.slack.provider_messages import Explanation
from bot.slack.text import sentence
from bot.slack.views import explain, explain_trouble, note, note_about, sentence_alone
from tests.views_kit import Drawable, OneFile, drawn, problems, words

UNKNOWN = UnknownServer("<!channel>", near=("web-1",))
REPLIES: dict[str, Drawable] = {
    "unknown server": explain(UNKNOWN),
    "without a hint": explain(UsageError(Misuse.OPEN_QUOTE)),
    "not allowed": explain(
        NotAllowed(Denial.NO_ROLE, "delete", "BOT_OPERATORS", who=("UANA", "UBEN", "UCLEO"))
    ),
    "in another channel": explain(NotAllowed(Denial.OTHER_CHANNEL, "delete", where=("COPS", "CDEV"))),
    "as a modal": note(UNKNOWN),
    "a bug": explain_trouble(unexpected("1a2b3c4d")),
    "a bug, as a modal": note_about(unexpected("1a2b3c4d")),
    "too slow": explain_trouble(slack_refused("expired_trigger_id")),
    "refused": explain_trouble(slack_refused("internal_error")),
    "no answer": explain_trouble(slack_unreadable()),
    "closed channel": explain_trouble(cant_post()),
    "a sentence": sentence_alone("I'll write to you when backup 7 of web-1 is finished."),
}


def test_how_failures_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(reply) for name, reply in REPLIES.items()} == snapshot(extension_class=OneFile)
    assert [problems(reply) for reply in REPLIES.values()] == [[]] * len(REPLIES)


@given(words, words)
def test_whatever_a_failure_says_can_be_shown(what: str, hint: str) -> None:
    trouble = Explanation(what, hint)
    assert problems(explain_trouble(trouble)) == []
    assert problems(note_about(trouble)) == []
    assert problems(sentence_alone(sentence(f"About {what}."))) == []


@given(words)
def test_whatever_an_error_holds_can_be_shown(outside: str) -> None:
    for error in (
        UnknownServer(outside, near=(outside, outside)),
        UnknownServer(outside, names=(outside,) * 5, is_stale=True),
        UsageError(Misuse.UNKNOWN_VERB, outside),
    ):
        assert problems(explain(error)) == []
        assert problems(note(error)) == []


@given(words)
def test_long_words_do_not_push_the_hint_away(what: str) -> None:
    text = explain_trouble(Explanation(what, "Do this.")).text
    assert text.endswith("Do this.")


@given(st.integers(1, 300))
def test_however_many_can_they_are_named_as_far_as_there_is_room(count: int) -> None:
    who = tuple(f"U{number:010}" for number in range(count))
    where = tuple(f"C{number:010}" for number in range(count))
    assert problems(explain(NotAllowed(Denial.NO_ROLE, "delete", who=who))) == []
    assert problems(explain(NotAllowed(Denial.OTHER_CHANNEL, "delete", where=where))) == []
