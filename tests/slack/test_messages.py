"""Every failure has words: a sentence that is safe to show, and what to do about it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approvals import messages as approval_messages
from bot.approvals import views as approval_views
from bot.approvals.model import Choice, Verdict
from bot.errors import (
    AddressUnavailable,
    AlreadyTried,
    BotError,
    ConfigurationError,
    DatabaseInUse,
    DatabaseUnavailable,
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
    Unreachable,
    Unrecorded,
    UsageError,
)
from bot.operations import messages as operation_messages
from bot.operations import outcome_messages
from bot.operations.model import Ending, NotApproved
from bot.slack.messages import explain, in_short, lines
from bot.slack.views import explain as drawn
from bot.slack.views import note
from bot.verbs import USAGES, Verb
from tests.any_facts import GOES_AHEAD, errors, kinds_of_errors, operations
from tests.backups.facts import NOON, operation
from tests.views_kit import live, problems, words

HOSTILE = "<!channel> <@UEVIL> *bold* {braces} %s “quoted”"
DENIED = ["list", "create", "delete", "restore", "audit", "approve", "cancel", "withdraw"]
"""All that a role is needed for."""
ENDS_IT = [ending for ending in Ending if ending not in GOES_AHEAD]


def is_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence does, perhaps with somebody's own words."""
    return text.endswith((".", "!", "?", "”"))


def check_words(error: BotError) -> None:
    """Fail unless an error is told in sentences, all of whose parts are filled in, and safe to show."""
    explanation = explain(error)
    assert explanation.what
    assert [line for line in lines(explanation) if not is_sentence(line)] == []
    filled_in = in_short(error).replace("{braces}", "braces")
    assert [gap for gap in ("{", "}", "None", "``", "“”", " .", "  ") if gap in filled_in] == []
    assert list(live(in_short(error))) == []
    assert problems(drawn(explain(error))) == []
    assert problems(note(error)) == []


@pytest.mark.parametrize("verb", [None, *USAGES])
@pytest.mark.parametrize("misuse", Misuse)
def test_every_misuse_has_words(misuse: Misuse, verb: Verb | None) -> None:
    needs_verb = misuse in {Misuse.ONE_SERVER, Misuse.ONE_BACKUP, Misuse.TOO_MANY_SERVERS}
    for text in ("lst", HOSTILE):
        check_words(UsageError(misuse, text, verb or (Verb.RESTORE if needs_verb else None)))


@pytest.mark.parametrize("denial", Denial)
@pytest.mark.parametrize("kind", [NotAllowed, NotChecked])
def test_every_denial_has_words(kind: type[NotAllowed], denial: Denial) -> None:
    for action in DENIED:
        error = kind(denial, action, "BOT_OPERATORS")
        check_words(error)
        check_words(replace(error, who=("UANA", "SOPS"), where=("COPS", "CDEV")))


@pytest.mark.parametrize("action", DENIED)
def test_a_role_that_is_missing_is_named_in_words(action: str) -> None:
    denied = explain(NotAllowed(Denial.NO_ROLE, action, "BOT_OPERATORS"))
    said = denied.what.removeprefix("You don't have permission to ").removesuffix(".")
    assert len(said.split()) > 1
    assert "`BOT_OPERATORS`" in denied.hint
    named = explain(NotAllowed(Denial.NO_ROLE, action, "BOT_OPERATORS", who=("UANA",)))
    assert (named.hint, named.people) == ("", ("UANA",))


@pytest.mark.parametrize("stale", Stale)
def test_every_stale_confirmation_has_words(stale: Stale) -> None:
    for verb in (Verb.CREATE, Verb.DELETE, Verb.RESTORE):
        check_words(StaleConfirmation(stale, 501, HOSTILE, HOSTILE, verb, 4000.0, HOSTILE))


@pytest.mark.parametrize("may_have_acted", [False, True])
@pytest.mark.parametrize("retry_after", [None, 0.4, 1.0, 30.0, 60.0, 600.0])
@pytest.mark.parametrize("silence", Silence)
def test_every_silence_has_words(silence: Silence, retry_after: float | None, may_have_acted: bool) -> None:
    for said in ("", HOSTILE):
        check_words(
            Unreachable(
                silence=silence,
                status=502,
                words=said,
                retry_after=retry_after,
                may_have_acted=may_have_acted,
            )
        )


@pytest.mark.parametrize("may_have_acted", [False, True])
@pytest.mark.parametrize("nonsense", Nonsense)
def test_every_nonsense_has_words(nonsense: Nonsense, may_have_acted: bool) -> None:
    check_words(InvalidResponse(nonsense=nonsense, status=302, may_have_acted=may_have_acted))


@pytest.mark.parametrize("what", Unrecorded)
def test_whatever_was_not_recorded_has_words(what: Unrecorded) -> None:
    check_words(NotRecorded(what))


def test_a_button_that_was_used_before_has_words() -> None:
    check_words(AlreadyTried())


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("BOT_PORT must be a number.", "VPS_API_TOKEN is missing.", hint="See README.md."),
        DatabaseUnavailable("connection refused"),
        AddressUnavailable("127.0.0.1:8080", "Address already in use"),
        DatabaseInUse("/data/backup-bot.sqlite"),
    ],
    ids=str,
)
def test_what_keeps_the_bot_from_starting_has_words(error: BotError) -> None:
    explanation = explain(error)
    assert explanation.what
    assert is_sentence(explanation.hint)


@given(errors)
def test_every_error_has_words_that_are_safe_whatever_it_holds(error: BotError) -> None:
    assert explain(error).what
    assert list(live(in_short(error))) == []
    assert problems(drawn(explain(error))) == []
    assert problems(note(error)) == []


def test_no_kind_of_error_is_left_out() -> None:
    """What `errors` draws from is found by subclass, so that a new kind is drawn too."""
    kinds = {kind.__name__ for kind in kinds_of_errors()}
    assert {"UsageError", "NotAllowed", "StaleConfirmation", "Unreachable", "SlotsFull"} <= kinds
    assert not {"BotError", "ConfigurationError", "DatabaseUnavailable"} & kinds


def sentences(said: str, tag: str) -> Sequence[str]:
    """Return what is said of an operation, without its tag at the end."""
    before, dot, after = said.rpartition(" · ")
    assert (dot, after) == (" · ", tag)
    return before.splitlines()


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.DELETE, Verb.RESTORE])
@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize("denial", Denial)
def test_every_choice_that_does_not_count_is_answered_in_words(
    choice: Choice, denial: Denial, verb: Verb
) -> None:
    requested = operation(verb, server_name=HOSTILE)
    error = NotAllowed(denial, choice.action, "BOT_APPROVERS", who=("UBEN",))
    said = approval_messages.uncounted(requested, choice, error)
    assert f"You wanted to {approval_messages.to_do(choice)} this: *" in said
    assert all(map(is_sentence, sentences(said, requested.tag)))
    assert choice.value not in approval_messages.to_do(choice)
    assert list(live(said)) == []
    assert problems(approval_views.uncounted(requested, choice, error)) == []


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.DELETE, Verb.RESTORE])
@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_words_for_those_who_were_asked(ending: Ending, verb: Verb) -> None:
    requested = operation(verb, server_name=HOSTILE)
    verdict = Verdict(ending=ending, at=NOON, person="UBEN", comment=HOSTILE)
    said = approval_messages.answered(requested, verdict)
    assert "This was about: " in said
    assert len(approval_messages.decision(verdict).split()) > 3
    assert list(live(said)) == []


@pytest.mark.parametrize("comment", ["", "not *now* <!channel>"])
@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.DELETE, Verb.RESTORE])
@pytest.mark.parametrize("ending", ENDS_IT)
def test_every_ending_that_ends_the_operation_has_words_for_the_requester(
    ending: Ending, verb: Verb, comment: str
) -> None:
    requested = operation(verb, server_name=HOSTILE)
    outcome = NotApproved(ended_at=NOON, ending=ending, by="UBEN", comment=comment, minutes=30)
    said = outcome_messages.reply(requested, outcome)
    assert said.startswith("<@UANA> :no_entry_sign: ")
    assert is_sentence(said)
    assert list(live(said)) == []


def test_no_two_endings_are_told_alike() -> None:
    verdicts = [Verdict(ending=ending, at=NOON, person="UBEN") for ending in Ending]
    assert len({approval_messages.decision(verdict) for verdict in verdicts}) == len(Ending)


@given(operations.filter(lambda each: each.verb is not Verb.WATCH), words, st.sampled_from(ENDS_IT))
def test_whatever_is_requested_its_end_can_be_told(requested: Any, comment: str, ending: Ending) -> None:
    outcome = NotApproved(ended_at=NOON, ending=ending, by="UBEN", comment=comment, minutes=30)
    said = outcome_messages.reply(requested, outcome)
    assert is_sentence(said)
    assert list(live(said)) == []
    assert operation_messages.what(requested)
