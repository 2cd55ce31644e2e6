"""`/metrics`: what is looked up at a scrape, and the text that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from aiohttp import HttpVersion11, web
from prometheus_client import Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bot.metrics.instruments import ASYNCIO_TASKS, REGISTRY, THREADS

log = structlog.get_logger()

PATH = "/metrics"

PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For")
"""Headers that proxies add (RFC 7239, section 4; RFC 9110, section 7.6.3)."""

LOOK_SECONDS = 2.0
UNKNOWN_AFTER_SECONDS = 1.5

T = TypeVar("T")
Look = Callable[[], Awaitable[None]]
"""Sets gauges to their present values."""


class Scrape:
    """Answers a scrape; before it does, each of `looks` may take `look_seconds`, all at the same time.

    One that fails, or takes longer, leaves its gauges as they are, which is logged once until it works again.
    With `answers_proxies` false, a request that a proxy has passed on is answered with 404.
    """

    def __init__(
        self, looks: Mapping[str, Look], *, answers_proxies: bool = True, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._looks = looks
        self._answers_proxies = answers_proxies
        self._look_seconds = look_seconds
        self._failing: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Future[None]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scrape")
        self.routes = [web.get(PATH, self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._answers_proxies and _is_passed_on(request):
            raise web.HTTPNotFound
        await asyncio.gather(*map(self._look, self._looks))
        ASYNCIO_TASKS.set(len(asyncio.all_tasks()))
        THREADS.set(threading.active_count())
        # In a thread, as with hundreds of servers it would keep acks waiting; and in one of its own, as all
        # others may wait for a database that hangs.
        text = await asyncio.get_running_loop().run_in_executor(self._thread, generate_latest, REGISTRY)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _look(self, name: str) -> None:
        try:
            # Shielded, as a thread that waits for a database can't be cancelled: the next scrape joins it.
            async with asyncio.timeout(self._look_seconds):
                await asyncio.shield(self._running(name))
        except Exception as error:  # Whatever is wrong with one, the others are worth telling.
            kind = type(error).__name__
            if self._failing.get(name) != kind:
                log.warning("metrics_look_failed", look=name, error=kind)
            self._failing[name] = kind
        else:
            self._failing.pop(name, None)

    def _running(self, name: str) -> asyncio.Future[None]:
        running = self._tasks.get(name)
        if running is None or running.done():
            running = self._tasks[name] = asyncio.ensure_future(self._looks[name]())
        return running


async def read_or_clear(reading: Awaitable[T], *gauges: Gauge) -> T:
    """Return what is read; while that fails, or takes longer than 1.5 s, these gauges tell nothing."""
    task = asyncio.ensure_future(reading)
    try:
        done, _ = await asyncio.wait({task}, timeout=UNKNOWN_AFTER_SECONDS)
        if not done:
            _clear(gauges)
        return await task
    except Exception:
        _clear(gauges)
        raise


def _clear(gauges: tuple[Gauge, ...]) -> None:
    for gauge in gauges:
        gauge.clear()


def _is_passed_on(request: web.Request) -> bool:
    # nginx sends none of these unless told to; before 1.29.7 it speaks HTTP/1.0, as Prometheus never does:
    # https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version
    return request.version < HttpVersion11 or any(name in request.headers for name in PROXY_HEADERS)
