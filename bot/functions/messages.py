"""What a workflow is told whose step failed; Slack shows it to those who look after the workflow."""

from typing import assert_never

from bot.errors import BotError
from bot.functions.model import Problem
from bot.slack.messages import in_short
from bot.slack.text import plain_label, without_marks

NOT_RECORDED = "I couldn't record this, so nothing was done. Run the workflow again."
UNKNOWN = (
    "I don't know this step. Whoever runs the bot should update the Slack app's manifest and the bot to the "
    "same release."
)


def problem(kind: Problem, server_name: str) -> str:
    """Return why a step can't be done, and what to do about it, in plain text."""
    match kind:
        case Problem.NO_PERSON:
            return (
                "Slack doesn't say who started this workflow, so I can't tell whether they can do this. "
                "Start it by a link, a shortcut or a button, or put a message with a button before this step."
            )
        case Problem.NO_SERVER:
            return "No server is named. Fill in the field “Server” of the step."
        case Problem.NO_REASON:
            return (
                "A second person has to approve this, and needs a reason to. Fill in the field “Reason” of "
                "the step."
            )
        case Problem.NO_BACKUP:
            return f"{plain_label(server_name, 100)} has no complete backup."
        case Problem.INTERNAL_ERROR:
            return "Something went wrong on my side. Whoever runs the bot finds more in its log."
    assert_never(kind)


def refusal(error: BotError) -> str:
    """Return why it can't be done, as the command would say it, in plain text."""
    return without_marks(in_short(error))
