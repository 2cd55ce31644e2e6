"""Stacks of modals, and Homes: opening, pushing, updating, closing, with Slack's refusals."""

from secrets import token_urlsafe
from uuid import uuid4

from bot.sandbox.slack.block_kit import view_problems
from bot.sandbox.slack.form_state import initial_values, with_ids
from bot.sandbox.slack.workspace import Change, Json, OpenView, Workspace

DEEPEST_STACK = 3
_OPTIONAL: Json = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "submit": None,
    "close": None,
}


_HOME_TITLE: Json = {"title": {"type": "plain_text", "text": "View Title", "emoji": True}}
"""Nobody gives a Home a title, nor sees one: Slack answers this."""


class ViewRefused(Exception):
    """A view can't be shown. `str()` is Slack's error name, `messages` its explanations."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.messages = messages or []


def stack_of(workspace: Workspace, person: str) -> list[OpenView]:
    """The person's open modals, the visible one last."""
    return workspace.modals.setdefault(person, [])


def find_view(workspace: Workspace, view_id: object = None, external_id: object = None) -> OpenView:
    """An open modal by either id.

    Raises:
        ViewRefused: `not_found`.
    """
    for stack in workspace.modals.values():
        for view in stack:
            if view.id == view_id or (external_id and view.payload["external_id"] == external_id):
                return view
    raise ViewRefused("not_found")


def checked(workspace: Workspace, payload: object, kind: str) -> Json:
    """A view the bot sent, with every id and default filled in.

    Raises:
        ViewRefused: it breaks a rule or a limit of Slack's.
    """
    if not isinstance(payload, dict):
        raise ViewRefused("invalid_arguments", ["[ERROR] must provide an object [json-pointer:/view]"])
    problems = view_problems(payload, newer=not workspace.faults.newer_blocks_refused)
    if payload.get("type") != kind:
        problems.append(f"must be of type {kind} [json-pointer:/view/type]")
    if any(problem.startswith("view_too_large") for problem in problems):
        raise ViewRefused("view_too_large")
    if problems:
        raise ViewRefused("invalid_arguments", [f"[ERROR] {problem}" for problem in problems])
    _refuse_duplicate(workspace, payload)
    return _OPTIONAL | payload | {"blocks": with_ids(payload["blocks"])}


def _refuse_duplicate(workspace: Workspace, payload: Json) -> None:
    external_id = payload.get("external_id")
    open_views = (view for stack in workspace.modals.values() for view in stack)
    if external_id and any(view.payload is not payload and _is(view, external_id) for view in open_views):
        raise ViewRefused("duplicate_external_id")


def _is(view: OpenView, external_id: object) -> bool:
    return bool(view.payload["external_id"] == external_id)


def push(workspace: Workspace, person: str, payload: object) -> OpenView:
    """Show a new modal on top of the person's stack.

    Raises:
        ViewRefused: it is wrong, or three are open already.
    """
    view_payload = checked(workspace, payload, "modal")
    stack = stack_of(workspace, person)
    if len(stack) >= DEEPEST_STACK:
        raise ViewRefused("push_limit_reached")
    view_id = f"V{uuid4().hex[:10].upper()}"
    view = OpenView(
        id=view_id,
        person=person,
        payload=view_payload,
        hash=new_hash(workspace),
        root_id=stack[0].id if stack else view_id,
        previous_id=stack[-1].id if stack else None,
        values=initial_values(view_payload["blocks"]),
    )
    stack.append(view)
    workspace.changed(Change("modal", person=person))
    return view


def update(workspace: Workspace, view: OpenView, payload: object, view_hash: object = None) -> OpenView:
    """Replace an open modal's content; values stay where block and action ids do.

    Raises:
        ViewRefused: it is wrong, or `view_hash` is not the current one.
    """
    if view_hash and view_hash != view.hash:
        raise ViewRefused("hash_conflict")
    known, view.payload = view.payload, view.payload | {"external_id": ""}
    try:
        view.payload = checked(workspace, payload, "modal")
    except ViewRefused:
        view.payload = known
        raise
    view.values = initial_values(view.payload["blocks"], view.values)
    view.errors, view.trouble = {}, None
    view.hash = new_hash(workspace)
    workspace.changed(Change("modal", person=view.person))
    return view


def close(workspace: Workspace, view: OpenView, *, all_of_them: bool = False) -> None:
    """Close a modal, or the person's whole stack."""
    stack = stack_of(workspace, view.person)
    if all_of_them:
        stack.clear()
    elif view in stack:
        stack.remove(view)
    workspace.changed(Change("modal", person=view.person))


def publish(workspace: Workspace, person: str, payload: object, view_hash: object = None) -> Json:
    """Show a person's Home, and give it as `views.publish` answers it.

    Raises:
        ViewRefused: it is wrong, Home is off, or `view_hash` is not the current one.
    """
    if not workspace.app.home_tab_enabled:
        raise ViewRefused("not_enabled")
    view_payload = checked(workspace, payload, "home")
    current = workspace.homes.get(person)
    if view_hash and current and current["hash"] != view_hash:
        raise ViewRefused("hash_conflict")
    view_id = current["id"] if current else f"V{uuid4().hex[:10].upper()}"
    values = initial_values(view_payload["blocks"])
    ids: Json = {
        "id": view_id,
        "hash": new_hash(workspace),
        "root_view_id": view_id,
        "previous_view_id": None,
    }
    home = _HOME_TITLE | _described(workspace, view_payload) | ids | {"state": {"values": values}}
    workspace.homes[person] = home
    workspace.chosen[person, view_id] = values
    workspace.changed(Change("home", person=person))
    return home


def view_json(workspace: Workspace, view: OpenView) -> Json:
    """An open modal as methods answer it and payloads carry it."""
    return _described(workspace, view.payload) | {
        "id": view.id,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": view.values},
    }


def new_hash(workspace: Workspace) -> str:
    """A hash no view had before."""
    return f"{int(workspace.now())}.{token_urlsafe(6)}"


def _described(workspace: Workspace, payload: Json) -> Json:
    app = workspace.app
    ids = {
        "team_id": app.team_id,
        "app_id": app.id,
        "app_installed_team_id": app.team_id,
        "bot_id": app.bot_id,
    }
    return payload | ids
