"""Failures and short answers, drawn as a message or as a modal."""

from slack_sdk.models.blocks import SectionBlock
from slack_sdk.models.views import View

from bot.errors import BotError
from bot.slack import ids, messages
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.provider_messages import Explanation
from bot.slack.text import truncate_mrkdwn


def explain(error: BotError) -> Message:
    """Return what happened and what to do about it."""
    return Message([_block(messages.explain(error))])


def explain_trouble(trouble: Explanation) -> Message:
    """Return the same for what is no expected failure."""
    return Message([_block(trouble)])


def sentence_alone(text: str) -> Message:
    """Return one sentence, already safe."""
    return Message([SectionBlock(text=mrkdwn(truncate_mrkdwn(text, 3000)))])


def note(error: BotError) -> View:
    """Return what happened as a modal, which can only be closed."""
    return note_about(messages.explain(error))


def note_about(trouble: Explanation) -> View:
    """Return the same for what is no expected failure."""
    return View(
        type="modal",
        callback_id=ids.NOTE_MODAL,
        title=plain(trouble.title),
        close=plain("Close"),
        blocks=[_block(trouble)],
    )


def _block(explanation: Explanation) -> SectionBlock:
    text = "\n".join(messages.lines(explanation))
    return SectionBlock(text=mrkdwn(truncate_mrkdwn(f":warning: {text}", 3000)))
