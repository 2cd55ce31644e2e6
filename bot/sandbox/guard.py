"""Who may talk to the sandbox: its own page and programs on this machine, but no other site's page."""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request pass if it came to a loopback name, and not from another site's page.

    Any other name could be a foreign site's that was made to point here (DNS rebinding). Programs send
    no `Origin`.
    """
    if _host(request) not in _LOOPBACK:
        raise web.HTTPForbidden(text="Use the address that the sandbox printed.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="Not from another site.")
    return await handler(request)


def _host(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
