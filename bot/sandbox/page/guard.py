"""Who may talk to the page: only its own script, and nobody from another site."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set on every answer of the page."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reading(handler: Handler) -> Handler:
    """Let a request pass if it came to a loopback name.

    Any other could be a foreign site's that was made to point here (DNS rebinding).
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        if urlsplit(f"//{request.host}").hostname not in _LOOPBACK:
            raise web.HTTPForbidden(text="Use the address that the sandbox printed.", headers=HEADERS)
        return await handler(request)

    return guarded


def acting(handler: Handler) -> Handler:
    """Let a request pass if, besides, it is JSON and does not come from another site's page."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Send application/json.", headers=HEADERS)
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{request.host}":
            raise web.HTTPForbidden(text="Not from another site.", headers=HEADERS)
        return await handler(request)

    return reading(guarded)
