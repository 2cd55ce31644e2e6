"""A name server that hangs costs nobody anything but those who need the name."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import Unreachable
from bot.event_loop import EventLoop
from bot.vps.client import VpsClient

HANGS = "vps.example"
ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]
TIMEOUTS = httpx.Timeout(0.05)


class NameServer:
    """Answers at once, but for the name that hangs until it is told to go on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.asked: list[str] = []

    def __call__(self, name: str | bytes, *_: object) -> Any:
        host = name.decode() if isinstance(name, bytes) else name
        self.asked.append(host)
        if host == HANGS:
            self.goes_on.wait(10)
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return ANSWER


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """What the machine asks for names."""
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.goes_on.set()


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(work)


async def look_up(host: str) -> Any:
    return await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)


def test_however_many_ask_vps_org_the_database_has_its_threads(name_server: NameServer) -> None:
    async def story() -> None:
        client = VpsClient(f"http://{HANGS}/api/v1", SecretStr("token"), timeouts=TIMEOUTS, attempts=1)

        async def list_backups() -> None:
            with pytest.raises(Unreachable):
                await client.list_all("/backups/")

        lists = [asyncio.create_task(list_backups()) for _ in range(100)]
        await asyncio.wait_for(asyncio.gather(*lists), 5)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "database"), 1) == "database"
        assert await asyncio.wait_for(look_up("slack.example"), 1) == ANSWER
        assert name_server.asked.count(HANGS) == 1
        await client.aclose()

    run(story())


def test_all_who_wait_get_the_answer_and_a_later_one_asks_anew(name_server: NameServer) -> None:
    async def story() -> None:
        asking = [asyncio.create_task(look_up(HANGS)) for _ in range(5)]
        await asyncio.sleep(0)
        asking[0].cancel()
        name_server.goes_on.set()
        assert await asyncio.gather(*asking[1:]) == [ANSWER] * 4
        assert await look_up(HANGS) == ANSWER
        assert name_server.asked == [HANGS, HANGS]

    run(story())


def test_a_look_up_that_hangs_for_good_is_not_waited_for_for_ever(
    name_server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.event_loop.SHARED_SECONDS", 0.01)

    async def story() -> None:
        for asked in (1, 2):
            with suppress(TimeoutError):
                await asyncio.wait_for(look_up(HANGS), 0.1)
            assert len(name_server.asked) == asked

    run(story())


@pytest.mark.usefixtures("name_server")
def test_a_name_that_is_not_known_is_an_error_as_ever() -> None:
    async def story() -> None:
        with pytest.raises(socket.gaierror):
            await look_up("nowhere.example")

    run(story())
