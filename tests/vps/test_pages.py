"""Lists of several pages, and where the token never goes."""

import gzip
import json
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import InvalidResponse, Nonsense, ProviderError
from bot.vps.client import Listing, VpsClient
from tests.vps.provider import BASE, TOKEN, Vps, client


async def test_all_pages_of_a_list_are_read() -> None:
    vps = Vps(
        httpx.Response(200, json={"count": 3, "results": [1, 2], "next": f"{BASE}/backups/?page=2"}),
        httpx.Response(200, json={"count": 3, "results": [3], "next": None}),
    )
    assert await client(vps).list_all("/backups/", {"server_id": 7}) == Listing([1, 2, 3], 3)
    assert str(vps.requests[1].url) == f"{BASE}/backups/?page=2"


@pytest.mark.parametrize("following", ["?page=2", "/api/v1/backups/?page=2", "//admin.vps.org:443/x/?page=2"])
async def test_a_relative_next_page_is_followed(following: str) -> None:
    vps = Vps(
        httpx.Response(200, json={"count": 2, "results": [1], "next": following}),
        httpx.Response(200, json={"count": 2, "results": [2]}),
    )
    assert (await client(vps).list_all("/backups/")).results == [1, 2]
    assert vps.requests[1].url.host == "admin.vps.org"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/api/v1/backups/?page=2",
        "http://admin.vps.org:8080/api/v1/backups/?page=2",
        "https://admin.vps.org:8443/api/v1/backups/",
        "https://admin.vps.org.evil.example/",
        "//evil.example/",
        "https://admin.vps.org@evil.example/",
        "\\\\evil.example\\x",
        "https://[bad/",
        "ftp://admin.vps.org/",
        "javascript:alert(1)",
        17,
        ["x"],
        True,
    ],
)
async def test_the_token_goes_nowhere_else(elsewhere: object) -> None:
    vps = Vps(httpx.Response(200, json={"count": 2, "results": [1], "next": elsewhere}))
    with pytest.raises(ProviderError):
        await client(vps).list_all("/backups/")
    assert {request.url.host for request in vps.requests} == {"admin.vps.org"}


async def test_behind_what_ends_tls_the_next_page_is_asked_for_over_tls() -> None:
    vps = Vps(
        httpx.Response(
            200, json={"count": 2, "results": [1], "next": "http://admin.vps.org/api/v1/x/?page=2"}
        ),
        httpx.Response(200, json={"count": 2, "results": [2]}),
    )
    assert (await client(vps).list_all("/backups/")).results == [1, 2]
    assert str(vps.requests[1].url) == "https://admin.vps.org/api/v1/x/?page=2"


@given(st.text(max_size=40) | st.from_regex(r"\A(https?:)?[/\\]{0,3}[a-z.@:/\\]{0,20}\Z"))
async def test_whatever_next_says_the_token_stays_at_its_origin(following: str) -> None:
    vps = Vps(
        httpx.Response(200, json={"count": 2, "results": [1], "next": following}),
        httpx.Response(200, json={"count": 2, "results": [2]}),
    )
    with suppress(ProviderError):
        await client(vps).list_all("/backups/")
    for request in vps.requests:
        assert (request.url.scheme, request.url.host, request.url.port) == ("https", "admin.vps.org", None)


async def test_empty_pages_without_end_are_an_invalid_response() -> None:
    vps = Vps(httpx.Response(200, json={"count": 9, "results": [], "next": f"{BASE}/backups/?page=2"}))
    with pytest.raises(InvalidResponse):
        await client(vps).list_all("/backups/")
    assert len(vps.requests) == 1


async def test_pages_in_a_circle_are_an_invalid_response() -> None:
    vps = Vps(httpx.Response(200, json={"count": 9, "results": [1], "next": f"{BASE}/backups/"}))
    with pytest.raises(InvalidResponse):
        await client(vps).list_all("/backups/")
    assert len(vps.requests) == 1


@pytest.mark.parametrize("shape", [[], 3, None, "x", {}, {"results": None}, {"results": {}}, {"items": []}])
async def test_a_list_of_another_shape_is_an_invalid_response(shape: object) -> None:
    with pytest.raises(InvalidResponse):
        await client(Vps(httpx.Response(200, json=shape))).list_all("/backups/")


@pytest.mark.parametrize(("count", "announced"), [(5, 5), (0, 0), (-3, 0), ("5", 0), (None, 0)])
async def test_the_number_announced_is_a_number(count: object, announced: int) -> None:
    vps = Vps(httpx.Response(200, json={"count": count, "results": [1]}))
    assert (await client(vps).list_all("/backups/")).announced == announced


def packed(page: int, of: object, size: int) -> httpx.Response:
    """Return a page that is small on the wire."""
    results = json.dumps([of] * size)
    body = f'{{"count": 9, "results": {results}, "next": "{BASE}/backups/?page={page + 1}"}}'.encode()
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    return httpx.Response(200, headers=headers, content=gzip.compress(body))


async def test_all_pages_together_may_be_so_large_and_no_larger() -> None:
    pages = [packed(number, "x" * 1000, 100) for number in range(30)]
    vps = Vps(*pages)
    with pytest.raises(InvalidResponse) as told:
        await VpsClient(BASE, SecretStr(TOKEN), transport=vps, largest_listing=10**6).list_all("/backups/")
    assert told.value.nonsense is Nonsense.TOO_LARGE
    assert len(vps.requests) == 10


@pytest.mark.parametrize("of", [[], {}, 0])
async def test_what_would_become_large_in_memory_is_not_read(
    of: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.vps.client.MOST_VALUES", 40_000)
    vps = Vps(*[packed(number, of, 9_000) for number in range(9)])
    with pytest.raises(InvalidResponse) as told:
        await VpsClient(BASE, SecretStr(TOKEN), transport=vps).list_all("/backups/")
    assert told.value.nonsense is Nonsense.TOO_LARGE
    assert len(vps.requests) < 6
