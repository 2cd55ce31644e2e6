"""The modals: what to back up, which backup to take, and what will be lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ContextBlock,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.backups import messages
from bot.backups.model import Backup, newest_first
from bot.operations.messages import waiting_for
from bot.operations.model import NEED_A_COMPLETE_BACKUP
from bot.operations.progress import Ahead
from bot.servers.model import Server
from bot.servers.views import option
from bot.slack import ids
from bot.slack.forms import BackupChoice, ConfirmForm, CreateForm, PickForm
from bot.slack.message import mrkdwn, plain
from bot.slack.text import plain_label
from bot.verbs import ConfirmedVerb

REASON_LIMIT = 200
MOST_OPTIONS = 100


def loading(verb: ConfirmedVerb) -> View:
    """Return what is seen while VPS.org is asked, since a trigger dies after 3 s."""
    return _modal(ids.NOTE_MODAL, messages.title(verb), [SectionBlock(text=mrkdwn(messages.ASKING))])


def create_form(form: CreateForm, server: Server | None, reason: str = "") -> View:
    """Return the form that makes a backup."""
    picker = InputBlock(block_id=ids.SERVER, label=plain("Server"), element=_server_select(server))
    blocks = [picker, _reason_input(reason)]
    return _modal(
        ids.CREATE_MODAL, messages.MAKE_TITLE, blocks, submit="Back up", private_metadata=form.as_json()
    )


def pick_form(form: PickForm, server: Server | None, found: Sequence[Backup] | None) -> View:
    """Return the form that picks a backup: the server first, then one of its backups."""
    # Outside an input: then Slack tells of the choice at once, and needs no submit.
    picker = SectionBlock(block_id=ids.SERVER, text=mrkdwn("*Server*"), accessory=_server_select(server))
    blocks: list[Block] = [picker]
    options = _backup_options(form, found or [])
    if options:
        select = StaticSelectElement(
            action_id=ids.BACKUP, placeholder=plain("Choose a backup"), options=options
        )
        # Another block id for each server, so that Slack forgets a choice of another server's backup.
        block_id = f"{ids.BACKUP}:{form.server_id}"
        blocks.append(InputBlock(block_id=block_id, label=plain("Backup"), element=select))
    elif server and found is not None:
        blocks.append(SectionBlock(text=mrkdwn(messages.nothing_to(form.verb, server.name))))
    submit = "Next" if options else ""
    title = messages.title(form.verb)
    return _modal(ids.PICK_MODAL, title, blocks, submit=submit, private_metadata=form.as_json())


@dataclass(frozen=True)
class Confirmation:
    """What a person is shown before they confirm: the backup as it is now, and what else they should know.

    `last_good`: no other complete backup is left, as far as VPS.org showed them if `is_list_partial`. `ahead`
    runs on the server now. One of `approvers` must approve first, if there are any.
    """

    backup: Backup
    now: datetime
    last_good: bool = False
    is_list_partial: bool = False
    offers_safety_backup: bool = False
    ahead: Ahead | None = None
    approvers: Sequence[str] = ()
    reason: str = ""


def confirm_form(verb: ConfirmedVerb, channel: str, shown: Confirmation) -> View:
    """Return what exactly will be lost; the server's name must be typed to go on."""
    backup = shown.backup
    consequence = messages.consequence(
        verb, backup, shown.now, last_good=shown.last_good, is_list_partial=shown.is_list_partial
    )
    blocks: list[Block] = [SectionBlock(text=mrkdwn(consequence)), _context(messages.about(backup))]
    if shown.ahead:
        blocks.append(_context(waiting_for(shown.ahead)))
    if shown.approvers:
        blocks.append(_context(messages.needs_approval(shown.approvers)))
    if shown.offers_safety_backup:
        blocks.append(_safety_input())
    blocks += [_reason_input(shown.reason), _name_input(backup.server.name)]
    form = ConfirmForm(
        verb=verb,
        channel=channel,
        server_id=backup.server.id,
        backup_id=backup.id,
        backup_moment=backup.created_at,
        shown_at=shown.now,
    )
    submit = messages.submit(verb, needs_approval=bool(shown.approvers))
    title = messages.title(verb)
    return _modal(ids.CONFIRM_MODAL, title, blocks, submit=submit, private_metadata=form.as_json())


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[mrkdwn(text)])


def _name_input(name: str) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.TYPED_NAME, placeholder=plain(plain_label(name, 150)))
    return InputBlock(block_id=ids.TYPED_NAME, label=plain(messages.type_name(name)), element=element)


def _safety_input() -> InputBlock:
    ticked = Option(
        text=plain(messages.SAFETY_BACKUP),
        value=ids.SAFETY,
        description=plain(messages.SAFETY_CONDITION),
    )
    element = CheckboxesElement(action_id=ids.SAFETY, options=[ticked], initial_options=[ticked])
    label = plain(messages.SAFETY_NET)
    return InputBlock(block_id=ids.SAFETY, label=label, element=element, optional=True)


def _server_select(server: Server | None) -> ExternalDataSelectElement:
    return ExternalDataSelectElement(
        action_id=ids.SERVER,
        placeholder=plain("Choose a server"),
        initial_option=option(server) if server else None,
        min_query_length=0,
    )


def _reason_input(reason: str) -> InputBlock:
    element = PlainTextInputElement(
        action_id=ids.REASON, initial_value=reason[:REASON_LIMIT] or None, max_length=REASON_LIMIT
    )
    return InputBlock(block_id=ids.REASON, label=plain(messages.REASON), element=element, optional=True)


def _backup_options(form: PickForm, found: Sequence[Backup]) -> list[Option]:
    usable = [backup for backup in found if backup.is_complete or form.verb not in NEED_A_COMPLETE_BACKUP]
    return [
        Option(
            text=plain(messages.option_label(backup)),
            value=BackupChoice(verb=form.verb, server_id=backup.server.id, backup_id=backup.id).as_option(),
        )
        for backup in newest_first(usable)[:MOST_OPTIONS]
    ]


def _modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    private_metadata: str = "",
) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit) if submit else None,
        close=plain("Cancel" if submit else "Close"),
        blocks=list(blocks),
        private_metadata=private_metadata or None,
    )
