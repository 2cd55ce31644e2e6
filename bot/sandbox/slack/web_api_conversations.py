"""`conversations.*`: channels and direct messages, who is in them, and what was said there."""

from bot.sandbox.slack.api_call import READ_SCOPES, ApiError, Call, Method
from bot.sandbox.slack.payloads import message_json
from bot.sandbox.slack.workspace import FOUNDED, Channel, ChannelKind, Json, Message

_KINDS: dict[str, ChannelKind | None] = {
    "public_channel": "public",
    "private_channel": "private",
    "im": "im",
    "mpim": None,
}
"""What Slack calls a kind of conversation, and what we do; there are no group messages here."""

_NOTHING_SAID: Json = {"value": "", "creator": "", "last_set": 0}


def _info(call: Call) -> Json:
    return {"channel": _described(call, call.readable_channel("read"))}


def _list(call: Call) -> Json:
    wanted = str(call.args.get("types") or "public_channel").split(",")
    if not set(wanted) <= _KINDS.keys():
        raise ApiError("invalid_types")
    kinds = [kind for name in wanted if (kind := _KINDS[name]) is not None]
    for kind in kinds:
        call.needs(f"{READ_SCOPES[kind]}:read")
    bot = call.workspace.app.bot_user
    found = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in kinds
        and call.workspace.can_see(bot, channel)
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    page, cursor = call.page_of(found)
    described = [_described(call, channel) for channel in page]
    return {"channels": described, "response_metadata": {"next_cursor": cursor}}


def _members(call: Call) -> Json:
    channel = call.readable_channel("read")
    page, cursor = call.page_of(sorted(channel.members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def _join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    bot = call.workspace.app.bot_user
    if bot in channel.members:
        warning: Json = {"response_metadata": {"warnings": ["already_in_channel"]}}
        return {"channel": _described(call, channel), "warning": "already_in_channel"} | warning
    call.workspace.join(channel, bot)
    return {"channel": _described(call, channel)}


def _open(call: Call) -> Json:
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


def _joined(call: Call) -> Channel:
    channel = call.readable_channel("history")
    if call.workspace.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _public(call: Call, channel: Channel) -> list[Message]:
    return [found for found in call.workspace.messages.get(channel.id, []) if not found.ephemeral_to]


def _page(call: Call, messages: list[Message]) -> Json:
    oldest, latest = call.stamp("oldest", 0), call.stamp("latest", float("inf"))
    inside = call.flag("inclusive")
    wanted = [
        found
        for found in messages
        if oldest < float(found.ts) < latest or (inside and float(found.ts) in (oldest, latest))
    ]
    page, cursor = call.page_of(wanted, most=999)
    metadata = call.flag("include_all_metadata")
    described = [message_json(call.workspace, found, metadata=metadata) for found in page]
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": described, "has_more": bool(cursor)} | more


def _described(call: Call, channel: Channel) -> Json:
    described: Json = {
        "id": channel.id,
        "created": FOUNDED,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_org_shared": False,
    }
    if channel.kind == "im":
        return described | {"user": channel.name, "is_user_deleted": False, "priority": 0}
    strangers = [
        person for person in call.workspace.people.values() if person.team_id != call.workspace.app.team_id
    ]
    is_shared = any(person.id in channel.members for person in strangers)
    return described | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_general": False,
        "is_member": call.workspace.app.bot_user in channel.members,
        "is_shared": is_shared,
        "is_ext_shared": is_shared,
        "num_members": len(channel.members),
        "topic": _NOTHING_SAID,
        "purpose": _NOTHING_SAID,
        "previous_names": [],
    }


METHODS = {
    "conversations.history": Method(_history),
    "conversations.info": Method(_info),
    "conversations.join": Method(_join, "channels:join"),
    "conversations.list": Method(_list, None, 20),
    "conversations.members": Method(_members, None, 100),
    "conversations.open": Method(_open, "im:write"),
    "conversations.replies": Method(_replies),
}
