"""What the page may load, and what may be sent to it; `bot.sandbox.guard` says by whom."""

from collections.abc import Awaitable, Callable

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

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def acting(handler: Handler) -> Handler:
    """Let a request pass if it is JSON, which a foreign page's form can't send."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Send application/json.", headers=HEADERS)
        return await handler(request)

    return guarded
