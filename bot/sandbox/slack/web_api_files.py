"""Uploading files: an address is asked for, the content sent there, then the file shown in a channel.

https://docs.slack.dev/messaging/working-with-files
"""

from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.payloads import FILE_PATH, file_json
from bot.sandbox.slack.workspace import Channel, File, Json, Message, Workspace

UPLOAD_PATH = "/slack/upload/"
LARGEST = 1_000_000
"""Bytes. Slack takes a gigabyte; the sandbox keeps what it takes in memory."""


def routes(workspace: Workspace) -> list[web.AbstractRouteDef]:
    """Where content is sent to, and where people download it."""
    files = _Files(workspace)
    return [web.post(UPLOAD_PATH + "{file}", files.take), web.get(FILE_PATH + "{file}/{name}", files.give)]


@dataclass(frozen=True)
class _Files:
    workspace: Workspace

    async def take(self, request: web.Request) -> web.Response:
        """Keep the content of a file whose address was asked for."""
        file = self.workspace.files.get(request.match_info["file"])
        if file is None or file.content is not None:
            raise web.HTTPNotFound
        content = await _content_of(request)
        if len(content) != file.size:
            raise web.HTTPBadRequest(text="The length is not as announced.")
        file.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def give(self, request: web.Request) -> web.Response:
        """Hand a file out, to be saved and never shown."""
        file = self.workspace.files.get(request.match_info["file"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)


async def _content_of(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    fields = [field for field in (await request.post()).values() if isinstance(field, web.FileField)]
    return fields[0].file.read() if fields else b""


def _ask(call: Call) -> Json:
    name, size = call.text("filename"), call.number("length", 0)
    if size > LARGEST:
        raise ApiError("file_upload_size_restricted")
    if size == 0:
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid: length"]})
    file = File(f"F{token_hex(5).upper()}", name, size)
    call.workspace.files[file.id] = file
    return {"upload_url": f"{call.workspace.base_url}{UPLOAD_PATH}{file.id}", "file_id": file.id}


def _complete(call: Call) -> Json:
    files = [_uploaded(call, given) for given in _given(call)]
    if call.args.get("channel_id"):
        place = _joined(call)
        thread_ts = call.args.get("thread_ts") or None
        text = str(call.args.get("initial_comment") or "")
        bot = call.workspace.app.bot_user
        message = Message(place.id, call.workspace.next_ts(), bot, text, thread_ts=thread_ts, by_bot=True)
        message.files = files
        call.workspace.add(message)
    return {"files": [file_json(call.workspace, file) for file in files]}


def _joined(call: Call) -> Channel:
    place = call.channel("channel_id")
    call.may_write_in(place)
    if call.workspace.app.bot_user not in place.members:
        raise ApiError("not_in_channel")
    return place


def _given(call: Call) -> list[Json]:
    files = call.args.get("files")
    if not isinstance(files, list) or not files or not all(isinstance(file, dict) for file in files):
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid: files"]})
    return files


def _uploaded(call: Call, given: Json) -> File:
    file = call.workspace.files.get(str(given.get("id")))
    if file is None or file.content is None:
        raise ApiError("file_not_found")
    file.title = str(given.get("title") or file.name)
    return file


METHODS = {
    "files.getUploadURLExternal": Method(_ask, "files:write", 100),
    "files.completeUploadExternal": Method(_complete, "files:write", 100),
}
