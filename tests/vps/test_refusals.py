"""One row per status: what it is called, and whether the request may have been carried out."""

import json

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import BadRequest, Busy, Missing, Nonsense, ProviderError, Unauthorized, Unreachable
from bot.vps.refusals import api_words, broken, plain, refusal, retry_after

ROWS = [
    # status, headers, error, may have acted after a POST
    (301, {}, Nonsense, False),
    (302, {}, Nonsense, True),
    (303, {}, Nonsense, True),
    (304, {}, Nonsense, False),
    (307, {}, Nonsense, False),
    (308, {}, Nonsense, False),
    (400, {}, BadRequest, False),
    (401, {}, Unauthorized, False),
    (402, {}, BadRequest, False),
    (403, {}, Unauthorized, False),
    (404, {}, Missing, False),
    (405, {}, BadRequest, False),
    (408, {}, Unreachable, True),
    (409, {}, Busy, False),
    (410, {}, Missing, False),
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
        error = refusal(status, headers, b"<html>oops</html>", method)
        assert type(error) is kind
        assert error.may_have_acted is (acted and method != "GET")
        assert error.what.startswith("VPS.org ")
        assert error.what.endswith(".")
        assert error.hint
        assert "<" not in error.what + error.hint


@pytest.mark.parametrize(
    ("status", "method", "words"),
    [
        (400, "POST", "so nothing was changed"),
        (404, "DELETE", "so nothing was changed"),
        (500, "GET", "so there is nothing to show"),
        (500, "DELETE", "so it is not known whether the request was carried out"),
        (301, "GET", "VPS_API_URL"),
        (401, "GET", "VPS_API_TOKEN"),
        (403, "GET", "VPS_API_TOKEN"),
    ],
)
def test_the_words_say_what_did_not_happen(status: int, method: str, words: str) -> None:
    error = refusal(status, {}, b"", method)
    assert words in f"{error.what} {error.hint}"


@pytest.mark.parametrize(
    ("error", "acted"),
    [
        (httpx.ConnectError("secret"), False),
        (httpx.ConnectTimeout("secret"), False),
        (httpx.PoolTimeout("secret"), False),
        (httpx.ProxyError("secret"), False),
        (httpx.LocalProtocolError("secret"), False),
        (httpx.UnsupportedProtocol("secret"), False),
        (httpx.ReadTimeout("secret"), True),
        (httpx.WriteTimeout("secret"), True),
        (httpx.ReadError("secret"), True),
        (httpx.WriteError("secret"), True),
        (httpx.CloseError("secret"), True),
        (httpx.RemoteProtocolError("secret"), True),
        (httpx.DecodingError("secret"), True),
        (TimeoutError("secret"), True),
    ],
)
def test_a_broken_exchange_tells_whether_the_request_may_have_arrived(error: Exception, acted: bool) -> None:
    for method in ("GET", "POST", "DELETE"):
        found = broken(error, method)
        assert found.may_have_acted is (acted and method != "GET")
        assert "secret" not in found.what + found.hint


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
    said = refusal(400, {}, json.dumps(body).encode(), "POST").what
    assert (f"“{words}”" in said) is bool(words)


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
    assert error.what.isprintable()
    assert len(error.what) < 500


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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [("0.4", "in a moment"), ("12", "in 12 s"), ("60", "in a minute"), ("600", "10 min")],
)
def test_the_hint_says_when_to_try_again(seconds: str, words: str) -> None:
    assert words in refusal(429, {"Retry-After": seconds}, b"", "GET").hint
