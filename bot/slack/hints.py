"""What a person is told besides the answer: that VPS.org is being asked, and where the answer will be."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from slack_sdk.errors import SlackApiError

from bot.slack import messages
from bot.slack.auth import UNANSWERED, error_name
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone

P = ParamSpec("P")

ASKING_AFTER_SECONDS = 1.0
_CHANNELS = ("C", "G")


Handler = Callable[Concatenate[Interaction, P], Coroutine[Any, Any, None]]


def says_it_is_asking(handler: Handler[P]) -> Handler[P]:
    """Make a handler tell the person that VPS.org is being asked, if it has not answered within a second.

    The answer comes below that: Slack lets nobody change what a command was answered
    (https://github.com/slackapi/bolt-js/issues/2287).
    """

    @wraps(handler)
    async def handle(interaction: Interaction, /, *args: P.args, **kwargs: P.kwargs) -> None:
        saying = asyncio.create_task(_say_later(interaction))
        try:
            await handler(interaction, *args, **kwargs)
        finally:
            saying.cancel()

    return handle


async def _say_later(interaction: Interaction) -> None:
    await asyncio.sleep(ASKING_AFTER_SECONDS)
    if interaction.is_acked and not interaction.is_answered:
        with suppress(SlackApiError, *UNANSWERED):
            asking = sentence_alone(messages.ASKING)
            # On top of a modal it would stay there, and the answer would go below.
            await interaction.reply_ephemeral(asking, replace=interaction.is_in_answer)


async def tell_if_closed(interaction: Interaction, channel: str) -> None:
    """Tell the person, if the bot can't see a channel, where it answers instead and how to invite it.

    After the ack. Without the scope `groups:read` that is not known, and nothing is said.
    """
    if not channel.startswith(_CHANNELS) or channel in interaction.open_channels:
        return
    try:
        await interaction.client.conversations_info(channel=channel)
        interaction.open_channels.add(channel)
    except SlackApiError as error:
        if error_name(error) == "channel_not_found":
            await interaction.reply_ephemeral(sentence_alone(messages.answers_directly(channel)))
    except UNANSWERED:
        return
