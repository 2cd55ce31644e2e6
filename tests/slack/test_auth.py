import asyncio
import logging

import pytest
from aiohttp import ServerDisconnectedError, web
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConfigurationError
from bot.slack.auth import Identity, check_tokens, keep_proxy, web_client
from tests.slack.conftest import soon
from tests.slack.wire import SLASH, Wire

APP_TOKEN = SecretStr("xapp-secret")


@pytest.fixture
def client(wire: Wire) -> AsyncWebClient:
    return web_client(SecretStr("xoxb-secret"), wire.api_url)


async def check(client: AsyncWebClient, app_token: SecretStr | None = APP_TOKEN) -> Identity:
    return await asyncio.wait_for(check_tokens(client, app_token, first_pause=0.001, longest_pause=0.01), 5)


async def test_good_tokens_tell_who_the_bot_is(client: AsyncWebClient, wire: Wire) -> None:
    identity = await check(client)
    assert (identity.team_id, identity.user_id, identity.bot_id) == ("T111", "U0BOT", "B0BOT")
    assert identity.scopes == {"commands", "chat:write"}
    assert wire.calls == ["auth.test", "apps.connections.open"]


async def test_without_an_app_token_only_the_bot_token_is_checked(client: AsyncWebClient, wire: Wire) -> None:
    await check(client, None)
    assert wire.calls == ["auth.test"]


@pytest.mark.parametrize(
    "error",
    [
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "account_inactive",
        "not_allowed_token_type",
        "who_knows",
    ],
)
@pytest.mark.parametrize(
    ("method", "variable"),
    [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "SLACK_APP_TOKEN")],
)
async def test_a_refused_token_is_one_line_that_names_its_variable(
    error: str, method: str, variable: str, client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors[method] = [error]
    with pytest.raises(ConfigurationError) as refused:
        await check(client)
    [line] = refused.value.problems
    assert line.startswith(f"{variable}: ")
    assert error in line
    assert "api.slack.com/apps" in line
    assert "secret" not in line


async def test_two_refused_tokens_are_two_lines(client: AsyncWebClient, wire: Wire) -> None:
    wire.errors = {"auth.test": ["invalid_auth"], "apps.connections.open": ["invalid_auth"]}
    with pytest.raises(ConfigurationError) as refused:
        await check(client)
    assert [line.split(":")[0] for line in refused.value.problems] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
    ]


async def test_a_users_token_is_not_taken_for_the_bots(client: AsyncWebClient, wire: Wire) -> None:
    user = {"ok": True, "team_id": "T111", "user_id": "U111"}
    wire.errors["auth.test"] = [web.json_response(user)]
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN: this is another kind of token"):
        await check(client)


async def test_an_address_that_is_not_slacks_is_told_from_a_bad_token(
    client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors["auth.test"] = [404]
    with pytest.raises(ConfigurationError, match=r"SLACK_API_URL: .*HTTP 404"):
        await check(client)


@pytest.mark.parametrize("trouble", ["internal_error", "ratelimited", "fatal_error", 500, 503, 200])
async def test_passing_trouble_is_waited_out(
    trouble: str | int, client: AsyncWebClient, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.errors = {"auth.test": [trouble, trouble], "apps.connections.open": [trouble]}
    with caplog.at_level(logging.DEBUG):
        assert (await check(client)).team == "acme"
    assert "secret" not in caplog.text


async def test_an_unreachable_slack_is_no_error_of_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Wire() as gone:
        client = web_client(SecretStr("xoxb-secret"), gone.api_url)
    client.retry_handlers = []
    waiting = asyncio.create_task(check_tokens(client, APP_TOKEN, first_pause=0.001, longest_pause=0.01))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert "secret" not in "".join(capsys.readouterr())


def rate_limited() -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})


async def test_a_limited_call_is_repeated_after_the_time_slack_names(
    client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors["chat.postMessage"] = [rate_limited()]
    await client.chat_postMessage(channel="C111", text="Hello")
    assert wire.calls == ["chat.postMessage"] * 2


async def test_a_limited_modal_fails_at_once_as_its_trigger_would_be_dead(
    client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors["views.open"] = [rate_limited()]
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.views_open(trigger_id="1.2.x", view={"type": "modal"})
    assert wire.calls == ["views.open"]


async def test_a_connection_that_breaks_after_sending_never_posts_twice() -> None:
    posted = 0

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal posted
        await reader.readuntil(b"\r\n\r\n")
        posted += 1
        writer.close()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = web_client(SecretStr("xoxb-1"), f"http://127.0.0.1:{port}/api/")
        with pytest.raises(ServerDisconnectedError):
            await soon(client.chat_postMessage(channel="C111", text="Hello"))
    assert posted == 1


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        ("http://127.0.0.1:8080/api/", True),
        ("ws://[::1]:8080/link", True),
        ("http://localhost/api/", True),
        ("https://slack.intern.example/api/", True),
        ("https://slack.com/api/", False),
        ("https://127.example.com/api/", False),
    ],
)
def test_what_goes_round_the_proxy(url: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "intern.example")
    assert web_client(SecretStr("x"), url).proxy == (None if direct else "http://proxy.example:3128")


async def test_bolts_own_clients_go_round_the_proxy_as_well(
    client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    app = AsyncApp(client=client, signing_secret="s", before_authorize=keep_proxy(client))
    proxies: list[str | None] = []

    @app.command("/backup")
    async def backup(ack: AsyncAck, client: AsyncWebClient) -> None:
        await ack()
        proxies.append(client.proxy)

    await app.async_dispatch(AsyncBoltRequest(body=SLASH, mode="socket_mode"))
    assert proxies == [None]
