"""Telling Slack how a step of a workflow ended: told once, through any outage."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.notifications.retry import call_slack, will_pass

log = structlog.get_logger()

Outputs = Mapping[str, str | int | float]
ENDED = "execution_not_in_running_state"
"""Slack's error for what was told already, or ended otherwise, as when somebody stopped the workflow."""
LONGEST_ERROR = 500


async def complete(
    client: AsyncWebClient,
    execution_id: str,
    *,
    outputs: Outputs | None = None,
    error: str = "",
    give_up_after: float | None = None,
) -> None:
    """Tell Slack what a step gives to the next ones, or in plain words why it failed.

    Outlasts any outage of Slack, unless it has to give up after so many seconds. With the bot's own token, as
    the one that comes with the event is good for 15 minutes only.
    """

    async def call() -> Any:
        if outputs is not None:
            return await client.functions_completeSuccess(
                function_execution_id=execution_id, outputs=dict(outputs)
            )
        return await client.functions_completeError(
            function_execution_id=execution_id, error=error[:LONGEST_ERROR]
        )

    told = await call_slack(call, give_up_after=give_up_after, is_final=lambda name: not will_pass(name))
    if told.error not in {"", ENDED}:
        log.error("function_not_completed", execution=execution_id, error=told.error)
