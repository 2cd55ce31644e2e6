"""The sandbox listens to this machine's programs and to its own page alone."""

import httpx
import pytest

from bot.sandbox.server import Sandbox

ADDRESSES = ("/", "/live", "/slack/api/api.test", "/slack/link/", "/slack/response/1", "/vps/api/v1/servers/")
TOKENS = ("bot_token", "app_token", "signing_secret", "verification_token")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_other_site_reaches_any_of_it(sandbox: Sandbox, address: str) -> None:
    async with httpx.AsyncClient(base_url=sandbox.base_url, trust_env=False) as http:
        for foreign in (
            {"Host": "evil.example"},
            {"Host": "127.0.0.1.evil.example"},
            {"Host": "[1"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:1"},
        ):
            for method in ("GET", "POST"):
                assert (await http.request(method, address, headers=foreign)).status_code == 403, foreign


async def test_programs_and_the_own_page_reach_it(sandbox: Sandbox) -> None:
    token = {"Authorization": f"Bearer {sandbox.provider.token}"}
    async with httpx.AsyncClient(base_url=sandbox.base_url, headers=token, trust_env=False) as http:
        port = sandbox.base_url.rsplit(":", 1)[1]
        for known in ({}, {"Origin": sandbox.base_url}, {"Host": f"localhost:{port}"}):
            assert (await http.get("/vps/api/v1/servers/", headers=known)).status_code == 200


def test_no_token_is_known_before() -> None:
    first, second = (Sandbox(seeded=False) for _ in range(2))
    assert first.provider.token != second.provider.token
    for token in TOKENS:
        assert getattr(first.workspace.app, token) != getattr(second.workspace.app, token)
