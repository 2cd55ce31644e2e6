"""The modals: what to back up, which backup to take, and what will be lost."""

from collections.abc import Sequence
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

from bot.backups.model import Backup, newest_first
from bot.backups.views import words
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import BackupChoice, ConfirmForm, CreateForm, PickForm
from bot.slack.message import mrkdwn, plain
from bot.slack.text import ago, called, label, listed, mention, when

REASON_LIMIT = 200
MOST_OPTIONS = 100
MOST_NAMED = 20
_TITLES = {"delete": "Delete a backup", "restore": "Restore a server"}
_SUBMITS = {"delete": "Delete for ever", "restore": "Restore"}


def loading(verb: str) -> View:
    """Return what is seen while VPS.org is asked, since a trigger dies after 3 s."""
    block = SectionBlock(text=mrkdwn(":hourglass_flowing_sand: Asking VPS.org…"))
    return _modal(ids.NOTE_MODAL, _TITLES[verb], [block])


def create_form(form: CreateForm, server: Server | None, reason: str = "") -> View:
    """Return the form that makes a backup."""
    blocks = [_server_input(server), _reason_input(reason)]
    return _modal(ids.CREATE_MODAL, "Make a backup", blocks, submit="Back up", kept=form.kept())


def pick_form(form: PickForm, server: Server | None, found: Sequence[Backup] | None) -> View:
    """Return the form that picks a backup: the server first, then one of its backups."""
    blocks: list[Block] = [_server_section(server)]
    options = _options(form, found or [])
    if options:
        select = StaticSelectElement(
            action_id=ids.BACKUP, placeholder=plain("Choose a backup"), options=options
        )
        # Another block id for each server, so that Slack forgets a choice of another server's backup.
        blocks.append(
            InputBlock(block_id=f"{ids.BACKUP}:{form.server_id}", label=plain("Backup"), element=select)
        )
    elif server and found is not None:
        text = f"*{called(server.name)}* has no backup to {form.verb}."
        blocks.append(SectionBlock(text=mrkdwn(text)))
    return _modal(
        ids.PICK_MODAL, _TITLES[form.verb], blocks, submit="Next" if options else "", kept=form.kept()
    )


def confirm_form(
    form: ConfirmForm, backup: Backup, *, last_good: bool, busy: str = "", approvers: Sequence[str] = ()
) -> View:
    """Return what exactly will be lost; the server's name must be typed to go on.

    `last_good` warns that no other complete backup is left; `busy` is a sentence on what runs there now;
    `approvers` are those of whom one has to agree first.
    """
    name = called(backup.server.name)
    said = (
        _delete_text(backup, name, last_good=last_good)
        if form.verb == "delete"
        else _restore_text(backup, name)
    )
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(said)),
        ContextBlock(elements=[mrkdwn(f"Backup {words.facts(backup)}")]),
    ]
    if busy:
        blocks.append(ContextBlock(elements=[mrkdwn(busy)]))
    if approvers:
        people = listed([mention(person) for person in approvers[:MOST_NAMED]], "or")
        said = f":raised_hand: Needs a second person: when you submit, I ask {people}."
        blocks.append(ContextBlock(elements=[mrkdwn(said)]))
    blocks.append(_typed_name(backup.server.name))
    if form.verb == "restore":
        blocks.append(_safety())
    blocks.append(_reason_input(""))
    return _modal(ids.CONFIRM_MODAL, _TITLES[form.verb], blocks, submit=_SUBMITS[form.verb], kept=form.kept())


def confirming(form_verb: str, channel: str, backup: Backup, now: datetime) -> ConfirmForm:
    """Return what the confirming modal remembers of the backup it shows."""
    return ConfirmForm.model_validate(
        {
            "verb": form_verb,
            "channel": channel,
            "server_id": backup.server.id,
            "backup_id": backup.id,
            "backup_moment": backup.created_at,
            "shown_at": now,
        }
    )


def _delete_text(backup: Backup, name: str, *, last_good: bool) -> str:
    taken = f"{when(backup.created_at)} ({ago(backup.created_at)})"
    text = f"*Backup {backup.id} of {name}*, taken {taken}, will be deleted *for ever*."
    warning = f"\n:rotating_light: It is the *only complete backup* of {name}."
    return text + (warning if last_good else "")


def _restore_text(backup: Backup, name: str) -> str:
    return (
        f"*{name}* goes back to how it was {when(backup.created_at)} ({ago(backup.created_at)}).\n"
        ":rotating_light: *Everything written to it since then will be lost.*"
    )


def _typed_name(name: str) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.TYPED_NAME, placeholder=plain(label(name, 150)))
    asked = f"Type the server's name, {label(name, 300)}, to confirm"
    return InputBlock(block_id=ids.TYPED_NAME, label=plain(asked), element=element)


def _safety() -> InputBlock:
    option = Option(
        text=plain("Take a safety backup first"),
        value=ids.SAFETY,
        description=plain("The restore starts only when it is seen complete"),
    )
    element = CheckboxesElement(action_id=ids.SAFETY, options=[option], initial_options=[option])
    return InputBlock(block_id=ids.SAFETY, label=plain("Before the restore"), element=element, optional=True)


def _server_input(server: Server | None) -> InputBlock:
    return InputBlock(block_id=ids.SERVER, label=plain("Server"), element=_server_select(server))


def _server_section(server: Server | None) -> SectionBlock:
    """Return the picker outside an input: then Slack tells of the choice at once, and needs no submit."""
    return SectionBlock(block_id=ids.SERVER, text=mrkdwn("*Server*"), accessory=_server_select(server))


def _server_select(server: Server | None) -> ExternalDataSelectElement:
    chosen = Option(text=plain(label(server.name, 75)), value=str(server.id)) if server else None
    return ExternalDataSelectElement(
        action_id=ids.SERVER,
        placeholder=plain("Choose a server"),
        initial_option=chosen,
        min_query_length=0,
    )


def _reason_input(reason: str) -> InputBlock:
    element = PlainTextInputElement(
        action_id=ids.REASON, initial_value=reason[:REASON_LIMIT] or None, max_length=REASON_LIMIT
    )
    return InputBlock(block_id=ids.REASON, label=plain("Why?"), element=element, optional=True)


def _options(form: PickForm, found: Sequence[Backup]) -> list[Option]:
    usable = [backup for backup in found if form.verb == "delete" or backup.is_complete]
    return [
        Option(text=plain(words.option_label(backup)), value=_choice(form, backup).option())
        for backup in newest_first(usable)[:MOST_OPTIONS]
    ]


def _choice(form: PickForm, backup: Backup) -> BackupChoice:
    return BackupChoice(verb=form.verb, server_id=backup.server.id, backup_id=backup.id)


def _modal(
    callback_id: str, title: str, blocks: Sequence[Block], *, submit: str = "", kept: str = ""
) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit) if submit else None,
        close=plain("Cancel" if submit else "Close"),
        blocks=list(blocks),
        private_metadata=kept or None,
    )
