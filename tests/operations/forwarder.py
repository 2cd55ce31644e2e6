"""The network between a bot and a service on loopback, which can be made to swallow everything."""

import asyncio
import ctypes
import socket
import struct
from contextlib import suppress

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
_KEEP_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
_FILTER = struct.pack("HL", 1, ctypes.addressof(_KEEP_NOTHING))
"""One instruction for the kernel: keep 0 bytes of each packet (Linux, networking/filter.rst)."""


class Forwarder:
    """Carries connections to a port of loopback, until `cut_off`: nothing gets through then, unsaid.

    Our kernel drops what comes from either end before it acknowledges it, be it the end of a connection. So
    each end's kernel has to find out by itself, by its keepalives and time-outs, as when a wire is cut or a
    machine loses its power. `heal` lets all through again, also what was sent meanwhile.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._last_words: bytes | None = None
        self._near: set[asyncio.StreamWriter] = set()
        self._far: set[asyncio.StreamWriter] = set()
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
        self._is_cut = True
        for each in self._sockets():
            each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)

    def heal(self) -> None:
        """Let everything through again."""
        self._is_cut, self._last_words = False, None
        for each in self._sockets():
            each.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)

    def cut_off_after(self, words: bytes) -> None:
        """Let what holds these words through, but nothing after it."""
        self._last_words = words

    @property
    def ports(self) -> list[int]:
        """The ports by which the service knows the connections that it has not ended, as far as we heard."""
        return [writer.get_extra_info("sockname")[1] for writer in self._far]

    def _sockets(self) -> list[socket.socket]:
        carried = [writer.get_extra_info("socket") for writer in (*self._near, *self._far)]
        return [*self._server.sockets, *carried]

    async def _connected(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        carrying = asyncio.ensure_future(self._carry(near, to_near))
        self._carrying.add(carrying)
        self._near.add(to_near)
        with suppress(asyncio.CancelledError, ConnectionError):
            await carrying
        self._near.discard(to_near)
        self._carrying.discard(carrying)
        to_near.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_connection("127.0.0.1", self._port)
        self._far.add(to_far)
        if self._is_cut:
            self.cut_off()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._one_way(near, to_far))
                both.create_task(self._one_way(far, to_near))
        finally:
            self._far.discard(to_far)
            to_far.transport.abort()

    async def _one_way(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        data = b"begin"
        while data:
            data = b""
            with suppress(ConnectionError):
                data = await source.read(1 << 16)
            with suppress(ConnectionError):
                target.write(data)
                await target.drain()
            if self._last_words and self._last_words in data:
                self.cut_off()
        with suppress(OSError):
            target.write_eof()
