"""The audit trail as people read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, SectionBlock

from bot.audit import messages
from bot.audit.model import Broken, ChainedEntry
from bot.slack import ids
from bot.slack.forms import AuditForm
from bot.slack.message import Message, mrkdwn, plain


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and whether there are newer and older ones."""

    entries: Sequence[ChainedEntry]
    has_newer: bool
    has_older: bool


def trail(page: Page, form: AuditForm) -> Message:
    """Return one page of the entries that `form` asks for."""
    shown = page.entries
    footing = messages.page_range(shown[0].seq, shown[-1].seq) if shown else messages.NO_ENTRIES
    blocks: list[Block] = [SectionBlock(text=mrkdwn(messages.title(form)))]
    blocks += [SectionBlock(text=mrkdwn(messages.entry_lines(chained))) for chained in shown]
    blocks.append(ContextBlock(elements=[mrkdwn(footing)]))
    if buttons := _buttons(page, form):
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def mirrored(chained: ChainedEntry) -> Message:
    """Return one entry with its hash."""
    return Message(
        [
            SectionBlock(text=mrkdwn(messages.entry_lines(chained))),
            ContextBlock(elements=[mrkdwn(messages.entry_hash(chained))]),
        ]
    )


def mirrored_refusals(refused: Sequence[ChainedEntry]) -> Message:
    """Return several refusals as one message, and one as it is; oldest first."""
    if len(refused) == 1:
        return mirrored(refused[0])
    return Message(
        [
            SectionBlock(text=mrkdwn(messages.refusals(refused))),
            ContextBlock(elements=[mrkdwn(messages.entry_range_and_hash(refused[0], refused[-1]))]),
        ]
    )


def broken(found: Broken) -> Message:
    """Return the alarm about a trail that was tampered with."""
    return Message([SectionBlock(text=mrkdwn(messages.alarm(found)))])


def _buttons(page: Page, form: AuditForm) -> list[ButtonElement]:
    buttons = []
    if page.has_newer:
        newer = form.model_copy(update={"before": None, "after": page.entries[0].seq})
        buttons.append(_page_button("Newer", ids.AUDIT_NEWER, newer))
    if page.has_older:
        older = form.model_copy(update={"before": page.entries[-1].seq, "after": None})
        buttons.append(_page_button("Older", ids.AUDIT_OLDER, older))
    return buttons


def _page_button(text: str, action_id: str, form: AuditForm) -> ButtonElement:
    return ButtonElement(text=plain(text), action_id=action_id, value=form.as_json())
