"""The menu, the help, and the list of backups: newest first, ten a page, with filters."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import get_args

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ExternalDataSelectElement,
    HeaderBlock,
    InteractiveElement,
    Option,
    OverflowMenuElement,
    SectionBlock,
    StaticSelectElement,
)

from bot.backups import chart_messages, messages
from bot.backups.api import BackupList
from bot.backups.model import Backup, by_day, newest, newest_by_server
from bot.operations.model import NEED_A_COMPLETE_BACKUP
from bot.servers.model import Server
from bot.servers.views import ALL, option
from bot.slack import ids
from bot.slack.forms import BackupChoice, ListForm
from bot.slack.message import Message, context, mrkdwn, plain, section
from bot.slack.messages import ELSEWHERE
from bot.slack.newer_blocks import BarChartBlock
from bot.verbs import CHANGING, USAGES, ConfirmedVerb, Verb

PAGE = 10
DAYS = 14
"""Days of which a server's list has a chart."""
_TYPES = (("All types", ALL), ("Manual", "manual"), ("Automatic", "automatic"))


def menu(able: Set[Verb], operators: Sequence[str] = ()) -> Message:
    """Return what the person can do as buttons; `operators` are those who can do more, if others can."""
    return Message([section(messages.MENU), *offers(able, operators)])


def overview(able: Set[Verb], operators: Sequence[str] = ()) -> Message:
    """Return what each verb does, those that look apart from those that change something."""
    groups = [
        messages.help_group(title, [verb for verb in USAGES if (verb in CHANGING) is changes])
        for title, changes in ((messages.LOOK, False), (messages.CHANGE, True))
    ]
    blocks: list[Block] = [section(group) for group in groups]
    blocks.append(context(ELSEWHERE))
    return Message([*blocks, *offers(able, operators)])


def explained(verb: Verb, able: Set[Verb]) -> Message:
    """Return what one verb does, with an example, and a button if the person can do it."""
    blocks: list[Block] = [section(messages.help_text(verb))]
    return Message([*blocks, *_verb_buttons(able & {verb})])


def backup_list(
    listing: BackupList,
    form: ListForm,
    server: Server | None,
    now: datetime,
    zone: tzinfo = UTC,
    *,
    can_create: bool = False,
    can_share: bool = True,
) -> Message:
    """Return one page of a server's backups; without a server, of the servers with the newest of each.

    `zone` is the person's own. `can_create`: they can back up the server. `can_share`: there is a channel to
    show it in.
    """
    page = _page(listing, form, server)
    blocks: list[Block] = [*_top(listing, form, server)]
    if server and not page.form.page:
        blocks += _last_days(listing, form, now.astimezone(zone).date(), zone)
    blocks.append(_filters(page.form, server, can_create=can_create))
    if server:
        blocks += [_row(backup) for backup in page.rows]
    else:
        blocks += [_server_row(backup, page) for backup in page.rows]
    if not page.rows and not listing.not_shown:
        blocks.append(section(messages.no_backups(form.backup_type)))
    if part := _range(listing, page):
        blocks.append(context(part))
    return Message([*blocks, *_page_buttons(page, can_share=can_share)])


def shared_list(listing: BackupList, form: ListForm, server: Server | None, person: str) -> Message:
    """Return the same page for everybody to read, without buttons."""
    page = _page(listing, form, server)
    lines = [messages.row(each) if server else messages.server_row(each) for each in page.rows]
    blocks: list[Block] = [*_top(listing, form, server)]
    blocks += [section(line) for line in lines]
    return Message([*blocks, context(messages.shared_by(person, _range(listing, page)))])


@dataclass(frozen=True)
class _Page:
    """The part of a list that is shown: backups, newest first, and of how many rows.

    `form` has the page that exists; `counts` are, by server id, how many backups there are in all.
    """

    rows: list[Backup]
    count: int
    form: ListForm
    counts: Mapping[int, int]

    @property
    def is_last(self) -> bool:
        """True if nothing older follows."""
        return (self.form.page + 1) * PAGE >= self.count


def _page(listing: BackupList, form: ListForm, server: Server | None) -> _Page:
    found = listing.backups if server else newest_by_server(listing.backups)
    # Backups may have gone since the page was asked for.
    last = max(0, (len(found) - 1) // PAGE)
    there = form.model_copy(update={"page": min(max(form.page, 0), last)})
    first = there.page * PAGE
    counts = Counter() if server else Counter(backup.server.id for backup in listing.backups)
    return _Page(newest(found, first + PAGE)[first:], len(found), there, counts)


def offers(able: Set[Verb], operators: Sequence[str]) -> list[Block]:
    """Return what the person can do as buttons, and who can do more if they can only look."""
    hint = [] if able & CHANGING else [context(messages.only_looking(operators))]
    return [*hint, *_verb_buttons(able)]


def _verb_buttons(able: Set[Verb]) -> list[Block]:
    buttons = [
        ButtonElement(text=plain(usage.button), action_id=ids.ask_for(verb), style=usage.style)
        for verb, usage in USAGES.items()
        if usage.button and verb in able
    ]
    return [ActionsBlock(elements=buttons)] if buttons else []


def _top(listing: BackupList, form: ListForm, server: Server | None) -> list[Block]:
    title = messages.list_title(form.backup_type, server.name if server else None)
    return [HeaderBlock(text=plain(title)), context(_summary(listing, form, server))]


def _summary(listing: BackupList, form: ListForm, server: Server | None) -> str:
    backups, is_partial = listing.backups, listing.not_shown > 0
    if server is None:
        servers = len({backup.server.id for backup in backups})
        return messages.all_summary(len(backups), form.backup_type, servers, is_partial=is_partial)
    newest_at = max((backup.created_at for backup in backups), default=None)
    manual = None if form.backup_type == "automatic" else sum(backup.is_manual for backup in backups)
    return messages.summary(
        len(backups), form.backup_type, manual, newest_at, server.status, is_partial=is_partial
    )


def _range(listing: BackupList, page: _Page) -> str:
    return messages.page_range(
        page.form.page * PAGE, len(page.rows), page.count, listing.not_shown, listing.unreadable
    )


def _last_days(listing: BackupList, form: ListForm, today: date, zone: tzinfo) -> list[Block]:
    """Return the last days as a chart and in words, if all that is left of them is known."""
    days = by_day(listing.backups, today, zone, DAYS)
    if listing.not_shown or form.backup_type == "manual" or all(day.is_empty for day in days):
        return []
    series = {
        chart_messages.COMPLETE: [day.complete for day in days],
        chart_messages.FAILED: [day.failed for day in days],
        chart_messages.UNFINISHED: [day.unfinished for day in days],
    }
    chart = BarChartBlock(
        title=chart_messages.title(days, form.backup_type),
        categories=[chart_messages.day_label(each.day) for each in days],
        series={
            name: values for name, values in series.items() if any(values) or name == chart_messages.COMPLETE
        },
        x_label=chart_messages.zone_label(zone),
    )
    return [chart, context(chart_messages.summary(days))]


def _filters(form: ListForm, server: Server | None, *, can_create: bool) -> ActionsBlock:
    types = [Option(text=plain(text), value=value) for text, value in _TYPES]
    current = next(each for each in types if each.value == (form.backup_type or ALL))
    elements: list[InteractiveElement] = [
        ExternalDataSelectElement(
            action_id=ids.LIST_SERVER,
            placeholder=plain("All servers"),
            initial_option=option(server) if server else None,
            min_query_length=0,
        ),
        StaticSelectElement(
            action_id=ids.LIST_TYPE, placeholder=plain("Type"), options=types, initial_option=current
        ),
    ]
    if server and can_create:
        create = USAGES[Verb.CREATE]
        elements.append(
            ButtonElement(
                text=plain(create.button),
                action_id=ids.SERVER_CREATE,
                value=str(server.id),
                style=create.style,
            )
        )
    return ActionsBlock(block_id=form.as_json(), elements=elements)


def _row(backup: Backup) -> SectionBlock:
    return SectionBlock(
        text=mrkdwn(messages.row(backup)),
        accessory=OverflowMenuElement(action_id=ids.LIST_ROW, options=_choices(backup)),
    )


def _server_row(backup: Backup, page: _Page) -> SectionBlock:
    own = ListForm(server_id=backup.server.id, backup_type=page.form.backup_type)
    label = messages.open_list(page.counts[backup.server.id])
    button = ButtonElement(text=plain(label), action_id=ids.LIST_OPEN, value=own.as_json())
    return section(messages.server_row(backup), button)


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


def _page_buttons(page: _Page, *, can_share: bool) -> list[Block]:
    buttons: list[InteractiveElement] = []
    if page.form.page > 0:
        buttons.append(_page_button("◀ Newer", ids.LIST_PREVIOUS, page.form, -1))
    if not page.is_last:
        buttons.append(_page_button("Older ▶", ids.LIST_NEXT, page.form, +1))
    if can_share:
        value = page.form.as_json()
        buttons.append(ButtonElement(text=plain("Show in channel"), action_id=ids.LIST_SHARE, value=value))
    return [ActionsBlock(elements=buttons)] if buttons else []


def _page_button(text: str, action_id: str, form: ListForm, by: int) -> ButtonElement:
    other = form.model_copy(update={"page": form.page + by})
    return ButtonElement(text=plain(text), action_id=action_id, value=other.as_json())
