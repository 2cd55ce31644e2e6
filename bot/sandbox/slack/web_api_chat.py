"""`chat.*`: posting, whispering, editing, deleting."""

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.payloads import message_json
from bot.sandbox.slack.posting import Content, content
from bot.sandbox.slack.workspace import Channel, Json, Message

MOST_EDITED_TEXT = 4000
POSTING = ("chat.postMessage", "chat.postEphemeral")


def _post(call: Call) -> Json:
    place = _writable(call)
    accepted = content(call.workspace, call.args)
    message = _posted_before(call, place) or _posted(call, place, accepted)
    return {
        "channel": place.id,
        "ts": message.ts,
        "message": message_json(call.workspace, message),
    }


def _posted(call: Call, place: Channel, accepted: Content) -> Message:
    message = _message(call, place, accepted, call.args.get("thread_ts") or None)
    message.broadcast = message.is_reply and call.flag("reply_broadcast")
    message.metadata = _metadata(call)
    if client_msg_id := call.args.get("client_msg_id"):
        call.workspace.posted_by_id[place.id, str(client_msg_id)] = message.ts
    return call.workspace.add(message)


def _posted_before(call: Call, place: Channel) -> Message | None:
    """Return the message of that `client_msg_id`, where the workspace honours it."""
    ts = call.workspace.posted_by_id.get((place.id, str(call.args.get("client_msg_id"))))
    if ts is None or not call.workspace.faults.client_msg_ids_honoured:
        return None
    message = call.workspace.find(place.id, ts)
    if message is None:
        raise ApiError("duplicate_message_not_found")
    return message


def _whisper(call: Call) -> Json:
    place = _writable(call)
    person = call.person()
    if person.id not in place.members:
        raise ApiError("user_not_in_channel")
    message = _message(call, place, content(call.workspace, call.args), call.args.get("thread_ts") or None)
    message.ephemeral_to = person.id
    call.workspace.add(message)
    return {"message_ts": message.ts}


def _update(call: Call) -> Json:
    message = _own(call, "cant_update_message")
    text = str(call.args.get("text") or "")
    if len(text) > MOST_EDITED_TEXT:
        raise ApiError("msg_too_long")
    accepted = content(call.workspace, call.args)
    message.text, message.blocks = accepted.text, accepted.blocks
    message.metadata = _metadata(call) or message.metadata
    message.broadcast = message.broadcast or (message.is_reply and call.flag("reply_broadcast"))
    for person_id in call.workspace.people:
        call.workspace.chosen.pop((person_id, message.ts), None)
    call.workspace.edited(message)
    described = message_json(call.workspace, message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": described}


def _delete(call: Call) -> Json:
    message = _own(call, "cant_delete_message")
    call.workspace.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _permalink(call: Call) -> Json:
    channel = call.channel()
    stamp = call.args.get("message_ts")
    message = call.workspace.find(channel.id, stamp)
    if message is None or message.ephemeral_to:
        raise ApiError("message_not_found")
    digits = message.ts.replace(".", "")
    link = f"{call.workspace.base_url}/archives/{channel.id}/p{digits}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    return {"channel": channel.id, "permalink": link + thread}


def _metadata(call: Call) -> Json | None:
    """Return what else the app says of a message, for programs alone."""
    metadata = call.args.get("metadata")
    if not metadata:
        return None
    sound = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not sound or not isinstance(metadata.get("event_type"), str):
        raise ApiError("invalid_metadata_format")
    return dict(metadata)


def _own(call: Call, error: str) -> Message:
    message = call.workspace.find(call.channel().id, call.text("ts"))
    if message is None or message.ephemeral_to:
        raise ApiError("message_not_found")
    if not message.by_bot:
        raise ApiError(error)
    return message


def _writable(call: Call) -> Channel:
    named = call.text("channel")
    if named in call.workspace.people and call.method == "chat.postMessage":
        place = call.workspace.im_of(named)
    else:
        place = call.channel()
    call.may_write_in(place)
    app = call.workspace.app
    if app.bot_user not in place.members and "chat:write.public" not in app.scopes:
        raise ApiError("not_in_channel")
    return place


def _message(call: Call, place: Channel, accepted: Content, thread_ts: str | None) -> Message:
    return Message(
        channel=place.id,
        ts=call.workspace.next_ts(),
        user=call.workspace.app.bot_user,
        text=accepted.text,
        blocks=accepted.blocks,
        thread_ts=thread_ts,
        by_bot=True,
    )


METHODS = {
    "chat.postMessage": Method(_post, "chat:write", 600),
    "chat.postEphemeral": Method(_whisper, "chat:write", 100),
    "chat.update": Method(_update, "chat:write"),
    "chat.delete": Method(_delete, "chat:write"),
    "chat.getPermalink": Method(_permalink, None, 600),
}
