"""The client against a real socket: connections refused, cut, reset and reused."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import Silence, Unreachable
from bot.vps.client import VpsClient

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def vps(talk: Talk) -> AsyncIterator[VpsClient]:
    """Yield a client of a server that does `talk` with each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = VpsClient(
        f"http://127.0.0.1:{port}/api/v1",
        SecretStr("token"),
        timeouts=httpx.Timeout(connect=1.0, read=0.2, write=1.0, pool=1.0),
        attempts=1,
    )
    async with server:
        yield client
        await client.aclose()


async def _cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    connection: socket.socket = writer.get_extra_info("socket")
    # Lingering for no time makes the kernel send a reset instead of an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


async def _hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    await writer.drain()


async def _bad_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    await writer.drain()


async def _silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("talk", [_cut, _reset, _hang_up, _gibberish, _bad_gzip, _silence])
async def test_a_broken_exchange_leaves_a_write_unknown(talk: Talk) -> None:
    async with vps(talk) as client:
        with pytest.raises(Unreachable) as caught:
            await client.post("/backups/", {"server_id": 1})
        assert caught.value.may_have_acted
        with pytest.raises(Unreachable) as caught:
            await client.get("/backups/")
        assert not caught.value.may_have_acted


async def test_a_refused_connection_means_nothing_was_done() -> None:
    with socket.socket() as taken:
        # Bound but not listening: the port stays ours and refuses.
        taken.bind(("127.0.0.1", 0))
        client = VpsClient(f"http://127.0.0.1:{taken.getsockname()[1]}", SecretStr("token"), attempts=1)
        with pytest.raises(Unreachable) as caught:
            await client.delete("/backups/1/")
        assert not caught.value.may_have_acted
        await client.aclose()


async def test_an_answer_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.vps.client.WHOLE_EXCHANGE", 0.3)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with vps(trickle) as client:
        with pytest.raises(Unreachable):
            await client.get("/backups/")


async def test_a_connection_is_used_again() -> None:
    connections = 0

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async with vps(polite) as client:
        for _ in range(3):
            assert await client.get("/backups/") == {}
    assert connections == 1


async def test_a_proxy_of_the_environment_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with vps(polite) as client:
        assert await client.get("/backups/") == {}


async def test_a_reader_who_gives_up_leaves_the_pool_whole() -> None:
    async with vps(_silence) as client:
        for _ in range(30):
            reading = asyncio.create_task(client.get("/backups/"))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        with pytest.raises(Unreachable) as caught:
            await client.get("/backups/")
        # Had the pool no connection left, it would say that it could not be reached.
        assert caught.value.silence is Silence.TIMED_OUT
