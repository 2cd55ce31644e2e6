"""What VPS.org refuses or leaves unanswered is told in words, with what to do."""

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    BadRequest,
    Busy,
    InvalidResponse,
    Nonsense,
    NotFound,
    ProviderError,
    Silence,
    SlotsFull,
    Unreachable,
)
from bot.slack.provider_messages import LOOK_FIRST, provider_error
from bot.vps.refusals import broken, invalid_response, refusal

STATUSES = [301, 302, 400, 401, 402, 403, 404, 405, 408, 409, 410, 422, 423, 425, 429, 500, 502, 503, 504]
UNANSWERED = [broken(error, "GET") for error in (TimeoutError(), OSError())]


def told(error: ProviderError) -> str:
    explanation = provider_error(error)
    return f"{explanation.what} {explanation.hint}"


def test_each_status_is_told_in_a_sentence_with_what_to_do() -> None:
    for status, method in product(STATUSES, ["GET", "POST", "DELETE"]):
        explanation = provider_error(refusal(status, {}, b"oops", method))
        assert explanation.what.startswith("VPS.org"), status
        assert explanation.what.endswith("."), status
        assert explanation.hint.endswith("."), status
        assert "<" not in explanation.what + explanation.hint, status


def test_whatever_went_wrong_is_told_with_what_to_do() -> None:
    errors = [
        *(Unreachable(silence=silence, status=502) for silence in Silence),
        *(InvalidResponse(nonsense=nonsense, status=302) for nonsense in Nonsense),
        SlotsFull(used=10, limit=10),
        NotFound(status=404, is_listed=True),
        ProviderError(),
    ]
    for error, may_have_acted in product(errors, [False, True]):
        error.may_have_acted = may_have_acted
        explanation = provider_error(error)
        assert explanation.what.endswith("."), error
        assert explanation.hint.endswith("."), error


def test_what_may_have_been_carried_out_is_to_be_looked_at_first() -> None:
    for status in (302, 408, 500, 502, 503, 504):
        for method in ("POST", "DELETE"):
            assert provider_error(refusal(status, {}, b"", method)).hint == LOOK_FIRST, status
        assert provider_error(refusal(status, {}, b"", "GET")).hint != LOOK_FIRST, status


@pytest.mark.parametrize(
    ("status", "setting"), [(301, "VPS_API_URL"), (401, "VPS_API_TOKEN"), (403, "VPS_API_TOKEN")]
)
def test_the_setting_to_look_at_is_named(status: int, setting: str) -> None:
    assert setting in told(refusal(status, {}, b"", "GET"))


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (refusal(429, {}, b"", "GET"), "VPS.org is limiting requests."),
        (refusal(500, {}, b"", "GET"), "VPS.org is having problems (error 500)."),
        (broken(TimeoutError(), "GET"), "VPS.org isn't answering."),
        (invalid_response(Nonsense.EMPTY), "VPS.org's answer is empty."),
        (
            SlotsFull(server_name="db-main", used=10, limit=10),
            "db-main has no free backup slot (10 of 10).",
        ),
    ],
)
def test_plain_words_say_what_happened(error: ProviderError, what: str) -> None:
    assert provider_error(error).what == what


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_vps_orgs_own_words_are_quoted(status: int) -> None:
    error = refusal(status, {}, json.dumps({"detail": "Server is suspended."}).encode(), "POST")
    assert "“Server is suspended.”" in provider_error(error).what
    assert "“" not in provider_error(refusal(status, {}, b"", "POST")).what


@given(st.sampled_from([*STATUSES, 599]), st.text() | st.lists(st.text()))
def test_any_body_becomes_a_short_plain_line(status: int, body: object) -> None:
    what = provider_error(refusal(status, {}, json.dumps(body).encode(), "POST")).what
    assert what.isprintable()
    assert len(what) < 500


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "in a moment"),
        (1, "in 1 second."),
        (12, "in 12 seconds."),
        (60, "in a minute"),
        (600, "in 10 min."),
        (None, "in a minute"),
    ],
)
def test_the_hint_says_when_to_try_again(seconds: float | None, words: str) -> None:
    assert words in provider_error(Busy(status=429, retry_after=seconds)).hint
    timed_out = Unreachable(silence=Silence.TIMED_OUT, retry_after=seconds)
    assert words in provider_error(timed_out).hint


def test_a_refused_request_is_to_be_corrected_if_vps_org_says_what_is_wrong() -> None:
    assert "Correct that" in provider_error(BadRequest(status=400, words="description: Too long.")).hint
    assert "log" in provider_error(BadRequest(status=400)).hint
