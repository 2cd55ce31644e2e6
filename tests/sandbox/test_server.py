"""The sandbox in one piece: it starts, serves both sides, connects a bot, and stops."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.run import run_sandbox
from bot.sandbox.server import Sandbox, free_port


async def test_it_serves_the_provider_and_slack_on_one_port_of_this_machine() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    assert sandbox.base_url.startswith("http://127.0.0.1:")
    headers = {"Authorization": f"Bearer {sandbox.provider.token}"}
    async with httpx.AsyncClient(base_url=sandbox.vps_api_url, headers=headers, trust_env=False) as http:
        assert (await http.get("/servers/")).json()["count"] == 8
        page = await http.get(sandbox.base_url)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    slack = AsyncWebClient(sandbox.workspace.app.bot_token, base_url=sandbox.slack_api_url)
    assert (await slack.auth_test())["user_id"] == "U0BACKUPBOT"
    await sandbox.stop()


async def test_an_unseeded_one_has_people_but_no_servers() -> None:
    sandbox = Sandbox(seeded=False)
    assert sandbox.provider.servers == {}
    assert sandbox.workspace.messages == {}
    assert sandbox.people.person("ana").person.id == "UANA"


async def test_it_can_be_started_again_at_the_same_address() -> None:
    sandbox = Sandbox(seeded=False)
    await sandbox.start()
    address = sandbox.base_url
    await sandbox.stop()
    await sandbox.start()
    assert sandbox.base_url == address
    await sandbox.stop()
    await sandbox.stop()


async def test_a_taken_port_is_an_error_and_leaves_nothing_behind() -> None:
    first = Sandbox(seeded=False)
    await first.start()
    second = Sandbox(port=int(first.base_url.rsplit(":", 1)[1]), seeded=False)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()
    await first.stop()


async def test_stopping_does_not_wait_for_requests_that_hang() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    sandbox.faults.provider_fail = "timeout_after_acting"
    async with httpx.AsyncClient(base_url=sandbox.vps_api_url, trust_env=False) as http:
        hanging = asyncio.create_task(http.get("/servers/", timeout=60))
        await sandbox.provider.until(lambda: sandbox.provider.calls)
        async with asyncio.timeout(5):
            await sandbox.stop()
        with pytest.raises(httpx.TransportError):
            await hanging


async def test_stopping_does_not_wait_for_open_sockets() -> None:
    sandbox = Sandbox(seeded=False)
    await sandbox.start()
    slack = AsyncWebClient(base_url=sandbox.slack_api_url)
    opened = await slack.apps_connections_open(app_token=sandbox.workspace.app.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as link:
        assert (await link.receive_json())["type"] == "hello"
        async with asyncio.timeout(5):
            await sandbox.stop()


def test_the_bot_s_settings_lead_to_the_sandbox(tmp_path: Path) -> None:
    sandbox = Sandbox(port=8321, speed=2.0, seeded=False)
    settings = sandbox.bot_environment(tmp_path / "bot.sqlite")
    assert settings["SLACK_API_URL"] == "http://127.0.0.1:8321/slack/api/"
    assert settings["VPS_API_URL"] == "http://127.0.0.1:8321/vps/api/v1"
    assert settings["DATABASE_URL"] == f"sqlite:///{tmp_path}/bot.sqlite"
    assert (settings["BOT_POLL_SECONDS"], settings["BOT_LATE_MINUTES"]) == ("0.25", "2.0")
    assert settings["BOT_OPERATORS"] == "UANA,UBEN,UCLEO"
    assert settings["BOT_PORT"] != sandbox.bot_environment(tmp_path / "bot.sqlite")["BOT_PORT"]


async def test_a_temporary_database_is_kept_for_restarts_and_removed_at_the_end() -> None:
    sandbox = Sandbox(seeded=False)
    first, second = (sandbox.bot_environment()["DATABASE_URL"] for _ in range(2))
    assert first == second
    folder = Path(first.removeprefix("sqlite:///")).parent
    assert folder.is_dir()
    await sandbox.stop()
    assert not folder.exists()


async def test_the_real_bot_is_reached_over_http_and_answers_a_command() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    try:
        bot = await sandbox.start_bot(mode="http")
        await bot.ready()
        answer = await sandbox.people.person("ana").types("/backup help")
        assert answer.acked, list(bot.lines)
        async with aiohttp.ClientSession() as session, session.get(bot.metrics_address) as scrape:
            assert "backup_bot_slack_connected 1.0" in await scrape.text()
    finally:
        await sandbox.stop()
    assert bot.state == "stopped"


COMMAND = """
import asyncio, sys
from pathlib import Path
from bot.sandbox.run import run_sandbox
asyncio.run(run_sandbox(port=int(sys.argv[1]), speed=10.0, database=Path(sys.argv[2]), servers=9))
"""


async def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    port = str(free_port())
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMAND, port, str(tmp_path / "bot.sqlite"), stdout=asyncio.subprocess.PIPE
    )
    assert command.stdout is not None
    async with asyncio.timeout(20):
        assert f"http://127.0.0.1:{port}" in (await command.stdout.readline()).decode()
        command.terminate()
        rest, _ = await command.communicate()
    assert (command.returncode, rest) == (0, b"")


async def test_the_command_says_when_its_port_is_taken() -> None:
    sandbox = Sandbox(seeded=False)
    await sandbox.start()
    port = int(sandbox.base_url.rsplit(":", 1)[1])
    with pytest.raises(SystemExit, match=f"Port {port} can't be used"):
        await run_sandbox(port=port, speed=1.0, database=None, servers=0)
    await sandbox.stop()
