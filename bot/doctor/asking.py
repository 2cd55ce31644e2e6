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
    except ConfigurationError as problem:
        return messages.refused(problem)
    except ProviderError as error:
        return [messages.vps_refused(error)]
    except TimeoutError:
        return [messages.unanswered(service, variable, seconds)]
    except SlackApiError as error:
        return [messages.slack_trouble(error_name(error))]
    except UNANSWERED as error:
        return [messages.unreached(service, variable, error)]
