"""The menu, the help, and the list of backups: newest first, ten a page, with filters and a menu at each."""

from collections.abc import Sequence
from functools import cache
from typing import get_args

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    ExternalDataSelectElement,
    Option,
    OverflowMenuElement,
    SectionBlock,
    StaticSelectElement,
)

from bot.backups import messages
from bot.backups.api import BackupList
from bot.backups.model import Backup, newest
from bot.operations.model import NEED_A_COMPLETE_BACKUP
from bot.servers.model import Server
from bot.servers.views import ALL, option
from bot.slack import ids
from bot.slack.forms import BackupChoice, ListForm
from bot.slack.message import Message, mrkdwn, plain
from bot.verbs import USAGES, ConfirmedVerb, Verb

PAGE = 10
_TYPES = (("All types", ALL), ("Manual", "manual"), ("Automatic", "automatic"))


@cache
def menu() -> Message:
    """Return the verbs as buttons."""
    return Message([SectionBlock(text=mrkdwn(messages.MENU)), _verb_buttons()])


@cache
def overview() -> Message:
    """Return what each verb does, in a line."""
    lines = [messages.help_line(verb) for verb in USAGES]
    blocks: list[Block] = [SectionBlock(text=mrkdwn("\n".join(lines))), _verb_buttons()]
    return Message(blocks)


def explained(verb: Verb) -> Message:
    """Return what one verb does, with an example."""
    return Message([SectionBlock(text=mrkdwn(messages.help_text(verb)))])


def backup_list(listing: BackupList, form: ListForm, server: Server | None) -> Message:
    """Return one page of the list."""
    found = listing.backups
    pages, form = _within(found, form)
    shown = _page(found, form)
    blocks: list[Block] = [_title(listing, form, server), _filters(form, server)]
    blocks += [_row(backup, with_server=server is None) for backup in shown]
    if not shown and not listing.not_shown:
        blocks.append(SectionBlock(text=mrkdwn(messages.NO_BACKUPS)))
    blocks.append(ContextBlock(elements=[mrkdwn(_range(listing, form, len(shown)))]))
    blocks.append(_page_buttons(form, pages))
    return Message(blocks)


def shared_list(listing: BackupList, form: ListForm, server: Server | None, person: str) -> Message:
    """Return the same page for everybody to read, without buttons."""
    found = listing.backups
    _, form = _within(found, form)
    shown = _page(found, form)
    with_server = server is None
    blocks: list[Block] = [_title(listing, form, server)]
    blocks += [SectionBlock(text=mrkdwn(messages.line(each, with_server=with_server))) for each in shown]
    blocks.append(
        ContextBlock(elements=[mrkdwn(messages.shared_by(person, _range(listing, form, len(shown))))])
    )
    return Message(blocks)


def _verb_buttons() -> ActionsBlock:
    buttons = [
        ButtonElement(text=plain(usage.button), action_id=ids.ask_for(verb), style=usage.style)
        for verb, usage in USAGES.items()
        if usage.button
    ]
    return ActionsBlock(elements=buttons)


def _within(found: Sequence[Backup], form: ListForm) -> tuple[int, ListForm]:
    """Return how many pages there are, and the form with a page that exists: backups may have gone."""
    pages = max(1, -(-len(found) // PAGE))
    return pages, form.model_copy(update={"page": min(max(form.page, 0), pages - 1)})


def _page(found: Sequence[Backup], form: ListForm) -> list[Backup]:
    first = form.page * PAGE
    return newest(found, first + PAGE)[first:]


def _range(listing: BackupList, form: ListForm, shown: int) -> str:
    first, count = form.page * PAGE, len(listing.backups)
    return messages.page_range(first, shown, count, listing.not_shown, listing.unreadable)


def _title(listing: BackupList, form: ListForm, server: Server | None) -> SectionBlock:
    name, is_partial = server.name if server else None, listing.not_shown > 0
    title = messages.list_title(len(listing.backups), form.backup_type, name, is_partial=is_partial)
    return SectionBlock(text=mrkdwn(title))


def _filters(form: ListForm, server: Server | None) -> ActionsBlock:
    types = [Option(text=plain(text), value=value) for text, value in _TYPES]
    current = next(each for each in types if each.value == (form.backup_type or ALL))
    return ActionsBlock(
        block_id=form.as_json(),
        elements=[
            ExternalDataSelectElement(
                action_id=ids.LIST_SERVER,
                placeholder=plain("All servers"),
                initial_option=option(server) if server else None,
                min_query_length=0,
            ),
            StaticSelectElement(
                action_id=ids.LIST_TYPE, placeholder=plain("Type"), options=types, initial_option=current
            ),
        ],
    )


def _row(backup: Backup, *, with_server: bool) -> SectionBlock:
    return SectionBlock(
        text=mrkdwn(messages.line(backup, with_server=with_server)),
        accessory=OverflowMenuElement(action_id=ids.LIST_ROW, options=_choices(backup)),
    )


def _choices(backup: Backup) -> list[Option]:
    def choice(text: str, verb: Verb) -> Option:
        value = BackupChoice.model_validate(
            {"verb": verb, "server_id": backup.server.id, "backup_id": backup.id}
        )
        return Option(text=plain(text), value=value.as_option())

    confirmed = [
        choice(USAGES[verb].button, verb)
        for verb in get_args(ConfirmedVerb)
        if backup.is_complete or verb not in NEED_A_COMPLETE_BACKUP
    ]
    watch = [] if backup.is_final else [choice(messages.WATCH, Verb.WATCH)]
    return [*watch, *confirmed]


def _page_buttons(form: ListForm, pages: int) -> ActionsBlock:
    buttons = []
    if form.page > 0:
        buttons.append(_page_button("Newer", ids.LIST_PREVIOUS, form, -1))
    if form.page < pages - 1:
        buttons.append(_page_button("Older", ids.LIST_NEXT, form, +1))
    share = ButtonElement(text=plain("Share in channel"), action_id=ids.LIST_SHARE, value=form.as_json())
    return ActionsBlock(elements=[*buttons, share])


def _page_button(text: str, action_id: str, form: ListForm, by: int) -> ButtonElement:
    other = form.model_copy(update={"page": form.page + by})
    return ButtonElement(text=plain(text), action_id=action_id, value=other.as_json())
