"""Whether the process lives and is ready, over HTTP."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.errors import AddressUnavailable, BotError, ConfigurationError
from bot.health import Check, HttpServer, routes

never = asyncio.Event()


async def reachable() -> bool:
    return True


async def unreachable() -> bool:
    raise OSError("no route")


async def stuck() -> bool:
    return await never.wait()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def ask(session: aiohttp.ClientSession, path: str, checks: dict[str, Check]) -> tuple[int, object]:
    server = HttpServer(routes(checks, timeout_seconds=0.05), port=0)
    await server.start()
    try:
        async with session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
            return answer.status, await answer.json()
    finally:
        await server.stop()


async def test_a_process_that_is_not_ready_is_alive(session: aiohttp.ClientSession) -> None:
    answer = await ask(session, "/healthz", {"slack": lambda: False})
    assert answer == (200, {"status": "alive"})


async def test_ready_when_every_check_passes(session: aiohttp.ClientSession) -> None:
    answer = await ask(session, "/readyz", {"slack": lambda: True, "database": reachable})
    assert answer == (200, {"slack": True, "database": True})


@pytest.mark.parametrize("database", [unreachable, stuck, lambda: False])
async def test_one_check_that_fails_or_hangs_is_told(database: Check, session: aiohttp.ClientSession) -> None:
    answer = await ask(session, "/readyz", {"slack": lambda: True, "database": database})
    assert answer == (503, {"slack": True, "database": False})


async def test_what_is_informational_does_not_count(session: aiohttp.ClientSession) -> None:
    server = HttpServer(routes({"slack": lambda: True}, informational={"vps": lambda: False}), port=0)
    await server.start()
    async with session.get(f"http://127.0.0.1:{server.port}/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"slack": True, "vps": False})
    await server.stop()


async def test_it_listens_on_loopback_and_stops() -> None:
    server = HttpServer(routes({}), port=0)
    await server.start()
    port = server.port
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()
    await server.stop()
    await server.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_taken_port_is_told_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = await refused(port=port)
    assert isinstance(refusal, AddressUnavailable)
    assert (refusal.reason, refusal.address) == ("Address already in use", f"127.0.0.1:{port}")


# The first is for documentation (RFC 5737), so that no machine has it.
@pytest.mark.parametrize("address", ["192.0.2.1", "nowhere.invalid"])
async def test_an_address_that_is_not_there_yet_may_be_later(address: str) -> None:
    assert isinstance(await refused(bind=address, port=1), AddressUnavailable)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
async def test_an_address_that_is_not_for_us_never_will_be(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_: object) -> None:
        raise OSError(number, "the library's own words")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_server", forbidden)
    assert isinstance(await refused(port=80), ConfigurationError)


async def refused(*, port: int, bind: str = "127.0.0.1") -> BotError:
    """Return why nothing can listen there."""
    with pytest.raises(BotError) as refusal:
        await HttpServer([], bind=bind, port=port).start()
    return refusal.value


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HT",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_a_connection_on_which_nothing_more_comes_is_closed(sent: bytes) -> None:
    server = HttpServer(routes({}), port=0, silent_seconds=0.1)
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        async with asyncio.timeout(5):
            answered = await reader.read()
        assert answered.startswith(b"HTTP/1.1 200") == sent.endswith(b"\r\n\r\n")
        writer.close()
    finally:
        await server.stop()


async def test_however_many_are_silent_the_oldest_go_and_who_asks_is_answered(
    session: aiohttp.ClientSession,
) -> None:
    server = HttpServer(routes({}), port=0, silent_seconds=60, most_silent=20)
    await server.start()
    silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(100)]
    try:
        async with asyncio.timeout(5), session.get(f"http://127.0.0.1:{server.port}/healthz") as answer:
            assert answer.status == 200
            assert [await reader.read() for reader, _ in silent[:80]] == [b""] * 80
    finally:
        for _, writer in silent:
            writer.close()
        await server.stop()


async def test_who_is_being_answered_is_not_let_go(session: aiohttp.ClientSession) -> None:
    going_on = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        going_on.set()
        await asyncio.sleep(0.3)
        return web.Response(text="done")

    server = HttpServer([web.get("/slow", slow)], port=0, silent_seconds=0.05, most_silent=2)
    await server.start()
    try:
        asking = asyncio.create_task(session.get(f"http://127.0.0.1:{server.port}/slow"))
        await going_on.wait()
        writers = [(await asyncio.open_connection("127.0.0.1", server.port))[1] for _ in range(10)]
        async with await asking as answer:
            assert await answer.text() == "done"
        for writer in writers:
            writer.close()
    finally:
        await server.stop()


@pytest.mark.parametrize(
    ("bind", "address"), [("127.0.0.1", "127.0.0.1:81"), ("::1", "[::1]:81"), ("localhost", "localhost:81")]
)
def test_its_address_reads_as_one(bind: str, address: str) -> None:
    assert HttpServer([], bind=bind, port=81).address == address
