"""The network between a bot and PostgreSQL, which can be made to swallow everything."""

import asyncio
from contextlib import suppress

from bot.operations.database import KEEPALIVE_SECONDS

ASKS_FOR_KEEPALIVES = b"tcp_keepalives_idle"


class Forwarder:
    """Carries connections to a port of loopback, until `cut_off`: nothing gets through then, unsaid.

    PostgreSQL's kernel would then give up the sessions that asked for keepalives, after their time, and keep
    the others for hours. It can't here, as we are at the other end; so we do it in its stead (`given_up`).
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._through = asyncio.Event()
        self._through.set()
        self.given_up = asyncio.Event()
        self._last_words: bytes | None = None
        self._ways: set[asyncio.StreamWriter] = set()
        self._watched: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen on loopback; return the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """End every connection."""
        self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def cut_off(self) -> None:
        """Let nothing through any more, in neither direction."""
        self._through.clear()
        asyncio.get_running_loop().call_later(KEEPALIVE_SECONDS, self._give_up)

    def cut_off_after(self, words: bytes) -> None:
        """Let what holds these words through, but nothing after it."""
        self._last_words = words

    @property
    def kept(self) -> int:
        """How many sessions did not ask for keepalives."""
        return len(self._ways - self._watched)

    def _give_up(self) -> None:
        for writer in self._watched:
            writer.transport.abort()
        self.given_up.set()

    async def _connected(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        carrying = asyncio.ensure_future(self._carry(near, to_near))
        self._carrying.add(carrying)
        with suppress(asyncio.CancelledError, ConnectionError):
            await carrying
        to_near.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        await self._through.wait()
        far, to_far = await asyncio.open_connection("127.0.0.1", self._port)
        self._ways.add(to_far)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._one_way(near, to_far))
                both.create_task(self._one_way(far, to_near))
        finally:
            to_far.transport.abort()

    async def _one_way(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await self._next(source):
            if ASKS_FOR_KEEPALIVES in data:
                self._watched.add(target)
            with suppress(ConnectionError):
                target.write(data)
                await target.drain()
            if self._last_words and self._last_words in data:
                self.cut_off()
        with suppress(OSError):
            target.write_eof()

    async def _next(self, source: asyncio.StreamReader) -> bytes:
        """Return what comes next, be it the end; nothing comes, and nothing ends, while we are cut off."""
        data = b""
        with suppress(ConnectionError):
            data = await source.read(1 << 16)
        await self._through.wait()
        return data
