"""The forms that ask what to back up, and which backup to take."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import islice

from slack_sdk.models.blocks import (
    Block,
    ConversationFilter,
    ConversationSelectElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    OptionGroup,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.backups import messages
from bot.backups.model import Backup, newest_first
from bot.batches.model import MOST_SERVERS
from bot.operations.model import NEED_A_COMPLETE_BACKUP
from bot.servers.model import Server
from bot.servers.views import option, options
from bot.slack import ids
from bot.slack.forms import REASON_LIMIT, BackupChoice, CreateForm, PickForm, PlacedForm
from bot.slack.message import mrkdwn, plain, section
from bot.slack.messages import ASKING
from bot.verbs import ChangingVerb, ConfirmedVerb

MOST_OPTIONS = 100
MOST_SEARCHED = 300
"""Characters of a description in which words are looked for."""


def loading(verb: ChangingVerb) -> View:
    """Return what is seen while VPS.org is asked, since a trigger dies after 3 s."""
    return modal(ids.NOTE_MODAL, messages.title(verb), [section(ASKING)])


def create_form(
    form: CreateForm,
    servers: Sequence[Server],
    reason: str = "",
    fitting: Sequence[str] = (),
    *,
    needs_reason: bool = False,
) -> View:
    """Return the form that makes backups; `needs_reason` if somebody must judge it.

    `fitting` are the patterns and groups that these servers fit.
    """
    element = ExternalDataMultiSelectElement(
        action_id=ids.SERVER,
        placeholder=plain("Choose servers"),
        initial_options=options(servers) or None,
        min_query_length=0,
        max_selected_items=MOST_SERVERS,
    )
    picker = InputBlock(block_id=ids.SERVER, label=plain("Servers"), element=element)
    blocks: list[Block] = [picker, reason_input(reason, is_needed=needs_reason), *place_input(form)]
    if fitting:
        blocks.insert(0, section(messages.fitting(fitting, len(servers))))
    return modal(
        ids.CREATE_MODAL,
        messages.MAKE_SEVERAL_TITLE if fitting else messages.MAKE_TITLE,
        blocks,
        submit="Back up",
        private_metadata=form.as_json(),
    )


def pick_form(
    form: PickForm, server: Server | None, found: Sequence[Backup] | None, missed: datetime | None = None
) -> View:
    """Return the form that picks a backup: the server first, then one of its backups.

    `missed`: none was found before that moment.
    """
    # Outside an input: then Slack tells of the choice at once, and needs no submit.
    picker = SectionBlock(block_id=ids.SERVER, text=mrkdwn("*Server*"), accessory=_server_select(server))
    blocks: list[Block] = [picker]
    if server and missed:
        blocks.append(section(messages.none_before(form.verb, server.name, missed)))
    has_any = bool(usable_backups(form.verb, found or []))
    if has_any:
        select = ExternalDataSelectElement(
            action_id=ids.BACKUP, placeholder=plain(messages.SEARCH), min_query_length=0
        )
        # Another block id for each server, so that Slack forgets a choice of another server's backup.
        block_id = f"{ids.BACKUP}:{form.server_id}"
        blocks.append(InputBlock(block_id=block_id, label=plain("Backup"), element=select))
    elif server and found is not None:
        blocks.append(section(messages.nothing_to(form.verb, server.name)))
    submit = "Next" if has_any else ""
    title = messages.title(form.verb)
    return modal(ids.PICK_MODAL, title, blocks, submit=submit, private_metadata=form.as_json())


def usable_backups(verb: ConfirmedVerb, found: Sequence[Backup]) -> list[Backup]:
    """Return the backups that can be used for it."""
    return [backup for backup in found if backup.is_complete or verb not in NEED_A_COMPLETE_BACKUP]


def backup_options(
    verb: ConfirmedVerb, found: Sequence[Backup], query: str, now: datetime, zone: tzinfo
) -> list[OptionGroup]:
    """Return the newest backups in which each word of a query is found, grouped by age."""
    words = query.casefold().split()
    groups: dict[str, list[Option]] = {}
    fitting = (each for each in newest_first(usable_backups(verb, found)) if _fits(each, words, zone))
    for backup in islice(fitting, MOST_OPTIONS):
        choice = BackupChoice(verb=verb, server_id=backup.server.id, backup_id=backup.id)
        option = Option(text=plain(messages.option_label(backup, now, zone)), value=choice.as_option())
        groups.setdefault(messages.age_group(backup.created_at, now, zone), []).append(option)
    return [OptionGroup(label=plain(label), options=options) for label, options in groups.items()]


def _fits(backup: Backup, words: Sequence[str], zone: tzinfo) -> bool:
    """Tell whether each word is found in a backup's date, number, type or description."""
    if not words:
        return True
    there = backup.created_at.astimezone(zone)
    # Such as "2026-11-23 09:17:00+01:00 Mon Nov 23 09:17:00 2026"; faster than to format it oneself.
    when = f"{there} {there.ctime()}"
    known = f"{when} {backup.id} {backup.backup_type} {backup.description[:MOST_SEARCHED]}".casefold()
    return all(word in known for word in words)


def _server_select(server: Server | None) -> ExternalDataSelectElement:
    return ExternalDataSelectElement(
        action_id=ids.SERVER,
        placeholder=plain("Choose a server"),
        initial_option=option(server) if server else None,
        min_query_length=0,
    )


def reason_input(reason: str, *, is_needed: bool = False) -> InputBlock:
    """Return the field for the reason; `is_needed` if somebody must judge it."""
    element = PlainTextInputElement(
        action_id=ids.REASON, initial_value=reason[:REASON_LIMIT] or None, max_length=REASON_LIMIT
    )
    label = plain(messages.REASON)
    return InputBlock(block_id=ids.REASON, label=label, element=element, optional=not is_needed)


def place_input(form: PlacedForm) -> list[InputBlock]:
    """Return the field for the channel in which it is told, if the form was opened in none."""
    if not form.is_in_no_channel:
        return []
    channels = ConversationFilter(include=["public", "private"], exclude_bot_users=True)
    select = ConversationSelectElement(
        action_id=ids.CHANNEL, placeholder=plain(messages.NO_CHANNEL), filter=channels
    )
    label, hint = plain(messages.CHANNEL), plain(messages.CHANNEL_HINT)
    return [InputBlock(block_id=ids.CHANNEL, label=label, hint=hint, element=select, optional=True)]


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    private_metadata: str = "",
) -> View:
    """Return a modal, which can only be closed if its button says nothing."""
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit) if submit else None,
        close=plain("Cancel" if submit else "Close"),
        blocks=list(blocks),
        private_metadata=private_metadata or None,
    )
