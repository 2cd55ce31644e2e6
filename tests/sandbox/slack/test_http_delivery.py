"""HTTP mode: the same payloads, signed, to the real Bolt app's request URL."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.http_delivery import signature
from tests.sandbox.slack.kit import BUTTON, actions


def test_signatures_are_slacks() -> None:
    """The example of https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    digest = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == digest


@pytest.fixture
async def app(slack: PretendSlack, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    app = AsyncApp(client=client, signing_secret=slack.workspace.app.signing_secret)
    runner = web.AppRunner(app.web_app("/slack/events"), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.workspace.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield app
    await runner.cleanup()


async def test_commands_clicks_and_events_arrive_by_http(slack: PretendSlack, app: AsyncApp) -> None:
    told: list[Any] = []

    @app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack("Queued")

    @app.action("go")
    async def clicked(ack: Any, body: Any) -> None:
        told.append(body["actions"][0]["value"])
        await ack()

    @app.event("app_mention")
    async def mentioned(event: Any) -> None:
        told.append(event["text"])

    ana = slack.people.person("ana")
    assert (await ana.types("/backup list")).acked
    assert (await ana.sees())[-1].text == "Queued"
    await app.client.chat_postMessage(channel="COPS", text="Go?", blocks=actions(BUTTON))
    assert (await ana.clicks("go")).acked
    assert (await ana.types("@backup-bot hi")).acked
    assert told[0] == "1"


@pytest.mark.parametrize("spoil", ["unsigned", "nobody", "slow"])
async def test_failures_are_told_as_slack_does(slack: PretendSlack, app: AsyncApp, spoil: str) -> None:
    @app.command("/backup")
    async def answer(ack: Any) -> None:
        if spoil != "slow":
            await ack()

    if spoil == "unsigned":
        slack.workspace.app.signing_secret = "another"
    elif spoil == "nobody":
        slack.workspace.app.request_url = "http://127.0.0.1:1/slack/events"
    slack.workspace.ack_seconds = 0.2
    answered = await slack.people.person("ana").types("/backup")
    assert answered.error == ("operation_timeout" if spoil == "slow" else "dispatch_failed")


async def test_a_repeated_event_says_so_in_its_headers(slack: PretendSlack) -> None:
    headers: list[Any] = []

    async def refuse(request: web.Request) -> web.Response:
        headers.append(request.headers.get("X-Slack-Retry-Num"))
        return web.Response(status=500 if len(headers) < 3 else 200)

    slack.workspace.event_retry_seconds = (0.0, 0.0, 0.0)
    server = web.Application()
    server.add_routes([web.post("/", refuse)])
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.workspace.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    assert not (await slack.people.person("ana").types("@backup-bot hi")).acked
    await slack.dispatcher.settled()
    assert headers == [None, "1", "2"]
    await runner.cleanup()
