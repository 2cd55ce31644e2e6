"""`backup-bot doctor --blocks`: has Slack itself judge every view and message that the bot can draw.

https://docs.slack.dev/reference/methods/blocks.validate
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doctor import messages
from bot.doctor.asking import answer
from bot.doctor.model import Finding, Report
from bot.doctor.samples import Drawn, samples
from bot.settings import Settings
from bot.slack.auth import error_name, identify, new_session, web_client
from bot.slack.newer_blocks import newer_types, older

TIMEOUT_SECONDS = 120.0
"""For all: a call each, as often a minute as Slack allows."""

_INVALID = {"invalid_blocks", "invalid_message", "invalid_view"}
_KEPT = {"type", "style", "level"}
"""Texts that Slack does not merely show."""


@dataclass(frozen=True)
class Sample:
    """What Slack is asked about, with the name of what draws it."""

    name: str
    content: dict[str, Any]
    is_view: bool


def catalogue(drawn: Iterable[tuple[str, Drawn]] | None = None) -> list[Sample]:
    """Return one of each shape, the one with most words: where only words differ, Slack says the same."""
    found: dict[str, Sample] = {}
    for name, view in samples() if drawn is None else drawn:
        is_view = isinstance(view, View)
        sample = Sample(name, view.to_dict() if isinstance(view, View) else view.arguments(), is_view)
        shape = json.dumps([is_view, _shape(sample.content)])
        if shape not in found or len(json.dumps(found[shape].content)) < len(json.dumps(sample.content)):
            found[shape] = sample
    return sorted(found.values(), key=lambda sample: sample.name)


async def examine_blocks(settings: Settings, waiting: list[str] | None = None) -> Report:
    """Return what Slack says about each kind of view and message; nothing is shown to anybody."""
    if waiting is not None:
        waiting.append("Slack")
    async with new_session() as session:
        client = web_client(settings.slack_bot_token, settings.slack_api_url, session)
        asked = partial(judged, client, catalogue())
        return Report(await answer("Slack", "SLACK_API_URL", asked, seconds=TIMEOUT_SECONDS))


async def judged(client: AsyncWebClient, wanted: Sequence[Sample]) -> list[Finding]:
    """Return what Slack finds fault with; newer blocks that a workspace lacks are sent as older ones."""
    await identify(client)
    problems: list[Finding] = []
    lacking: set[str] = set()
    for sample in wanted:
        found = await _judge(client, sample, sample.content)
        newer = newer_types(sample.content)
        if found and newer:
            lacking |= newer
            found = await _judge(client, sample, older(sample.content))
        problems += found
    return [
        *(problems or [messages.all_drawable(len(wanted))]),
        *([messages.not_rolled_out(sorted(lacking))] if lacking else []),
    ]


async def _judge(client: AsyncWebClient, sample: Sample, content: dict[str, Any]) -> list[Finding]:
    given = {"view" if sample.is_view else "message": json.dumps(content)}
    try:
        # The SDK's own method puts it into the address, which would be too long for a server.
        await client.api_call("blocks.validate", data=given)
    except SlackApiError as error:
        if error_name(error) not in _INVALID or not isinstance(error.response, AsyncSlackResponse):
            raise
        return [
            messages.undrawable(sample.name, str(each.get("pointer", "")), str(each.get("message", "")))
            for each in error.response.get("errors") or [{}]
        ]
    return []


def _shape(part: Any, key: str = "") -> Any:
    if isinstance(part, dict):
        return {name: _shape(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [_shape(value) for value in part]
    return part if key in _KEPT or not isinstance(part, str) else ""
