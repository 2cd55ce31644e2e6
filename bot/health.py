"""Whether the process lives and can do its work, and the small HTTP server that tells."""

import asyncio
import errno
import inspect
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.errors import AddressUnavailable, BotError, ConfigurationError

log = structlog.get_logger(__name__)

Check = Callable[[], bool | Awaitable[bool]]


def routes(
    checks: Mapping[str, Check],
    *,
    informational: Mapping[str, Check] | None = None,
    timeout_seconds: float = 2.0,
) -> list[web.AbstractRouteDef]:
    """Return `/healthz`, always 200, and `/readyz`: 200 if every check passes, else 503.

    A check that raises, or takes longer than `timeout_seconds`, has not passed. The answer to `/readyz` is an
    object with each check's name and outcome. What is `informational`
    is in it as well but does not count: another process could not do better.
    """
    everything = {**checks, **(informational or {})}

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        passed = await asyncio.gather(
            *(_passes(name, check, timeout_seconds) for name, check in everything.items())
        )
        outcome = dict(zip(everything, passed, strict=True))
        is_ready = all(outcome[name] for name in checks)
        return web.json_response(outcome, status=200 if is_ready else 503)

    return [web.get("/healthz", alive), web.get("/readyz", ready)]


async def _passes(name: str, check: Check, timeout_seconds: float) -> bool:
    try:
        async with asyncio.timeout(timeout_seconds):
            outcome = check()
            return bool(await outcome if inspect.isawaitable(outcome) else outcome)
    except Exception as error:  # Whatever is wrong with what is checked, the answer is: not ready.
        log.warning("health_check_failed", check=name, error=type(error).__name__)
        return False


class _Connections:
    """Lets go of connections on which nobody asks for anything: a process can have only so many."""

    def __init__(self, silent_seconds: float, most_silent: int) -> None:
        self._silent_seconds = silent_seconds
        self._most_silent = most_silent
        self._silent: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def accept(self, make: Callable[[], web.RequestHandler]) -> web.RequestHandler:
        """Return what handles a new connection; where too many are silent, the oldest of them goes."""
        if len(self._silent) >= self._most_silent:
            self._let_go(next(iter(self._silent)))
        connection = make()
        self._is_silent(connection)
        return connection

    @property
    def middleware(self) -> Middleware:
        """What must see every request."""

        @web.middleware
        async def busy(request: web.Request, handler: Handler) -> web.StreamResponse:
            if timer := self._silent.pop(request.protocol, None):
                timer.cancel()
            try:
                return await handler(request)
            finally:
                self._is_silent(request.protocol)

        return busy

    def _is_silent(self, connection: web.RequestHandler) -> None:
        loop = asyncio.get_running_loop()
        self._silent[connection] = loop.call_later(self._silent_seconds, self._let_go, connection)

    def _let_go(self, connection: web.RequestHandler) -> None:
        self._silent.pop(connection).cancel()
        connection.force_close()


def _cant_listen(error: OSError, address: str) -> BotError:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ConfigurationError(f"BOT_BIND, BOT_PORT: the bot isn't allowed to listen on {address}.")
    # asyncio puts its own words before the system's; a name that can't be resolved has numbers of its own.
    is_name = isinstance(error, socket.gaierror)
    reason = str(error.strerror) if is_name else os.strerror(error.errno or 0)
    return AddressUnavailable(address, reason)


class HttpServer:
    """Serves routes at an address, loopback unless told otherwise; port 0 takes any free one.

    A connection on which no whole request has come for `silent_seconds` is closed, and the oldest of
    `most_silent` at once.
    """

    def __init__(
        self,
        routes: Iterable[web.AbstractRouteDef],
        *,
        bind: str = "127.0.0.1",
        port: int = 8080,
        stop_seconds: float = 3.0,
        silent_seconds: float = 15.0,
        most_silent: int = 100,
    ) -> None:
        self._connections = _Connections(silent_seconds, most_silent)
        self._server: asyncio.Server | None = None
        application = web.Application(middlewares=[self._connections.middleware])
        application.add_routes(routes)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=stop_seconds,
            # A few kB could be unpacked to gigabytes, before anybody knows who sent them.
            auto_decompress=False,
        )
        self._bind = bind
        self._port = port

    @property
    def port(self) -> int:
        """The port it listens on; once started, the real one."""
        listening = self._server.sockets if self._server else ()
        return int(listening[0].getsockname()[1]) if listening else self._port

    @property
    def address(self) -> str:
        """Where it listens, as host:port."""
        return f"[{self._bind}]:{self.port}" if ":" in self._bind else f"{self._bind}:{self.port}"

    async def start(self) -> None:
        """Listen; raises AddressUnavailable if the address can't be had for now, else ConfigurationError."""
        await self._runner.setup()
        make = self._runner.server
        if make is None:
            raise RuntimeError("the server was not set up")
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._connections.accept(make), self._bind, self._port
            )
        except OSError as error:
            await self._runner.cleanup()
            raise _cant_listen(error, self.address) from error

    async def stop(self) -> None:
        """Stop listening, and let requests that are being answered end within `stop_seconds`."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()
