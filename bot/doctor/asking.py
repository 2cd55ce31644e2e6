"""Asking somebody who may not answer: whatever goes wrong becomes a finding."""

import asyncio
from collections.abc import Awaitable, Callable

from slack_sdk.errors import SlackApiError

from bot.doctor import messages
from bot.doctor.model import Finding
from bot.errors import ConfigurationError, ProviderError
from bot.slack.auth import UNANSWERED, error_name

Question = Callable[[], Awaitable[list[Finding]]]

TIMEOUT_SECONDS = 20.0
"""How long each service may take in all until it counts as out of reach."""


async def answer(
    service: str, variable: str, question: Question, *, seconds: float = TIMEOUT_SECONDS
) -> list[Finding]:
    """Return the answer to a question, or why there is none; `variable` has the service's address."""
    try:
        async with asyncio.timeout(seconds):
            return await question()
    except TimeoutError:
        return [messages.unanswered(service, variable, seconds)]
    except Exception as error:  # Also of an answer in a shape that nobody has seen: the others still count.
        return _in_words(error, service, variable)


def _in_words(error: Exception, service: str, variable: str) -> list[Finding]:
    match error:
        case ConfigurationError():
            return messages.refused(error)
        case ProviderError():
            return [messages.vps_refused(error)]
        case SlackApiError():
            return [messages.slack_trouble(error_name(error))]
    if isinstance(error, UNANSWERED):
        return [messages.unreached(service, variable, error)]
    return [messages.not_understood(service, type(error).__name__)]
