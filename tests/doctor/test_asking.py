"""Whatever goes wrong while the doctor asks is a line of its report."""

import asyncio

import pytest

from bot.doctor.asking import answer
from bot.doctor.model import Finding, Level
from bot.errors import ConfigurationError, Silence, Unreachable


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigurationError("X is missing."), "X is missing."),
        (Unreachable(silence=Silence.TIMED_OUT), "VPS.org isn't answering."),
        (ConnectionRefusedError(), "Slack refused the connection."),
        (AttributeError(), "Slack answered in a way that isn't understood (AttributeError)."),
        (KeyError("team_id"), "Slack answered in a way that isn't understood (KeyError)."),
    ],
)
async def test_each_trouble_is_a_problem_in_words(error: Exception, words: str) -> None:
    async def ask() -> list[Finding]:
        raise error

    [found] = await answer("Slack", "SLACK_API_URL", ask)
    assert (found.level, found.what) == (Level.PROBLEM, words)


async def test_nobody_is_waited_for_for_ever() -> None:
    async def ask() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    [found] = await answer("Slack", "SLACK_API_URL", ask, seconds=0.01)
    assert found.what == "Slack didn't answer within 0 s."
