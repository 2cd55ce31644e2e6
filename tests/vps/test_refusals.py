"""One row per status: which error it is, and whether the request may have been carried out."""

import json

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import (
    BadRequest,
    Busy,
    InvalidResponse,
    Nonsense,
    NotFound,
    ProviderError,
    Silence,
    Unauthorized,
    Unreachable,
)
from bot.vps.refusals import api_words, broken, invalid_response, plain, refusal, retry_after

ROWS = [
    # status, headers, error, may have acted after a POST
    (301, {}, InvalidResponse, False),
    (302, {}, InvalidResponse, True),
    (303, {}, InvalidResponse, True),
    (304, {}, InvalidResponse, False),
    (307, {}, InvalidResponse, False),
    (308, {}, InvalidResponse, False),
    (400, {}, BadRequest, False),
    (401, {}, Unauthorized, False),
    (402, {}, BadRequest, False),
    (403, {}, Unauthorized, False),
    (404, {}, NotFound, False),
    (405, {}, BadRequest, False),
    (408, {}, Unreachable, True),
    (409, {}, Busy, False),
    (410, {}, NotFound, False),
    (413, {}, BadRequest, False),
    (422, {}, BadRequest, False),
    (423, {}, Busy, False),
    (425, {}, Busy, False),
    (429, {}, Busy, False),
    (500, {}, Unreachable, True),
    (501, {}, Unreachable, True),
    (502, {}, Unreachable, True),
    (503, {}, Unreachable, True),
    (503, {"Retry-After": "7"}, Busy, True),
    (504, {}, Unreachable, True),
    (599, {}, Unreachable, True),
]


@pytest.mark.parametrize(("status", "headers", "kind", "acted"), ROWS)
def test_each_status_has_its_error(
    status: int, headers: dict[str, str], kind: type[ProviderError], acted: bool
) -> None:
    for method in ("GET", "POST", "DELETE"):
        error = refusal(status, headers, b"oops", method)
        assert type(error) is kind
        assert error.may_have_acted is (acted and method != "GET")
        assert error.status == status
        assert error.words == ""
        assert "oops" not in f"{error!r} {error}"


@pytest.mark.parametrize(
    ("status", "silence"),
    [(408, Silence.TIMED_OUT), (500, Silence.SERVER_ERROR), (504, Silence.SERVER_ERROR)],
)
def test_a_status_that_stands_for_no_answer_says_which(status: int, silence: Silence) -> None:
    error = refusal(status, {}, b"", "GET")
    assert isinstance(error, Unreachable)
    assert error.silence is silence


@pytest.mark.parametrize(
    ("error", "silence"),
    [
        (httpx.ConnectError("secret"), Silence.NOT_REACHED),
        (httpx.ConnectTimeout("secret"), Silence.NOT_REACHED),
        (httpx.PoolTimeout("secret"), Silence.NOT_REACHED),
        (httpx.ProxyError("secret"), Silence.NOT_REACHED),
        (httpx.LocalProtocolError("secret"), Silence.NOT_REACHED),
        (httpx.UnsupportedProtocol("secret"), Silence.NOT_REACHED),
        (httpx.ReadTimeout("secret"), Silence.TIMED_OUT),
        (httpx.WriteTimeout("secret"), Silence.TIMED_OUT),
        (TimeoutError("secret"), Silence.TIMED_OUT),
        (httpx.ReadError("secret"), Silence.BROKE_OFF),
        (httpx.WriteError("secret"), Silence.BROKE_OFF),
        (httpx.CloseError("secret"), Silence.BROKE_OFF),
        (httpx.RemoteProtocolError("secret"), Silence.BROKE_OFF),
        (httpx.DecodingError("secret"), Silence.BROKE_OFF),
    ],
)
def test_a_broken_exchange_tells_whether_the_request_may_have_arrived(
    error: Exception, silence: Silence
) -> None:
    for method in ("GET", "POST", "DELETE"):
        found = broken(error, method)
        assert found.silence is silence
        assert found.may_have_acted is (silence is not Silence.NOT_REACHED and method != "GET")
        assert "secret" not in f"{found!r} {found}"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_write_that_is_answered_with_nonsense_may_have_been_carried_out(method: str) -> None:
    error = invalid_response(Nonsense.NOT_JSON, method)
    assert error.nonsense is Nonsense.NOT_JSON
    assert error.may_have_acted is (method != "GET")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "Server is suspended."}, "Server is suspended."),
        ({"message": "No.", "code": "x1"}, "No."),
        ({"error": {"message": "No.", "status": 400}}, "No."),
        ({"error": "No."}, "No."),
        ({"description": ["Too long.", "Too odd."]}, "description: Too long.; description: Too odd."),
        ({"non_field_errors": ["Ten already."]}, "Ten already."),
        ({"message": "Invalid", "errors": {"server_id": ["Required."]}}, "Invalid; server_id: Required."),
        ({"detail": [{"loc": ["body", "server_id"], "msg": "field required"}]}, "field required"),
        (["One.", "Two."], "One.; Two."),
        ("No.", "No."),
        ({"detail": "<h1>Bad</h1>"}, ""),
        ({"detail": "a\n\tb\u202ec"}, "a b c"),
        ({"detail": None}, ""),
        (400, ""),
        ({"detail": [str(n) for n in range(9)]}, "0; 1; 2; 3; 4"),
    ],
)
def test_the_apis_own_words_are_found(body: object, words: str) -> None:
    assert api_words(json.dumps(body).encode()) == words
    assert refusal(400, {}, json.dumps(body).encode(), "POST").words == words


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"detail": "cut', b"[" * 5000])
def test_a_page_is_never_shown(body: bytes) -> None:
    assert api_words(body) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["detail", "errors"]) | st.text(), inner),
)


@given(st.integers(300, 599), json_values)
def test_any_body_becomes_a_short_plain_line(status: int, body: object) -> None:
    error = refusal(status, {}, json.dumps(body).encode(), "POST")
    assert error.words.isprintable()
    assert len(error.words) <= 300


@given(st.text(max_size=2000))
def test_plain_text_is_short_and_on_one_line(text: str) -> None:
    line = plain(text)
    assert line.isprintable()
    assert len(line) <= 300


DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "30"}, 30),
        ({"retry-after": " 30 "}, 30),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "999999999"}, 3600),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:20 GMT", "Date": DATE}, 20),
        ({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT", "Date": DATE}, 0),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:20 GMT"}, None),
    ],
)
def test_the_wait_asked_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.text(alphabet=st.characters(max_codepoint=255)))
@example("Mon, 23 Nov 99999999999 12:00:20 GMT", DATE)
@example("Mon, 23 Nov 2026 12:00:20 +9999999", DATE)
@example("Mon, 23 Nov 2026 99:00:20 GMT", DATE)
def test_any_wait_is_read_or_ignored(said: str, date: str) -> None:
    wait = retry_after({"Retry-After": said, "Date": date})
    assert wait is None or 0 <= wait <= 3600


@pytest.mark.parametrize("status", [401, 403, 404, 410])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("page", [b"<html>Blocked", b"\n <!DOCTYPE html>", b"\xef\xbb\xbf<?xml?>"])
def test_a_page_is_not_vps_orgs_own_refusal(status: int, method: str, page: bytes) -> None:
    error = refusal(status, {}, page, method)
    assert isinstance(error, InvalidResponse)
    assert error.nonsense is Nonsense.NOT_THE_API
    assert not error.may_have_acted
