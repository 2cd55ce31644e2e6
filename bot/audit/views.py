"""The audit trail as people read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, SectionBlock

from bot.audit.model import Entry, Event, Sealed
from bot.slack import ids
from bot.slack.forms import AuditForm
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import called, mention, quote, when

_HEADLINES: dict[Event, tuple[str, str]] = {
    "requested": (":memo:", "Asked for"),
    "refused": (":no_entry_sign:", "Refused"),
    "asked": (":raising_hand:", "Second person asked"),
    "reminded": (":bell:", "Second person reminded"),
    "approved": (":white_check_mark:", "Approved"),
    "denied": (":x:", "Denied"),
    "withdrawn": (":leftwards_arrow_with_hook:", "Withdrawn"),
    "expired": (":hourglass:", "Expired"),
    "stale": (":warning:", "Out of date"),
    "break_glass": (":rotating_light:", "Break-glass"),
    "started": (":arrow_forward:", "Started"),
    "ended": (":checkered_flag:", "Ended"),
}
_CHANNEL = re.compile(r"[CG][A-Z0-9]+")
_LINK = re.compile(r"https?://[^\s|<>]{1,500}")


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and whether there are newer and older ones."""

    entries: Sequence[Sealed]
    has_newer: bool
    has_older: bool


def trail(page: Page, form: AuditForm) -> Message:
    """Return one page of the entries that `form` asks for."""
    blocks: list[Block] = [SectionBlock(text=mrkdwn(_title(form)))]
    blocks += [SectionBlock(text=mrkdwn(_lines(sealed))) for sealed in page.entries]
    blocks.append(ContextBlock(elements=[mrkdwn(_footing(page))]))
    if buttons := _buttons(page, form):
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def mirrored(sealed: Sealed) -> Message:
    """Return one entry with its hash, by which a trail that was cut off or rewritten is found out."""
    return Message(
        [
            SectionBlock(text=mrkdwn(_lines(sealed))),
            ContextBlock(elements=[mrkdwn(f"Hash `{sealed.hash}`")]),
        ]
    )


def _title(form: AuditForm) -> str:
    parts = ["*Audit trail*"]
    if form.server:
        parts.append(f"of *{called(form.server)}*")
    if form.person:
        parts.append(f"by {mention(form.person)}")
    if form.since:
        parts.append(f"since {when(form.since)}")
    return " ".join(parts)


def _lines(sealed: Sealed) -> str:
    entry = sealed.entry
    said = [_headline(entry), _who(entry), _why(entry), quote(entry.what), _where(sealed)]
    return "\n".join(line for line in said if line)


def _headline(entry: Entry) -> str:
    emoji, words = _HEADLINES[entry.event]
    state = f" ({quote(entry.state, 50)})" if entry.state else ""
    return " · ".join([f"{emoji} *{words}{state}*", *_subject(entry)])


def _subject(entry: Entry) -> list[str]:
    parts = [quote(entry.verb, 50)] if entry.verb else []
    if entry.server_name:
        parts.append(f"*{called(entry.server_name)}*")
    if entry.backup_id is not None:
        parts.append(f"backup {entry.backup_id}")
    return parts


def _who(entry: Entry) -> str:
    decided = f", decided by {mention(entry.decided_by)}" if entry.decided_by else ""
    return f"Asked by {mention(entry.person)}{decided} · {when(entry.at)}"


def _why(entry: Entry) -> str:
    return f"“{quote(entry.reason)}”" if entry.reason else ""


def _where(sealed: Sealed) -> str:
    entry = sealed.entry
    parts = [f"Entry {sealed.seq}"]
    if _CHANNEL.fullmatch(entry.channel):
        parts.append(f"<#{entry.channel}>")
    elif entry.channel:
        parts.append("direct message")
    if _LINK.fullmatch(entry.permalink):
        parts.append(f"<{entry.permalink}|message>")
    if entry.tag:
        parts.append(quote(entry.tag, 50))
    return " · ".join(parts)


def _footing(page: Page) -> str:
    if not page.entries:
        return "There are no entries."
    return f"Entries {page.entries[-1].seq} to {page.entries[0].seq}, newest first"


def _buttons(page: Page, form: AuditForm) -> list[ButtonElement]:
    buttons = []
    if page.has_newer:
        newer = form.model_copy(update={"before": None, "after": page.entries[0].seq})
        buttons.append(_turning("Newer", ids.AUDIT_NEWER, newer))
    if page.has_older:
        older = form.model_copy(update={"before": page.entries[-1].seq, "after": None})
        buttons.append(_turning("Older", ids.AUDIT_OLDER, older))
    return buttons


def _turning(text: str, action_id: str, form: AuditForm) -> ButtonElement:
    return ButtonElement(text=plain(text), action_id=action_id, value=form.kept())
