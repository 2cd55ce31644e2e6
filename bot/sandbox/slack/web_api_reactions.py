"""`reactions.*`: an emoji under a message."""

import re

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.workspace import Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def _add(call: Call) -> Json:
    message, name = _message(call), _name(call)
    who = message.reactions.setdefault(name, [])
    if call.workspace.app.bot_user in who:
        raise ApiError("already_reacted")
    who.append(call.workspace.app.bot_user)
    call.workspace.reacted(message)
    return {}


def _remove(call: Call) -> Json:
    message, name = _message(call), _name(call)
    who = message.reactions.get(name, [])
    if call.workspace.app.bot_user not in who:
        raise ApiError("no_reaction")
    who.remove(call.workspace.app.bot_user)
    if not who:
        del message.reactions[name]
    call.workspace.reacted(message)
    return {}


def _message(call: Call) -> Message:
    place = call.channel()
    found = call.workspace.find(place.id, call.text("timestamp"))
    if found is None or found.ephemeral_to:
        raise ApiError("message_not_found")
    if place.is_archived:
        raise ApiError("is_archived")
    return found


def _name(call: Call) -> str:
    name = call.text("name").strip(":")
    if _NAME.fullmatch(name) is None:
        raise ApiError("invalid_name")
    return name


METHODS = {
    "reactions.add": Method(_add, "reactions:write"),
    "reactions.remove": Method(_remove, "reactions:write"),
}
