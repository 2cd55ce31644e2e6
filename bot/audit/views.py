"""The audit trail as people read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ExternalDataSelectElement,
    HeaderBlock,
    InteractiveElement,
    Option,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.audit import integrity_messages, messages
from bot.audit.model import AuditedOperation, Broken, ChainedEntry
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import AuditForm
from bot.slack.message import Message, context, plain, section
from bot.slack.text import plain_label, shorten

MOST_DETAILS = 40


@dataclass(frozen=True)
class Page:
    """Some operations, newest first, and whether there are newer and older ones.

    `is_whole` is false if the person can read only of some servers.
    """

    operations: Sequence[AuditedOperation]
    has_newer: bool
    has_older: bool
    is_whole: bool = True


def trail(page: Page, form: AuditForm) -> Message:
    """Return one page of the operations that `form` asks for."""
    blocks: list[Block] = [
        HeaderBlock(text=plain(messages.TITLE)),
        context(messages.what_is_shown(form, is_whole=page.is_whole)),
        _filters(form),
        *(_row(operation) for operation in page.operations),
    ]
    if shown := page.operations:
        blocks.append(context(messages.page_range(shown[0].seq, shown[-1].seq)))
    else:
        blocks.append(section(messages.no_entries(is_filtered=form != AuditForm())))
    if buttons := _buttons(page, form):
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def details(operation: AuditedOperation) -> View:
    """Return all entries of one operation as a modal."""
    shown = operation.entries[-MOST_DETAILS:]
    texts = [
        messages.later_entry_lines(chained, shown[0].entry) if number else messages.entry_lines(chained)
        for number, chained in enumerate(shown)
    ]
    blocks: list[Block] = [section(text) for text in texts]
    note = messages.left_out(len(operation.entries) - len(shown), operation.unreadable)
    if note or not blocks:
        blocks.append(context(note or messages.NO_ENTRIES))
    return View(
        type="modal",
        callback_id=ids.NOTE_MODAL,
        title=plain(messages.DETAILS_TITLE),
        close=plain("Close"),
        blocks=blocks,
    )


def sent(count: int, unreadable: int, *, is_all: bool) -> Message:
    """Return what is said once a person was sent a file of so many entries."""
    return Message([section(messages.sent(count, unreadable, is_all=is_all))])


def server_option(server: Server) -> Option:
    """Return a server as an option of the filter."""
    return Option(text=plain(plain_label(server.name, 75)), value=str(server.id))


def shown_name(name: str) -> str:
    """Return a name as long as the filters can carry it."""
    return shorten(name, 120)


def _row(operation: AuditedOperation) -> SectionBlock:
    button = ButtonElement(
        text=plain(messages.DETAILS), action_id=ids.AUDIT_DETAILS, value=operation.subject[:2000]
    )
    return section(messages.operation_lines(operation), button)


def _filters(form: AuditForm) -> ActionsBlock:
    server = (
        Option(text=plain(plain_label(form.server, 75)), value=str(form.server_id))
        if form.server_id is not None
        else None
    )
    elements: list[InteractiveElement] = [
        ExternalDataSelectElement(
            action_id=ids.AUDIT_SERVER,
            placeholder=plain(messages.ANY_SERVER),
            initial_option=server,
            min_query_length=0,
        ),
        UserSelectElement(
            action_id=ids.AUDIT_PERSON,
            placeholder=plain(messages.ANY_PERSON),
            initial_user=form.person or None,
        ),
        StaticSelectElement(
            action_id=ids.AUDIT_SINCE,
            placeholder=plain(messages.ANY_TIME),
            options=[Option(text=plain(text), value=str(days)) for days, text in messages.SINCE.items()],
        ),
    ]
    if form.server or form.person or form.since:
        elements.append(_page_button(messages.SHOW_ALL, ids.AUDIT_ALL, AuditForm()))
    return ActionsBlock(block_id=form.as_json(), elements=elements)


def mirrored(chained: ChainedEntry) -> Message:
    """Return one entry with its hash."""
    return Message(
        [
            section(messages.entry_lines(chained)),
            context(messages.entry_hash(chained)),
        ]
    )


def mirrored_refusals(refused: Sequence[ChainedEntry]) -> Message:
    """Return several refusals as one message, and one as it is; oldest first."""
    if len(refused) == 1:
        return mirrored(refused[0])
    return Message(
        [
            section(messages.refusals(refused)),
            context(messages.entry_range_and_hash(refused[0], refused[-1])),
        ]
    )


def broken(found: Broken) -> Message:
    """Return the alarm about a trail that was tampered with."""
    return Message([section(integrity_messages.alarm(found))])


def _buttons(page: Page, form: AuditForm) -> list[ButtonElement]:
    buttons = []
    if page.has_newer:
        newer = form.model_copy(update={"before": None, "after": page.operations[0].seq})
        buttons.append(_page_button("◀ Newer", ids.AUDIT_NEWER, newer))
    if page.has_older:
        older = form.model_copy(update={"before": page.operations[-1].seq, "after": None})
        buttons.append(_page_button("Older ▶", ids.AUDIT_OLDER, older))
    if page.operations:
        whole = form.model_copy(update={"before": None, "after": None})
        buttons.append(_page_button(messages.EXPORT, ids.AUDIT_EXPORT, whole))
    return buttons


def _page_button(text: str, action_id: str, form: AuditForm) -> ButtonElement:
    return ButtonElement(text=plain(text), action_id=action_id, value=form.as_json())
