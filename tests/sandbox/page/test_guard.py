"""The page speaks to itself alone."""

import re
from pathlib import Path

import pytest

from bot.sandbox import page
from tests.sandbox.page.conftest import Client
from tests.sandbox.page.harness import PageHarness

STATIC = sorted((Path(page.__file__).parent / "static").iterdir())
DEED = {"as": "UANA", "text": "hello"}


async def test_the_policy_is_strict_and_the_page_keeps_to_it(client: Client, harness: PageHarness) -> None:
    harness.says("hello")
    async with client.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        text = await response.text()
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", text)


@pytest.mark.parametrize("file", STATIC, ids=lambda file: file.name)
async def test_static_files_ask_nobody_else(client: Client, file: Path) -> None:
    async with client.get(f"/static/{file.name}") as response:
        assert response.status == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        text = (await response.text()).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//\w+\.\w+/|@import", text)


@pytest.mark.parametrize("name", ["nothing.css", "..%2f__init__.py", "%2e%2e%2frender.py"])
async def test_other_files_are_not_served(client: Client, name: str) -> None:
    async with client.get(f"/static/{name}") as response:
        assert response.status == 404


async def test_our_own_page_may_act(client: Client) -> None:
    origin = str(client.make_url("")).rstrip("/")
    async with client.post("/act/types", json=DEED, headers={"Origin": origin}) as response:
        assert await response.json() == {"ok": True, "acked": True, "error": None}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_other_sites_may_not(client: Client, harness: PageHarness, origin: str) -> None:
    async with client.post("/act/types", json=DEED, headers={"Origin": origin}) as response:
        assert response.status == 403
    assert not harness.workspace.messages.get("COPS")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_only_json_is_taken(client: Client, kind: str) -> None:
    """A foreign page's form can send these two without asking first."""
    async with client.post("/act/types", data=b"{}", headers={"Content-Type": kind}) as response:
        assert response.status == 415


@pytest.mark.parametrize("address", ["/", "/live"])
async def test_a_foreign_name_that_points_here_is_refused(client: Client, address: str) -> None:
    async with client.get(address, headers={"Host": "evil.example"}) as response:
        assert response.status == 403
