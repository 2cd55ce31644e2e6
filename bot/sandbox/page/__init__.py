"""The sandbox's page: a workspace to use in the browser, with switches for what goes wrong."""

from pathlib import Path

from aiohttp import web

from bot.sandbox.page.actions import actions
from bot.sandbox.page.answers import endpoint
from bot.sandbox.page.controls import Controls
from bot.sandbox.page.guard import HEADERS, acting
from bot.sandbox.page.layout import draw_page
from bot.sandbox.page.live import follow
from bot.sandbox.page.picture import take_picture
from bot.sandbox.page.place import find_place
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage

_STATIC = Path(__file__).parent / "static"
_STATIC_SECONDS = 10
_TYPES = {".css": "text/css", ".mjs": "text/javascript", ".svg": "image/svg+xml"}


def routes(sandbox: Stage) -> list[web.AbstractRouteDef]:
    """Return the page's routes: `/`, `/live`, `/static/…`, `/act/…` and `/sandbox/…`."""

    async def page(request: web.Request) -> web.StreamResponse:
        place = find_place(sandbox.workspace, request.query)
        reader = Reader(sandbox.workspace, place, sandbox.manifest)
        drawn = draw_page(reader, take_picture(sandbox, reader))
        return web.Response(text=str(drawn), content_type="text/html", headers=HEADERS)

    async def live(request: web.Request) -> web.StreamResponse:
        return await follow(sandbox, request)

    deeds = {f"/act/{name}": deed for name, deed in actions(sandbox.workspace, sandbox.people).items()}
    deeds |= {f"/sandbox/{name}": deed for name, deed in Controls(sandbox).by_name().items()}
    return [
        web.get("/", page),
        web.get("/live", live),
        web.get("/static/{name}", _static),
        *(web.post(address, acting(endpoint(deed))) for address, deed in deeds.items()),
    ]


async def _static(request: web.Request) -> web.StreamResponse:
    known = {file.name: file for file in _STATIC.iterdir()}
    file = known.get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound(headers=HEADERS)
    # Each page has twenty of these, and people turn pages; a newer sandbox soon shows its own.
    headers = HEADERS | {"Cache-Control": f"max-age={_STATIC_SECONDS}"}
    return web.Response(
        body=file.read_bytes(), content_type=_TYPES[file.suffix], charset="utf-8", headers=headers
    )
