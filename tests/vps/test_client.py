"""The client against httpx's own transport seam; broken connections are in test_wire.py."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

import httpx
import pytest
import stamina
from pydantic import SecretStr

from bot.errors import (
    BadRequest,
    Busy,
    ConfigurationError,
    InvalidResponse,
    ProviderError,
    Unauthorized,
    Unreachable,
)
from bot.vps.account import read_account
from bot.vps.client import VpsClient
from tests.metrics.growth import Growth
from tests.vps.provider import BASE, TOKEN, Vps, client


async def posts(it: VpsClient) -> None:
    await it.post("/backups/", {})


async def deletes(it: VpsClient) -> None:
    await it.delete("/backups/1/")


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


async def test_a_request_carries_the_token_and_says_who_asks() -> None:
    vps = Vps(httpx.Response(200, json={"a": 1}))
    assert await client(vps).get("/backups/", {"server_id": 7}) == {"a": 1}
    [request] = vps.requests
    assert str(request.url) == f"{BASE}/backups/?server_id=7"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "vps-backup-bot"


async def test_a_slash_at_the_end_of_the_address_changes_nothing() -> None:
    vps = Vps(httpx.Response(200, json={}))
    await VpsClient(f"{BASE}/", SecretStr(TOKEN), transport=vps).get("/backups/")
    assert str(vps.requests[0].url) == f"{BASE}/backups/"


@pytest.mark.parametrize("trouble", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.Response(502)])
async def test_a_read_is_tried_again(trouble: httpx.Response | Exception) -> None:
    vps = Vps(trouble, trouble, httpx.Response(200, json=[1]))
    growth = Growth()
    assert await client(vps).get("/servers/") == [1]
    status = str(trouble.status_code) if isinstance(trouble, httpx.Response) else "none"
    assert growth.of("vps_request_seconds_count") == {
        ("GET", "/servers/", status): 2,
        ("GET", "/servers/", "200"): 1,
    }
    assert growth.of("vps_retries_total") == {(): 2}
    assert len(vps.requests) == 3


async def test_calls_count_by_endpoint_without_numbers_and_pages_of_the_providers_own_as_other() -> None:
    pages: list[object] = [{"results": [1], "next": f"{BASE}/a-name/"}, {"results": [2]}, {}, {}]
    vps = Vps(*(httpx.Response(200, json=page) for page in pages))
    growth = Growth()
    it = client(vps)
    await it.list_all("/backups/", {"server_id": 7})
    await it.delete("/backups/7/")
    await it.post("/servers/8/restore/", {})
    assert growth.of("vps_request_seconds_count") == {
        ("GET", "/backups/", "200"): 1,
        ("GET", "other", "200"): 1,
        ("DELETE", "/backups/{id}/", "200"): 1,
        ("POST", "/servers/{id}/restore/", "200"): 1,
    }
    assert growth.of("vps_retries_total") == {}


async def test_a_read_is_given_up_after_a_few_tries() -> None:
    vps = Vps(httpx.Response(500))
    with pytest.raises(Unreachable):
        await client(vps).get("/x/")
    assert len(vps.requests) == 4


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
async def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int) -> None:
    vps = Vps(httpx.Response(status, headers={"Location": "https://evil.example/"}))
    with pytest.raises(ProviderError):
        await client(vps).get("/x/")
    assert len(vps.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(500), httpx.Response(503, headers={"Retry-After": "0"}), httpx.ReadTimeout("x")],
)
async def test_a_write_is_sent_once_and_may_have_been_carried_out(
    trouble: httpx.Response | Exception,
) -> None:
    for write in (posts, deletes):
        vps = Vps(trouble)
        with pytest.raises(ProviderError) as caught:
            await write(client(vps))
        assert caught.value.may_have_acted
        assert len(vps.requests) == 1


async def test_a_write_that_never_left_was_not_carried_out() -> None:
    vps = Vps(httpx.ConnectTimeout("x"))
    with pytest.raises(Unreachable) as caught:
        await client(vps).post("/backups/", {})
    assert not caught.value.may_have_acted
    assert len(vps.requests) == 1


async def test_a_short_wait_asked_for_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("stamina._core._smart_sleep", sleep)
    with stamina.set_testing(False):
        vps = Vps(httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(200, json=1))
        assert await client(vps).get("/x/") == 1
    assert len(slept) == 1
    assert 3.0 <= slept[0] <= 3.5


async def test_a_long_wait_asked_for_is_told_instead() -> None:
    vps = Vps(httpx.Response(429, headers={"Retry-After": "120"}))
    with pytest.raises(Busy) as caught:
        await client(vps).get("/x/")
    assert caught.value.retry_after == 120
    assert len(vps.requests) == 1


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"count": 3, "resul', b"\xff", b"", b"  "])
async def test_a_page_or_a_cut_answer_is_an_invalid_response(body: bytes) -> None:
    with pytest.raises(InvalidResponse) as caught:
        await client(Vps(httpx.Response(200, content=body))).get("/x/")
    assert not caught.value.may_have_acted
    assert caught.value.words == ""
    assert "html" not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"id": 3, "ser'])
async def test_an_unreadable_answer_to_a_write_may_mean_it_was_done(body: bytes) -> None:
    for write in (posts, deletes):
        with pytest.raises(InvalidResponse) as caught:
            await write(client(Vps(httpx.Response(200, content=body))))
        assert caught.value.may_have_acted


async def test_an_empty_answer_to_a_write_is_fine() -> None:
    assert await client(Vps(httpx.Response(202))).post("/x/", {}) is None
    await client(Vps(httpx.Response(204))).delete("/x/")


async def test_an_answer_without_end_is_given_up() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"[" * 1000

    with pytest.raises(InvalidResponse):
        await client(Vps(httpx.Response(200, content=endless())), largest=10_000).get("/x/")
    assert sent < 20


async def test_an_endless_error_page_still_tells_its_status() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"<p>" * 1000

    with pytest.raises(BadRequest):
        await client(Vps(httpx.Response(400, content=endless())), largest=10_000).get("/x/")


async def test_the_token_is_never_repeated() -> None:
    vps = Vps(httpx.Response(401, json={"detail": f"Token {TOKEN} has expired."}))
    with pytest.raises(Unauthorized) as caught:
        await client(vps).get("/x/")
    assert caught.value.words == "Token [hidden] has expired."
    assert TOKEN not in f"{caught.value!r} {caught.value}"


SLASHED = "ab/cd+ef/12345678"
ECHOES = {
    "escaped slashes": json.dumps(SLASHED).replace("/", "\\/"),
    "code points": '"' + "".join(f"\\u{ord(each):04x}" for each in SLASHED) + '"',
    "percent-encoded": json.dumps(quote(SLASHED, safe="")),
    "basic": json.dumps("Basic " + b64encode(f"bot:{SLASHED}".encode()).decode()),
    "at the cut": json.dumps("x" * 295 + SLASHED),
}


@pytest.mark.parametrize("spelling", ECHOES)
async def test_a_token_is_not_repeated_in_another_spelling(spelling: str) -> None:
    body = f'{{"detail": {ECHOES[spelling]}, "success": false}}'
    for status in (400, 401, 500, 200):
        vps = VpsClient(BASE, SecretStr(SLASHED), transport=Vps(httpx.Response(status, text=body)))
        with pytest.raises(ProviderError) as caught:
            await vps.post("/x/", {})
        words = caught.value.words
        assert "[hidden]" in words or spelling == "at the cut"
        assert not [part for part in ("ab/cd", "12345678", "ab%2F", "NkK2VmLz") if part in words], words


async def test_what_was_done_does_not_repeat_the_token_either() -> None:
    answer = {"message": f"done by {TOKEN}", "more": [{"of": TOKEN}], "id": 7}
    told = await client(Vps(httpx.Response(201, json=answer))).post("/x/", {})
    assert told == {"message": "done by [hidden]", "more": [{"of": "[hidden]"}], "id": 7}


async def test_no_cookie_is_sent_back() -> None:
    vps = Vps(httpx.Response(200, json=1, headers={"Set-Cookie": "sessionid=1; Path=/"}))
    it = client(vps)
    await it.get("/x/")
    await it.get("/x/")
    assert "Cookie" not in vps.requests[1].headers


@pytest.mark.parametrize(
    "address", ["", "admin.vps.org", "ftp://x/", "https://", "https://u:p@x/", "https://x:y/"]
)
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ConfigurationError):
        VpsClient(address, SecretStr(TOKEN))


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "naïve"])
def test_a_token_that_can_not_be_sent_stops_the_start(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        VpsClient(BASE, SecretStr(token))
    assert not token or token not in str(caught.value)


async def test_the_account_tells_whose_token_it_is() -> None:
    vps = Vps(
        httpx.Response(
            200,
            json={
                "account": {"email": "ana@example.com", "first_name": "Ana"},
                "token": {"name": "bot", "permissions": ["backups:read"], "last_used": None},
            },
        )
    )
    account = await read_account(client(vps))
    assert (account.email, account.token_name, account.permissions) == (
        "ana@example.com",
        "bot",
        ("backups:read",),
    )


@pytest.mark.parametrize("shape", [[], {}, {"account": None}, {"account": {"email": 3}}])
async def test_an_account_of_another_shape_is_an_invalid_response(shape: object) -> None:
    with pytest.raises(InvalidResponse):
        await read_account(client(Vps(httpx.Response(200, json=shape))))


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "error": "no room"},
        {"success": False, "id": 1, "message": "no room"},
        {"ok": False, "detail": "no room"},
        {"error": "no room"},
        {"error": {"message": "no room"}},
        {"errors": ["no room"]},
    ],
)
async def test_a_no_inside_a_2xx_is_a_refusal_with_its_reason(method: str, body: dict[str, object]) -> None:
    asked = client(Vps(httpx.Response(200, json=body)))
    with pytest.raises(BadRequest) as caught:
        await (asked.post("/x/", {}) if method == "post" else asked.delete("/x/"))
    assert "no room" in caught.value.words
    assert not caught.value.may_have_acted


@pytest.mark.parametrize(
    "body", [{"success": True}, {"error": None}, {"errors": []}, {"id": 1, "error": "old"}, []]
)
async def test_what_says_no_no_is_none(body: object) -> None:
    assert await client(Vps(httpx.Response(200, json=body))).post("/x/", {}) == body
