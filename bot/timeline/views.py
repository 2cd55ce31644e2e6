"""A timeline as a message: for one person with buttons, and for everybody."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    HeaderBlock,
)

from bot.slack import ids
from bot.slack.forms import TimelineForm
from bot.slack.message import Message, button, context, plain, section
from bot.slack.text import truncate_mrkdwn
from bot.slack.views import sentence_alone
from bot.timeline import messages
from bot.timeline.model import Timeline, stories
from bot.verbs import Verb, in_quotes

MOST_CHARACTERS = 11_000
"""Of all operations together: a message holds about 13,200 in all (SLACK.md, section 1)."""
MOST_SHOWN = 40
_LONGEST_ROW = 2900


def timeline(found: Timeline, form: TimelineForm, *, can_post: bool = True) -> Message:
    """Return the timeline that `form` asks for, with buttons that post it and send it as a file."""
    if not found.operations:
        return _nothing(found)
    value = form.as_json()
    post = button(messages.POST, ids.TIMELINE_POST, value, "primary")
    send = button(messages.SEND, ids.TIMELINE_FILE, value)
    return Message([*_drawn(found), ActionsBlock(elements=[post, send] if can_post else [send])])


def posted(found: Timeline, person: str, names: Mapping[str, str]) -> Message:
    """Return the same for everybody to read, without buttons, and with people's `names` (by id) as text."""
    by = context(messages.without_mentions(messages.posted_by(person), names))
    return Message([*_drawn(found, names), by])


def sent() -> Message:
    """Return what is said once a person was sent the file."""
    return sentence_alone(messages.SENT)


def _nothing(found: Timeline) -> Message:
    command = f"{Verb.TIMELINE} {in_quotes(found.server_name)} 7d" if found.server_name else "timeline 7d"
    last_week = button(messages.LAST_WEEK, ids.run_command(0), command[:2000])
    said = section(messages.nothing(found))
    return Message([said, ActionsBlock(elements=[last_week])])


def _drawn(found: Timeline, names: Mapping[str, str] | None = None) -> list[Block]:
    """Return what is to be read; with `names` it is for everybody."""
    told = stories(found.operations)
    lines = [messages.story_lines(each) for each in told]
    if names is not None:
        lines = [messages.without_mentions(each, names) for each in lines]
    rows = _newest_that_fit(lines)
    blocks: list[Block] = [
        HeaderBlock(text=plain(messages.title(found.server_name))),
        context(messages.span(found)),
    ]
    if left := sum(len(story.operations) for story in told[: len(told) - len(rows)]):
        blocks.append(context(messages.earlier(left, is_posted=names is not None)))
    return [*blocks, *(section(row) for row in rows)]


def _newest_that_fit(rows: Sequence[str]) -> list[str]:
    """Return the last of these rows, as many as one message takes."""
    fitting: list[str] = []
    left = MOST_CHARACTERS
    for row in reversed(rows[-MOST_SHOWN:]):
        shown = truncate_mrkdwn(row, _LONGEST_ROW)
        left -= len(shown)
        if left < 0:
            break
        fitting.insert(0, shown)
    return fitting
