"""The provider's faults: answers spoiled on purpose, before or after it has acted."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from fnmatch import fnmatchcase

from aiohttp import web

from bot.sandbox.faults import Faults

NGINX_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body><h1>{0}</h1><hr>nginx</body>\r\n</html>\r\n"

LONGEST_SILENCE = 300.0
"""Seconds after which a request that is never to be answered is cut off all the same."""

Answer = Callable[[], web.Response]

BEFORE_ACTING: dict[str, Answer] = {
    "500": lambda: _page("<h1>Server Error (500)</h1>", 500),
    "502": lambda: _page(NGINX_PAGE.format("502 Bad Gateway"), 502),
    "503": lambda: _page(NGINX_PAGE.format("503 Service Temporarily Unavailable"), 503),
    "429": lambda: _throttled("Request was throttled. Expected available in 1 second.", {"Retry-After": "1"}),
    "429_without_retry_after": lambda: _throttled("Request was throttled.", {}),
    "html": lambda: _page("<!doctype html><title>Sign in</title><p>Please sign in.</p>", 200),
    "unauthorized": lambda: web.json_response({"detail": "Invalid token."}, status=401),
    "forbidden": lambda: web.json_response(
        {"detail": "You do not have permission to perform this action."}, status=403
    ),
}

AFTER_ACTING: dict[str, Answer] = {
    "500_after_acting": BEFORE_ACTING["500"],
    "502_after_acting": BEFORE_ACTING["502"],
    "html_after_acting": BEFORE_ACTING["html"],
}

WITHOUT_ANSWER = frozenset({"reset", "reset_after_acting", "timeout_before_acting", "timeout_after_acting"})

ALL_FAULTS = frozenset({*BEFORE_ACTING, *AFTER_ACTING, *WITHOUT_ANSWER, "cut"})
"""Every fault there is. `cut`: it acts, then sends half of its JSON."""


class Silence:
    """Saying nothing for a while, unless the application stops meanwhile."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def stop(self, _: web.Application) -> None:
        """End all silence, now and later."""
        self._over.set()

    async def keep(self, seconds: float) -> None:
        """Return after that many seconds, or when the application stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    async def hang(self, request: web.Request) -> web.Response:
        """Say nothing for a long time, then cut the connection."""
        await self.keep(LONGEST_SILENCE)
        return _reset(request)


def spoiled_how(faults: Faults, method: str, path: str) -> str | None:
    """Return the fault this request meets, using up a one-shot one.

    The paths in `faults.next_provider` may be patterns such as `/backups/*/`.

    Raises:
        ValueError: there is no fault of that name.
    """
    patterns = [
        pattern
        for (wanted, pattern), queue in faults.next_provider.items()
        if queue and wanted == method and fnmatchcase(path, pattern)
    ]
    fault = faults.for_provider(method, patterns[0] if patterns else path)
    if fault is not None and fault not in ALL_FAULTS:
        raise ValueError(f"no such fault: {fault}")
    return fault


async def spoil(
    fault: str, request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]], silence: Silence
) -> web.StreamResponse:
    """Answer with that fault; `act` does what was asked and gives the proper answer."""
    if fault in BEFORE_ACTING:
        return BEFORE_ACTING[fault]()
    answer = web.Response() if fault in {"reset", "timeout_before_acting"} else await act()
    if fault.startswith("timeout"):
        return await silence.hang(request)
    if fault.startswith("reset"):
        return _reset(request)
    return _half_of(answer) if fault == "cut" else AFTER_ACTING[fault]()


def _half_of(answer: web.StreamResponse) -> web.Response:
    whole = answer.body if isinstance(answer, web.Response) else None
    text = bytes(whole) if isinstance(whole, bytes | bytearray) else b""
    return web.Response(body=text[: len(text) // 2], status=answer.status, content_type="application/json")


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _page(html: str, status: int) -> web.Response:
    return web.Response(text=html, status=status, content_type="text/html")


def _throttled(words: str, headers: dict[str, str]) -> web.Response:
    return web.json_response({"detail": words}, status=429, headers=headers)
