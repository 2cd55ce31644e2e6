"""Not answering, and answering brokenly: what both pretend services do to a connection."""

import asyncio
from contextlib import suppress

from aiohttp import web

LONGEST_SILENCE = 300.0
"""Seconds after which a request that is never to be answered is cut off all the same."""


class Silence:
    """Saying nothing for a while, unless the application stops meanwhile."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    def end(self) -> None:
        """End all silence, now and later."""
        self._over.set()

    async def stop(self, _: web.Application) -> None:
        """End all silence when an application stops."""
        self.end()

    async def keep(self, seconds: float) -> None:
        """Return after that many seconds, or when the application stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    async def hang(self, request: web.Request) -> web.Response:
        """Say nothing for a long time, then cut the connection."""
        await self.keep(LONGEST_SILENCE)
        return reset(request)


def reset(request: web.Request) -> web.Response:
    """Cut the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def half_of(answer: web.StreamResponse) -> web.Response:
    """Return the first half of an answer."""
    whole = answer.body if isinstance(answer, web.Response) else None
    text = bytes(whole) if isinstance(whole, bytes | bytearray) else b""
    return web.Response(body=text[: len(text) // 2], status=answer.status, content_type="application/json")


def page(html: str, status: int) -> web.Response:
    """Return a page for people, where a program expects JSON."""
    return web.Response(text=html, status=status, content_type="text/html")
