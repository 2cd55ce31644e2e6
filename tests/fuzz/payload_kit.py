"""One of every payload that the bot hears, as Slack would send it."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Kind
from bot.sandbox.slack.modals import view_json
from bot.sandbox.slack.workspace import Json, Message, OpenView, Values
from bot.slack import ids
from bot.slack.forms import (
    AgainForm,
    AuditForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    ListForm,
    NoteForm,
    OperationForm,
    PickForm,
    RequestForm,
    ServersForm,
    StatusForm,
)
from bot.verbs import USAGES, Verb
from tests.world import World

Sent = tuple[Kind, Json]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OPTION = {"text": {"type": "plain_text", "text": "web-1"}, "value": "1"}
CHOICE = BackupChoice(verb=Verb.DELETE, server_id=1, backup_id=5001).as_option()
REQUEST = RequestForm(operation="1:delete:1", shown="0").as_json()

COMMANDS = [
    "",
    "list",
    "list web-1 --type manual",
    "delete 5001",
    "restore web-1",
    "restore",
    "create",
    "status",
    "servers",
    "audit",
    "audit web-1 <@UANA> 7d",
    "help",
    "help restore",
    "creat",
]

BUTTONS = {
    **{ids.ask_for(verb): "x" for verb, usage in USAGES.items() if usage.button},
    ids.LIST_NEXT: ListForm(page=1).as_json(),
    ids.LIST_PREVIOUS: ListForm(server_id=1).as_json(),
    ids.LIST_SHARE: ListForm().as_json(),
    ids.DELETE_OLDEST: AgainForm(verb=Verb.CREATE, server_id=1).as_json(),
    ids.LIST_OPEN: ListForm(server_id=1).as_json(),
    ids.SERVERS_NEXT: ServersForm(part="web", page=1).as_json(),
    ids.run_command(0): 'delete "5001"',
    ids.run_command(ids.MOST_COMMANDS): "list web-1",
    ids.TRY_AGAIN: AgainForm(verb=Verb.RESTORE, server_id=1, backup_id=5001).as_json(),
    ids.SERVER_BACKUPS: "1",
    ids.SERVER_CREATE: "1",
    ids.APPROVE: REQUEST,
    ids.DECLINE: REQUEST,
    ids.OPEN_LINK: "",
    ids.USE_BACKUP: CHOICE,
    ids.UNDO: CHOICE,
    ids.CANCEL: OperationForm(operation="1:create:1").as_json(),
    ids.REFRESH_STATUS: StatusForm(server_id=1).as_json(),
    ids.AUDIT_NEWER: AuditForm(after=1).as_json(),
    ids.AUDIT_DETAILS: "101:delete:view:V1",
    ids.AUDIT_ALL: AuditForm().as_json(),
    ids.AUDIT_EXPORT: AuditForm().as_json(),
    ids.AUDIT_OLDER: AuditForm(server="web-1", before=9, since=NOW).as_json(),
    "unknown": "x",
}
"""What each button carries."""

MENUS = {
    ids.LIST_ROW: CHOICE,
    ids.REQUEST_MENU: "withdrawn:0:1:delete:1",
    ids.CANCEL: OperationForm(operation="1:create:1").as_json(),
    ids.LIST_TYPE: "manual",
    ids.LIST_SERVER: "1",
    ids.AUDIT_SERVER: "1",
    ids.AUDIT_PERSON: "UANA",
    ids.AUDIT_SINCE: "9999999999999",
}


def modals() -> dict[str, str]:
    """Return what each modal remembers."""
    confirm = ConfirmForm(
        verb=Verb.DELETE,
        channel="COPS",
        server_id=1,
        server_name="web-1",
        backup_id=5001,
        backup_moment=NOW,
        shown_at=NOW,
    )
    return {
        ids.CREATE_MODAL: CreateForm(channel="COPS").as_json(),
        ids.PICK_MODAL: PickForm(verb=Verb.RESTORE, channel="COPS", server_id=1).as_json(),
        ids.CONFIRM_MODAL: confirm.as_json(),
        ids.DECLINE_MODAL: REQUEST,
        ids.BREAK_GLASS_MODAL: REQUEST,
        ids.NOTE_MODAL: NoteForm(command="list web-1", channel="COPS").as_json(),
        "unknown": "",
    }


class Everything:
    """Payloads of a person in a world, each made anew with ids of its own."""

    def __init__(self, world: World, handle: str) -> None:
        self._workspace = world.workspace
        self._urls = world.sandbox.slack._response_urls
        self._person = world.person(handle).person
        self._ops = world.workspace.channels["COPS"]

    def kinds(self) -> list[Callable[[], Sent]]:
        """Return a maker of each."""
        return [
            *(lambda text=text: self.command(text) for text in COMMANDS),
            *(lambda name=name: self.button(name) for name in BUTTONS),
            *(lambda name=name: self.menu(name) for name in MENUS),
            *(lambda name=name: self.submission(name) for name in modals()),
            *(lambda name=name: self.closed(name) for name in modals()),
            *(lambda name=name: self.suggestion(name) for name in (ids.SERVER, ids.LIST_SERVER, "unknown")),
            self.server_chosen,
            self.shortcut,
            self.message_shortcut,
            *(lambda kind=kind: self.event(kind) for kind in ("app_mention", "message", "app_home_opened")),
        ]

    def command(self, text: str) -> Sent:
        """`/backup …`."""
        url = self._urls.mint(self._person.id, self._ops.id)
        return "slash_commands", payloads.slash(
            self._workspace, self._person, self._ops, "/backup", text, url
        )

    def button(self, name: str) -> Sent:
        """A click on a button in a message."""
        return self._acted({"type": "button", "action_id": name, "block_id": "b", "value": BUTTONS[name]})

    def menu(self, name: str) -> Sent:
        """A choice in a message."""
        block_id = ListForm(server_id=1).as_json()
        chosen = OPTION | {"value": MENUS[name]}
        return self._acted({"action_id": name, "block_id": block_id, "selected_option": chosen})

    def server_chosen(self) -> Sent:
        """A choice in the form that picks a backup."""
        action = {"action_id": ids.SERVER, "block_id": "b", "selected_option": OPTION}
        view = view_json(self._workspace, self._view(ids.PICK_MODAL))
        return "interactive", payloads.view_actions(self._workspace, self._person, view, action)

    def submission(self, name: str) -> Sent:
        """A form that is sent."""
        return "interactive", payloads.submission(self._workspace, self._person, self._view(name))

    def closed(self, name: str) -> Sent:
        """A form that is closed."""
        view = self._view(name)
        return "interactive", payloads.closed(self._workspace, self._person, view, is_cleared=False)

    def suggestion(self, name: str) -> Sent:
        """A question for options."""
        where: Json = {
            "container": {"type": "view"},
            "view": view_json(self._workspace, self._view(ids.CREATE_MODAL)),
        }
        return "interactive", payloads.suggestion(self._workspace, self._person, where, "b", name, "we")

    def shortcut(self) -> Sent:
        """The shortcut of the composer."""
        payload = payloads.global_shortcut(self._workspace, self._person, ids.MENU_SHORTCUT)
        return "interactive", payload

    def message_shortcut(self) -> Sent:
        """A shortcut of a message, which the bot has none of."""
        payload = payloads.message_shortcut(self._workspace, self._person, "any", self._message(), "")
        return "interactive", payload

    def event(self, kind: str) -> Sent:
        """Something that happened."""
        said = payloads.said(self._workspace, self._message(), kind)
        return "events_api", payloads.event(self._workspace, said)

    def _acted(self, action: Json) -> Sent:
        message = self._message()
        url = self._urls.mint(self._person.id, self._ops.id)
        return "interactive", payloads.message_actions(self._workspace, self._person, message, action, url)

    def _message(self) -> Message:
        return Message("COPS", self._workspace.next_ts(), "U0BACKUPBOT", "hi", by_bot=True)

    def _view(self, name: str) -> OpenView:
        payload: Json = {
            "type": "modal",
            "callback_id": name,
            "private_metadata": modals()[name],
            "external_id": "",
            "blocks": [],
        }
        values: Values = {
            ids.SERVER: {ids.SERVER: {"type": "external_select", "selected_option": OPTION}},
            ids.BACKUP: {
                ids.BACKUP: {"type": "static_select", "selected_option": OPTION | {"value": CHOICE}}
            },
            ids.REASON: {ids.REASON: {"type": "plain_text_input", "value": "why"}},
            ids.TYPED_NAME: {ids.TYPED_NAME: {"type": "plain_text_input", "value": "web-2"}},
            ids.SAFETY: {ids.SAFETY: {"type": "checkboxes", "selected_options": []}},
        }
        view_id = f"V{self._workspace.next_ts()}"
        return OpenView(view_id, self._person.id, payload, "1.a", view_id, values=values)
