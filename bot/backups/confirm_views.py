"""The form that confirms what destroys data: what will be lost, and what else there is to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from slack_sdk.models.blocks import (
    AlertBlock,
    Block,
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.audit.model import RestoreProof
from bot.backups import messages
from bot.backups.form_views import modal, place_input, reason_input
from bot.backups.model import Backup
from bot.operations.progress import Ahead
from bot.servers.model import MANUAL_SLOTS, Server
from bot.slack import ids
from bot.slack.forms import NAME_KEPT, ConfirmForm
from bot.slack.message import context, mrkdwn, plain
from bot.slack.text import plain_label
from bot.verbs import ChangingVerb


@dataclass(frozen=True)
class Confirmation:
    """What a person is shown before they confirm: the backup as it is now, and what else they should know.

    `zone` is theirs. `has_namesake`: another server has the same name. `last_good`: no other complete backup
    is left, as far as VPS.org showed them if `is_list_partial`. `manual` counts the server's manual backups;
    `spare` is the one that would make room for a safety backup. `usual_seconds` is how long the last backup
    took, if known; `last_restored` is what is known of the server's last restore. `ahead` runs on the server
    now. One of `approvers` must approve first, if there are any; one of `room_approvers` if a backup is to be
    deleted for it.
    """

    server: Server
    backup: Backup
    now: datetime
    zone: tzinfo = UTC
    has_namesake: bool = False
    last_good: bool = False
    is_list_partial: bool = False
    offers_safety_backup: bool = False
    manual: int = 0
    spare: Backup | None = None
    usual_seconds: float | None = None
    last_restored: RestoreProof | None = None
    ahead: Ahead | None = None
    approvers: Sequence[str] = ()
    room_approvers: Sequence[str] = ()
    reason: str = ""

    @property
    def is_full(self) -> bool:
        """True if the server can't have one more manual backup."""
        return self.manual >= MANUAL_SLOTS


def confirm_form(verb: ChangingVerb, channel: str, shown: Confirmation, thread_ts: str = "") -> View:
    """Return what exactly will be lost; the server's name must be typed to go on."""
    lost = messages.consequence(verb, shown.backup, shown.now, shown.zone)
    blocks: list[Block] = [AlertBlock(text=mrkdwn(lost), level="error")]
    if shown.last_good:
        words = messages.only_complete(is_list_partial=shown.is_list_partial)
        blocks.append(AlertBlock(text=mrkdwn(words), level="error"))
    blocks.append(SectionBlock(fields=[mrkdwn(field) for field in _fields(verb, shown)]))
    if shown.offers_safety_backup:
        blocks.append(context(messages.DOWN_MEANWHILE))
        blocks += _safety(shown)
    needs_approval = bool(shown.approvers)
    form = _form(verb, channel, shown, thread_ts)
    blocks += [
        *place_input(form),
        reason_input(shown.reason, is_needed=needs_approval),
        _name_input(shown.server.name),
    ]
    return modal(
        ids.CONFIRM_MODAL,
        messages.title(verb),
        blocks,
        submit=messages.submit(verb, shown.server.name, needs_approval=needs_approval),
        private_metadata=form.as_json(),
    )


def _form(verb: ChangingVerb, channel: str, shown: Confirmation, thread_ts: str) -> ConfirmForm:
    spare = shown.spare if shown.offers_safety_backup and shown.is_full else None
    return ConfirmForm(
        verb=verb,
        channel=channel,
        thread_ts=thread_ts,
        server_id=shown.server.id,
        server_name=shown.server.name[:NAME_KEPT],
        backup_id=shown.backup.id,
        backup_moment=shown.backup.created_at,
        is_full=shown.offers_safety_backup and shown.is_full,
        spare_id=spare and spare.id,
        spare_moment=spare and spare.created_at,
        shown_at=shown.now,
    )


def _fields(verb: ChangingVerb, shown: Confirmation) -> list[str]:
    fields = [
        messages.server_field(shown.server, has_namesake=shown.has_namesake),
        messages.backup_field(verb, shown.backup, shown.now, shown.zone),
        messages.running_field(shown.ahead, shown.now),
    ]
    if shown.offers_safety_backup:
        fields.append(messages.slots_field(shown.manual, MANUAL_SLOTS, is_list_partial=shown.is_list_partial))
        fields.append(messages.proof_field(shown.last_restored, shown.now, shown.zone))
    return [*fields, messages.approval_field(shown.approvers, shown.room_approvers)]


def _safety(shown: Confirmation) -> list[Block]:
    """Return the choice of a safety backup, and of what is deleted for it if the server is full."""
    label, condition = messages.safety_label(shown.usual_seconds), messages.SAFETY_CONDITION
    blocks: list[Block] = [_checkbox(ids.SAFETY, messages.SAFETY_NET, label, condition, is_ticked=True)]
    if shown.is_full and shown.spare:
        which = messages.room_choice(shown.spare, shown.now, shown.zone)
        title = messages.no_slot(MANUAL_SLOTS)
        blocks.append(_checkbox(ids.MAKE_ROOM, title, messages.MAKE_ROOM, which, is_ticked=False))
    elif shown.is_full:
        blocks.append(AlertBlock(text=mrkdwn(messages.NO_ROOM_AT_ALL), level="warning"))
    return blocks


def _checkbox(an_id: str, title: str, label: str, description: str, *, is_ticked: bool) -> InputBlock:
    option = Option(text=plain(label), value=an_id, description=plain(description))
    ticked = [option] if is_ticked else None
    element = CheckboxesElement(action_id=an_id, options=[option], initial_options=ticked)
    return InputBlock(block_id=an_id, label=plain(title), element=element, optional=True)


def _name_input(name: str) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.TYPED_NAME, placeholder=plain(plain_label(name, 150)))
    return InputBlock(block_id=ids.TYPED_NAME, label=plain(messages.type_name(name)), element=element)
