"""`views.*`: modals and Homes."""

from bot.sandbox.slack import modals
from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.modals import ViewRefused
from bot.sandbox.slack.workspace import Json, OpenView


def _open(call: Call) -> Json:
    modals.checked(call.workspace, call.args.get("view"), "modal")
    trigger = call.workspace.triggers.exchange(_trigger_id(call))
    return _shown(call, modals.push(call.workspace, trigger.person, call.args.get("view")))


def _push(call: Call) -> Json:
    modals.checked(call.workspace, call.args.get("view"), "modal")
    trigger = call.workspace.triggers.exchange(_trigger_id(call))
    if not modals.stack_of(call.workspace, trigger.person):
        raise ViewRefused("not_found")
    return _shown(call, modals.push(call.workspace, trigger.person, call.args.get("view")))


def _update(call: Call) -> Json:
    view_id, external_id = call.args.get("view_id"), call.args.get("external_id")
    view = modals.find_view(call.workspace, view_id, external_id)
    return _shown(call, modals.update(call.workspace, view, call.args.get("view"), call.args.get("hash")))


def _publish(call: Call) -> Json:
    person = call.person("user_id")
    view = call.args.get("view")
    return {"view": modals.publish(call.workspace, person.id, view, call.args.get("hash"))}


def _trigger_id(call: Call) -> object:
    known = call.args.get("trigger_id")
    if not known:
        raise ApiError("invalid_arguments", response_metadata={"messages": ["missing: trigger_id"]})
    return known


def _shown(call: Call, view: OpenView) -> Json:
    return {"view": modals.view_json(call.workspace, view)}


METHODS = {
    "views.open": Method(_open, None, 100),
    "views.push": Method(_push, None, 100),
    "views.update": Method(_update, None, 100),
    "views.publish": Method(_publish, None, 100),
}
