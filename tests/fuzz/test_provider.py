"""Whatever VPS.org answers, nothing but our own errors comes of it, and what is listed can be shown."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.backups.api import BackupsApi
from bot.backups.form_views import pick_form
from bot.backups.model import freshness_by_server, newest_first
from bot.backups.views import backup_list
from bot.errors import ProviderError, UnknownServer
from bot.servers.api import ServersApi
from bot.servers.model import find_server
from bot.servers.views import Overview, server_list
from bot.slack import messages
from bot.slack.forms import ListForm, PickForm
from bot.verbs import Verb
from bot.vps.client import VpsClient
from tests.fuzz.odd import Json, Spoiling, anything, examples, spoilt, texts, values
from tests.views_kit import problems

LARGEST = 2**20

BACKUP: Json = {
    "id": 5001,
    "server": {"id": 1, "name": "web-1"},
    "backup_type": "manual",
    "status": "completed",
    "size_mb": 2048.5,
    "created_at": "2026-03-01T12:00:00Z",
    "expires_at": None,
    "description": "before the upgrade",
}
SERVER: Json = {
    "id": 1,
    "name": "web-1",
    "hostname": "web-1.example",
    "status": "active",
    "ip_address": "10.0.0.1",
    "location": "fra",
}
DATES = [
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0000-00-00", "1e400", "2026-02-30T00:00:00Z",
    "2026-03-01T25:61:61Z", "2026-03-01", "-1", 1e18, -1e18, 10**30, float("nan"), float("inf"), "",
]  # fmt: skip

# What is nested too deeply makes the whole answer unreadable, which is seen to above.
mildly: st.SearchStrategy[Spoiling] = st.lists(
    st.tuples(st.integers(0, 99), st.booleans(), values), min_size=1, max_size=3
)
dates = st.sampled_from(DATES) | st.integers() | texts
dated = st.builds(lambda moment, end: BACKUP | {"created_at": moment, "expires_at": end}, dates, dates)
backups = dated | mildly.map(lambda spoiling: spoilt(BACKUP, spoiling))
servers = mildly.map(lambda spoiling: spoilt(SERVER, spoiling))
bodies = st.one_of(
    st.binary(max_size=200),
    anything.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([
        b"[" * 100_000,
        b'{"results":[],"results":{}}',
        b'{"results":[{"id":1,"id":"x"}],"count":1e999,"next":null}',
        b'{"results":[1,NaN,Infinity,-0,1E400]}',
        b'{"results":[],"count":true,"next":"//evil.example/"}',
        b'{"results":[{}],"next":"http://[::1"}',
        b'{"results":[{}],"next":"?page=2\\ud800"}',
        b'{"results":[],"count":' + b"9" * 5000 + b"}",
        b'"' + b"x" * (LARGEST + 1) + b'"',
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b\x08",
    ]),
)  # fmt: skip
statuses = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 418, 429, 500, 503, 599])
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", "Content-Encoding", "Content-Type", "Location", "Set-Cookie"]),
    st.sampled_from(["gzip", "-1", "9" * 400, "NaN", "Sat, 99 Feb 99999 99:99:99 GMT", "text/html", "é", ""]),
    max_size=3,
)


class Provider:
    """VPS.org with one answer for everything."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""
        transport = httpx.MockTransport(self._answer)
        self.client = VpsClient(
            "https://vps.test/api", SecretStr("token-of-ours"), transport=transport, largest_answer=LARGEST
        )

    def lists(self, results: list[Any]) -> None:
        """Answer with these."""
        self.status, self.headers = 200, {}
        page = {"results": results, "count": len(results), "next": None}
        # Half a character makes the whole answer unreadable, which is seen to above.
        self.body = json.dumps(page, ensure_ascii=False).encode(errors="replace")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "vps.test"
        sent = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return httpx.Response(self.status, headers=sent, stream=httpx.ByteStream(self.body))


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    answering = Provider()
    yield answering
    await answering.client.aclose()


@examples(90)
@given(status=statuses, sent=headers, body=bodies)
async def test_only_our_errors_come_out(
    provider: Provider, status: int, sent: dict[str, str], body: bytes
) -> None:
    provider.status, provider.headers, provider.body = status, sent, body
    api, servers_api = BackupsApi(provider.client), ServersApi(provider.client)
    calls: list[Callable[[], Awaitable[object]]] = [
        api.list,
        lambda: api.list(1, "manual"),
        lambda: api.create(1, "why"),
        lambda: api.delete(5001),
        lambda: api.restore(1, 5001),
        servers_api.list,
        lambda: provider.client.get("/any"),
    ]
    for call in calls:
        said = ""
        try:
            await call()
        except ProviderError as error:
            said = "\n".join(messages.lines(messages.explain(error)))
        assert len(said) <= 1500
        assert "token-of-ours" not in said


@examples(60)
@given(results=st.lists(backups | values, max_size=12), page=st.integers(0, 2))
async def test_hostile_backups_can_be_shown(provider: Provider, results: list[Any], page: int) -> None:
    provider.lists(results)
    listed = await BackupsApi(provider.client).list()
    assert 0 <= listed.not_shown <= len(results)
    found = newest_first(listed.backups)
    freshness_by_server(found)
    form = ListForm(page=page)
    assert problems(backup_list(listed, form, None, datetime.now(UTC))) == []
    provider.lists([SERVER])
    [server] = (await ServersApi(provider.client).list()).servers
    assert problems(pick_form(PickForm(verb=Verb.RESTORE), server, found)) == []


@examples(60)
@given(results=st.lists(servers | values, max_size=20), wanted=texts)
async def test_hostile_servers_can_be_shown(provider: Provider, results: list[Any], wanted: str) -> None:
    provider.lists(results)
    listed = (await ServersApi(provider.client).list()).servers
    assert problems(server_list(Overview(listed, {}, datetime.now(UTC)))) == []
    for name in [wanted, *(server.name for server in listed)]:
        with suppress(UnknownServer):
            assert find_server(name, listed) in listed
