"""A Bolt app that only acks, in Socket Mode: what `make bench` compares the bot with."""

import asyncio
import os

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def run() -> None:
    """Run the app until it is killed."""
    asyncio.run(_run())


async def _run() -> None:
    token, address = os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_API_URL"]
    app = AsyncApp(client=AsyncWebClient(token, base_url=address))

    @app.command("/backup")
    async def asked(ack: AsyncAck) -> None:
        await ack()

    await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start_async()  # type: ignore[no-untyped-call]
