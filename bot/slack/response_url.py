"""Answering at the address that came with an interaction, for which the bot needs no right to post.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from contextlib import suppress
from typing import Any

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.calls import call_response_url
from bot.slack.newer_blocks import newer_types, older

log = structlog.get_logger()

Json = dict[str, Any]


async def respond(url: str, content: Json, client: AsyncWebClient) -> bool:
    """Send an answer, with older blocks if Slack refuses newer ones; False if it was not taken."""
    address = _address(url, client)
    try:
        # It doesn't raise on an expired address or a refused block (SLACK.md, section 7).
        answer = await call_response_url(address.send_dict(content))
        if answer.status_code != 200 and newer_types(content):
            answer = await call_response_url(address.send_dict(older(content)))
    except (aiohttp.ClientError, TimeoutError) as error:
        log.info("response_url_unreachable", error=type(error).__name__)
        return False
    return bool(answer.status_code == 200)


async def delete_original(url: str, client: AsyncWebClient) -> None:
    """Delete the message that was clicked, if Slack can be reached."""
    with suppress(aiohttp.ClientError, TimeoutError):
        await call_response_url(_address(url, client).send(delete_original=True))


def _address(url: str, client: AsyncWebClient) -> AsyncWebhookClient:
    address = AsyncWebhookClient(url, ssl=client.ssl, session=client.session)
    # Set afterwards, as for None the SDK takes what it finds in the environment by itself.
    address.proxy = client.proxy
    return address
