"""The list of backups: newest first, ten a page, with filters and a menu at each."""

from collections.abc import Sequence

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

from bot.backups.model import Backup, newest_first
from bot.backups.views import words
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import BackupChoice, ListForm
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import called, counted, label, mention

PAGE = 10
ALL = "all"
_TYPES = (("All types", ALL), ("Manual", "manual"), ("Automatic", "automatic"))


def backup_list(found: Sequence[Backup], form: ListForm, server: Server | None, missing: int) -> Message:
    """Return one page; `missing` is how many backups VPS.org counts but did not show."""
    pages, form = _within(found, form)
    shown = _page(found, form)
    blocks: list[Block] = [_title(len(found), form, server), _filters(form, server)]
    blocks += [_row(backup, with_server=server is None) for backup in shown]
    if not shown:
        blocks.append(SectionBlock(text=mrkdwn("There are none. Make one with `/backup create`.")))
    blocks.append(_footing(len(found), len(shown), form, missing))
    blocks.append(_page_buttons(form, pages))
    return Message(blocks)


def shared_list(found: Sequence[Backup], form: ListForm, server: Server | None, person: str) -> Message:
    """Return the same page for everybody to read, without buttons."""
    _, form = _within(found, form)
    shown = _page(found, form)
    blocks: list[Block] = [_title(len(found), form, server)]
    blocks += [SectionBlock(text=mrkdwn(words.line(backup, with_server=server is None))) for backup in shown]
    blocks.append(ContextBlock(elements=[mrkdwn(f"Shared by {mention(person)}")]))
    return Message(blocks)


def _within(found: Sequence[Backup], form: ListForm) -> tuple[int, ListForm]:
    """Return how many pages there are, and the form with a page that exists: backups may have gone."""
    pages = max(1, -(-len(found) // PAGE))
    return pages, form.model_copy(update={"page": min(max(form.page, 0), pages - 1)})


def _page(found: Sequence[Backup], form: ListForm) -> list[Backup]:
    first = form.page * PAGE
    return newest_first(list(found))[first : first + PAGE]


def _title(count: int, form: ListForm, server: Server | None) -> SectionBlock:
    kind = f"{form.backup_type} backup" if form.backup_type else "backup"
    where = f"of *{called(server.name)}*" if server else "of all servers"
    return SectionBlock(text=mrkdwn(f"*{counted(count, kind)}* {where}"))


def _filters(form: ListForm, server: Server | None) -> ActionsBlock:
    chosen = Option(text=plain(label(server.name, 75)), value=str(server.id)) if server else None
    types = [Option(text=plain(text), value=value) for text, value in _TYPES]
    current = next(option for option in types if option.value == (form.backup_type or ALL))
    return ActionsBlock(
        block_id=form.kept(),
        elements=[
            ExternalDataSelectElement(
                action_id=ids.LIST_SERVER,
                placeholder=plain("All servers"),
                initial_option=chosen,
                min_query_length=0,
            ),
            StaticSelectElement(
                action_id=ids.LIST_TYPE, placeholder=plain("Type"), options=types, initial_option=current
            ),
        ],
    )


def _row(backup: Backup, *, with_server: bool) -> SectionBlock:
    return SectionBlock(
        text=mrkdwn(words.line(backup, with_server=with_server)),
        accessory=OverflowMenuElement(action_id=ids.LIST_ROW, options=_choices(backup)),
    )


def _choices(backup: Backup) -> list[Option]:
    verbs: list[tuple[str, BackupChoice]] = []

    def offer(text: str, verb: str) -> None:
        choice = BackupChoice.model_validate(
            {"verb": verb, "server_id": backup.server.id, "backup_id": backup.id}
        )
        verbs.append((text, choice))

    if backup.is_complete:
        offer("Restore…", "restore")
    if not backup.is_final:
        offer("Tell me when it ends", "watch")
    offer("Delete…", "delete")
    return [Option(text=plain(text), value=choice.option()) for text, choice in verbs]


def _footing(count: int, shown: int, form: ListForm, missing: int) -> ContextBlock:
    first = form.page * PAGE
    parts = [f"{first + 1}–{first + shown} of {count}, newest first"] if shown else ["Nothing to show"]
    if missing:
        parts.append(f"VPS.org counts {missing} more that it did not show")
    return ContextBlock(elements=[mrkdwn(" · ".join(parts))])


def _page_buttons(form: ListForm, pages: int) -> ActionsBlock:
    buttons = []
    if form.page > 0:
        buttons.append(_turning("Newer", ids.LIST_PREVIOUS, form, -1))
    if form.page < pages - 1:
        buttons.append(_turning("Older", ids.LIST_NEXT, form, +1))
    share = ButtonElement(text=plain("Share in channel"), action_id=ids.LIST_SHARE, value=form.kept())
    return ActionsBlock(elements=[*buttons, share])


def _turning(text: str, action_id: str, form: ListForm, by: int) -> ButtonElement:
    turned = form.model_copy(update={"page": form.page + by})
    return ButtonElement(text=plain(text), action_id=action_id, value=turned.kept())
