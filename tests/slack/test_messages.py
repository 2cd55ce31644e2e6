"""Every failure has words: a sentence that is safe to show, and what to do about it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
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
from bot.verbs import CHANGING, USAGES, Verb
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
    assert explanation.what, error
    assert [line for line in lines(explanation) if not is_sentence(line)] == [], error
    filled_in = in_short(error).replace("{braces}", "braces")
    assert [gap for gap in ("{", "}", "None", "``", "“”", " .", "  ") if gap in filled_in] == [], error
    assert list(live(in_short(error))) == [], error
    assert problems(drawn(explain(error))) == [], error
    assert problems(note(error)) == [], error


def test_every_misuse_has_words() -> None:
    needs_verb = {Misuse.ONE_SERVER, Misuse.ONE_BACKUP, Misuse.TOO_MANY_SERVERS}
    for misuse, verb, text in product(Misuse, [None, *USAGES], ["lst", HOSTILE]):
        check_words(UsageError(misuse, text, verb or (Verb.RESTORE if misuse in needs_verb else None)))


def test_every_denial_has_words() -> None:
    for kind, denial, action in product([NotAllowed, NotChecked], Denial, DENIED):
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


def test_every_stale_confirmation_has_words() -> None:
    for stale, verb in product(Stale, CHANGING):
        check_words(StaleConfirmation(stale, 501, HOSTILE, HOSTILE, verb, 4000.0, HOSTILE))


def test_every_silence_has_words() -> None:
    waits = [None, 0.4, 1.0, 30.0, 60.0, 600.0]
    for silence, retry_after, may_have_acted, said in product(Silence, waits, [False, True], ["", HOSTILE]):
        check_words(
            Unreachable(
                silence=silence,
                status=502,
                words=said,
                retry_after=retry_after,
                may_have_acted=may_have_acted,
            )
        )


def test_every_nonsense_has_words() -> None:
    for nonsense, may_have_acted in product(Nonsense, [False, True]):
        check_words(InvalidResponse(nonsense=nonsense, status=302, may_have_acted=may_have_acted))


def test_what_was_not_recorded_and_a_button_that_was_used_before_have_words() -> None:
    for error in (*map(NotRecorded, Unrecorded), AlreadyTried()):
        check_words(error)


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


def test_every_choice_that_does_not_count_is_answered_in_words() -> None:
    for choice, denial, verb in product(Choice, Denial, CHANGING):
        requested = operation(verb, server_name=HOSTILE)
        error = NotAllowed(denial, choice.action, "BOT_APPROVERS", who=("UBEN",))
        said = approval_messages.uncounted(requested, choice, error)
        assert f"You wanted to {approval_messages.to_do(choice)} this: *" in said
        assert all(map(is_sentence, sentences(said, requested.tag))), said
        assert choice.value not in approval_messages.to_do(choice)
        assert list(live(said)) == []
        assert problems(approval_views.uncounted(requested, choice, error)) == [], said


def test_every_ending_has_words_for_those_who_were_asked() -> None:
    for ending, verb in product(Ending, CHANGING):
        requested = operation(verb, server_name=HOSTILE)
        verdict = Verdict(ending=ending, at=NOON, person="UBEN", comment=HOSTILE)
        said = approval_messages.answered(requested, verdict)
        assert "This was about: " in said
        assert len(approval_messages.decision(verdict).split()) > 3, verdict
        assert list(live(said)) == []


def test_every_ending_that_ends_the_operation_has_words_for_the_requester() -> None:
    for ending, verb, comment in product(ENDS_IT, CHANGING, ["", "not *now* <!channel>"]):
        requested = operation(verb, server_name=HOSTILE)
        outcome = NotApproved(ended_at=NOON, ending=ending, by="UBEN", comment=comment, minutes=30)
        said = outcome_messages.reply(requested, outcome)
        assert said.startswith("<@UANA> :no_entry_sign: ")
        assert is_sentence(said), said
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
