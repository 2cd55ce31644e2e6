"""Methods that look things up: the app itself, channels, their messages, people and groups."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.payloads import message_json
from bot.sandbox.slack.workspace import Channel, Json, Message, Person


def _auth(call: Call) -> Json:
    app = call.workspace.app
    return {
        "url": f"{call.workspace.base_url}/",
        "team": "Sandbox",
        "user": app.name,
        "team_id": app.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def _channel_info(call: Call) -> Json:
    return {"channel": _channel_json(call, call.readable_channel("read"))}


def _open_im(call: Call) -> Json:
    users = call.text("users").split(",")
    person = call.workspace.people.get(users[0])
    if person is None:
        raise ApiError("user_not_found")
    if person.deleted:
        raise ApiError("user_disabled")
    if len(users) > 1:
        raise ApiError("method_not_supported_for_channel_type")
    known = f"D{person.id[1:]}" in call.workspace.channels
    channel = call.workspace.im_of(person.id)
    return {"channel": {"id": channel.id}, "already_open": known, "no_op": known}


def _history(call: Call) -> Json:
    channel = _joined(call)
    seen = [found for found in _public(call, channel) if not found.is_reply or found.broadcast]
    return _page(call, list(reversed(seen)))


def _replies(call: Call) -> Json:
    channel = _joined(call)
    parent = call.text("ts")
    thread = [found for found in _public(call, channel) if parent in (found.ts, found.thread_ts)]
    if not thread:
        raise ApiError("thread_not_found")
    return _page(call, thread)


def _user_info(call: Call) -> Json:
    if call.text("user") == call.workspace.app.bot_user:
        app = call.workspace.app
        bot = Person(app.bot_user, app.name, app.name, "bot")
        return {"user": _user_json(call, bot) | {"is_bot": True}}
    return {"user": _user_json(call, call.person())}


def _group_members(call: Call) -> Json:
    if not call.workspace.is_paid:
        raise ApiError("plan_upgrade_required")
    users = call.workspace.usergroups.get(call.text("usergroup"))
    if users is None:
        raise ApiError("no_such_subteam")
    return {"users": list(users)}


def _bot_info(call: Call) -> Json:
    app = call.workspace.app
    if call.args.get("bot", app.bot_id) != app.bot_id:
        raise ApiError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "app_id": app.id, "user_id": app.bot_user}
    return {"bot": bot}


def _joined(call: Call) -> Channel:
    channel = call.readable_channel("history")
    if call.workspace.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _public(call: Call, channel: Channel) -> list[Message]:
    return [found for found in call.workspace.messages.get(channel.id, []) if not found.ephemeral_to]


def _page(call: Call, messages: list[Message]) -> Json:
    oldest, latest = float(call.args.get("oldest") or 0), float(call.args.get("latest") or "inf")
    inside = call.flag("inclusive")
    wanted = [
        found
        for found in messages
        if oldest < float(found.ts) < latest or (inside and float(found.ts) in (oldest, latest))
    ]
    start, limit = call.number("cursor", 0), min(call.number("limit", 100), 999)
    metadata = call.flag("include_all_metadata")
    page = [message_json(call.workspace, found, metadata=metadata) for found in wanted[start : start + limit]]
    more = start + limit < len(wanted)
    cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
    return {"messages": page, "has_more": more} | cursor


def _channel_json(call: Call, channel: Channel) -> Json:
    described: Json = {
        "id": channel.id,
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_archived": channel.is_archived,
    }
    if channel.kind == "im":
        return described | {"user": channel.name}
    member = call.workspace.app.bot_user in channel.members
    return described | {"name": channel.name, "is_channel": True, "is_member": member}


def _user_json(call: Call, person: Person) -> Json:
    offset = datetime.fromtimestamp(call.workspace.now(), ZoneInfo(person.tz)).utcoffset()
    described: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.handle,
        "real_name": person.name,
        "profile": {"real_name": person.name, "display_name": person.handle},
        "deleted": person.deleted,
        "is_bot": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        # True only of people who share no channel with the app; here everybody of elsewhere does.
        "is_stranger": False,
        "is_app_user": False,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
    }
    if person.workspaces:
        described["enterprise_user"] = {"enterprise_id": "E0SANDBOX", "teams": list(person.workspaces)}
    return described | ({"locale": "en-US"} if call.flag("include_locale") else {})


METHODS = {
    "auth.test": Method(_auth, None, 600),
    "bots.info": Method(_bot_info, "users:read"),
    "conversations.history": Method(_history),
    "conversations.info": Method(_channel_info),
    "conversations.open": Method(_open_im, "im:write"),
    "conversations.replies": Method(_replies),
    "users.info": Method(_user_info, "users:read", 100),
    "usergroups.users.list": Method(_group_members, "usergroups:read", 20),
}
