"""Expected failures in words, as a message or as a modal."""

from slack_sdk.models.blocks import SectionBlock
from slack_sdk.models.views import View

from bot.errors import BotError, NotAllowed
from bot.slack import ids
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import cut, listed, mention, sentence


def explain(error: BotError) -> Message:
    """Return what happened and what to do about it."""
    return Message([_block(error)])


def said(text: str) -> Message:
    """Return a plain sentence."""
    return Message([SectionBlock(text=mrkdwn(cut(sentence(text), 3000)))])


def note(error: BotError, title: str = "Nothing was done") -> View:
    """Return the same as a modal, which can only be closed."""
    return View(
        type="modal",
        callback_id=ids.NOTE_MODAL,
        title=plain(title),
        close=plain("Close"),
        blocks=[_block(error)],
    )


def unexpected(reference: str) -> BotError:
    """Return the words for a bug: no detail, and a reference that finds it in the log."""
    return BotError(
        "Something went wrong on my side; I can't say more than that here.",
        f"Look at `/backup status` before you try again. Whoever runs me finds it in the log as {reference}.",
    )


def slack_refused(name: str) -> BotError:
    """Return the words for a call Slack refused; `name` is its own name for the reason."""
    if "trigger" in name:
        return BotError("It took too long to open the form, so Slack closed the door.", "Please try again.")
    return BotError(f"Slack refused to show the answer ({name}).", "Please try again in a moment.")


def slack_silent() -> BotError:
    """Return the words for a call that Slack did not answer, or not readably."""
    return BotError("Slack did not answer me, so I could not show you this.", "Please try again in a moment.")


def _block(error: BotError) -> SectionBlock:
    lines = [f":warning: {cut(sentence(error.what), 1000)}", cut(sentence(error.hint), 500)]
    if isinstance(error, NotAllowed) and error.who:
        lines.append(f"Ask {listed([mention(each) for each in error.who], 'or')}.")
    if isinstance(error, NotAllowed) and error.where:
        lines.append(f"Ask for it in {listed([f'<#{channel}>' for channel in error.where], 'or')}.")
    return SectionBlock(text=mrkdwn(cut("\n".join(line for line in lines if line), 3000)))
