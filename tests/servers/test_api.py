"""The servers' API against httpx's own transport seam."""

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import InvalidResponse
from bot.servers.api import ServersApi
from bot.vps.client import VpsClient
from tests.metrics.growth import Growth

DOCUMENTED = {
    "id": 12345,
    "name": "web-server-01",
    "hostname": "web.example.com",
    "status": "active",
    "ip_address": "192.0.2.7",
    "location": "nyc",
    "plan": {"name": "small"},
    "os": {"name": "Debian"},
    "created_at": "2025-01-16T03:00:00Z",
    "updated_at": None,
}


def api(answer: object) -> ServersApi:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=answer))
    return ServersApi(VpsClient("https://vps.example/api/v1", SecretStr("token"), transport=transport))


async def test_servers_are_listed() -> None:
    [server], not_shown = await api({"count": 1, "results": [DOCUMENTED]}).list()
    assert not_shown == 0
    assert (server.id, server.name, server.hostname) == (12345, "web-server-01", "web.example.com")
    assert (server.status, server.ip_address, server.location) == ("active", "192.0.2.7", "nyc")


async def test_listings_are_counted_by_what_came_of_them() -> None:
    growth = Growth()
    await api({"count": 1, "results": [DOCUMENTED]}).list()
    await api({"count": 1, "results": []}).list()
    with pytest.raises(InvalidResponse):
        await api([]).list()
    counted = {("servers", "ok"): 1, ("servers", "partial"): 1, ("servers", "failed"): 1}
    assert growth.of("listings_total") == counted


async def test_a_malformed_server_does_not_lose_the_others() -> None:
    found = await api({"count": 4, "results": [None, {"id": 1}, DOCUMENTED, DOCUMENTED]}).list()
    assert [server.id for server in found.servers] == [12345]
    assert found.not_shown == 3


async def test_what_was_announced_but_did_not_come_is_counted_as_not_shown() -> None:
    assert (await api({"count": 6, "results": [DOCUMENTED]}).list()).not_shown == 5


@pytest.mark.parametrize("shape", [[], {}, {"servers": []}, None])
async def test_a_wrong_envelope_is_an_invalid_response(shape: object) -> None:
    with pytest.raises(InvalidResponse):
        await api(shape).list()
