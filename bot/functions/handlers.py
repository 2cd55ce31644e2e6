"""What Slack tells when a workflow comes to one of the bot's steps."""

from typing import Any

import structlog

from bot.errors import NotRecorded
from bot.functions import messages
from bot.functions.model import Function, FunctionRun
from bot.functions.run import run_function, run_id
from bot.notifications.functions import complete
from bot.operations import engine
from bot.services import services
from bot.slack.dispatch import Handlers
from bot.slack.events import is_to_be_repeated
from bot.slack.interaction import Interaction
from bot.slack.payload import require_id, without_style
from bot.slack.text import unescape_command

log = structlog.get_logger()

PERSON_TYPE = "slack#/types/user_context"
"""Slack fills in what is of this type, with who acted; the workflow's author can't.

https://docs.slack.dev/reference/types/user_context-type
"""
MOST_CHARACTERS = 500
GIVE_UP_SECONDS = 15.0


async def run(interaction: Interaction) -> None:
    """Record that a step is to be run, and let it run."""
    event = interaction.body["event"]
    callback_id = (event.get("function") or {}).get("callback_id")
    execution_id = require_id(interaction.function_execution_id)
    if callback_id not in set(Function):
        log.warning("function_unknown", callback_id=callback_id)
        await interaction.ack()
        await _give_up(execution_id, messages.UNKNOWN)
        return
    wanted = _read(interaction, Function(callback_id), execution_id)
    try:
        await engine.start(run_function, run_id(execution_id), wanted)
    except NotRecorded:
        if is_to_be_repeated(interaction):
            raise
        await _give_up(execution_id, messages.NOT_RECORDED)


async def _give_up(execution_id: str, why: str) -> None:
    """Tell Slack that a step failed of which nothing is on record, if it takes that within 15 s."""
    await complete(services().slack, execution_id, error=why, give_up_after=GIVE_UP_SECONDS)


def _read(interaction: Interaction, function: Function, execution_id: str) -> FunctionRun:
    inputs: dict[str, Any] = interaction.body["event"].get("inputs") or {}

    def text(name: str) -> str:
        value = inputs.get(name)
        return unescape_command(without_style(value[:MOST_CHARACTERS])) if isinstance(value, str) else ""

    return FunctionRun(
        id=execution_id,
        function=function,
        at=services().now(),
        person=_person(interaction.body["event"], inputs),
        team=interaction.team,
        channel=text("channel"),
        server=text("server"),
        reason=text("reason"),
    )


def _person(event: dict[str, Any], inputs: dict[str, Any]) -> str:
    """Return who started the workflow, if Slack itself says so; else "".

    What is of another type than ours could have been set by the workflow's author.
    """
    declared = (event.get("function") or {}).get("input_parameters") or []
    kinds = {each.get("name"): each.get("type") for each in declared if isinstance(each, dict)}
    person = inputs.get("person")
    if kinds.get("person") != PERSON_TYPE or not isinstance(person, dict) or not person.get("secret"):
        return ""
    return str(person.get("id") or "")


HANDLERS = Handlers(events={"function_executed": run})
