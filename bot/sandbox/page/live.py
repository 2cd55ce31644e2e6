"""Server-sent events: patches that keep a browser window up to date."""

import asyncio
import json
from contextlib import suppress
from typing import NoReturn

from aiohttp import web

from bot.sandbox.page.guard import HEADERS
from bot.sandbox.page.picture import Picture, difference, take_picture
from bot.sandbox.page.place import find_place
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage

_LOOK_SECONDS = 1.0
"""The bot's process and its socket tell nobody when they change, so they are looked at this often."""

_GATHER_SECONDS = 0.02
"""Changes usually come in bunches; they are drawn together."""

_KEEP_ALIVE_LOOKS = 15


async def follow(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Answer `GET /live?as=…&in=…&thread=…`: an endless stream of lists of patches.

    Each event's data is a JSON list of `{"target": element id, "how": "replace", "append" or
    "remove", "html": …}`. The first one brings the window wholly up to date.
    """
    response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
    changed = asyncio.Event()
    forget = stage.workspace.listen(lambda _change: changed.set())
    try:
        await response.prepare(request)
        await _send_patches(stage, request, response, changed)
    except ConnectionError:
        return response  # the window was closed
    finally:
        forget()


async def _send_patches(
    stage: Stage, request: web.Request, response: web.StreamResponse, changed: asyncio.Event
) -> NoReturn:
    shown, silent_looks = Picture(), 0
    while True:
        changed.clear()
        place = find_place(stage.workspace, request.query)
        now = take_picture(stage, Reader(stage.workspace, place, stage.manifest))
        if patches := difference(shown, now):
            await response.write(f"data: {json.dumps(patches)}\n\n".encode())
            shown, silent_looks = now, 0
        elif (silent_looks := silent_looks + 1) % _KEEP_ALIVE_LOOKS == 0:
            await response.write(b": still here\n\n")
        await _next_look(changed)


async def _next_look(changed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(changed.wait(), _LOOK_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)
