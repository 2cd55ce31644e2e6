"""The directory of servers, with a provider that answers when told to."""

import asyncio
import gc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Busy, HiddenServer, Silence, UnknownServer, Unreachable
from bot.permissions import Sight
from bot.servers.directory import ServerDirectory
from bot.servers.model import Server, ServerList
from bot.slack.messages import explain

WEB = Server(id=1, name="web-1", hostname="front.example.com")
DB = Server(id=2, name="db-1")
NEW = Server(id=3, name="new-1")
DOWN = Unreachable(silence=Silence.TIMED_OUT)


def everything(_: str) -> bool:
    """Let a person see all servers."""
    return True


class Provider:
    """Lists the servers it has, or raises; holds the answer back while `held`."""

    def __init__(self, *servers: Server) -> None:
        self.servers = list(servers)
        self.not_shown = 0
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.asked = 0

    async def list(self) -> ServerList:
        self.asked += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return ServerList(self.servers, self.not_shown)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def directory(provider: Provider, clock: Clock | None = None, timeout: float = 5.0) -> ServerDirectory:
    return ServerDirectory(provider, 60.0, timeout=timeout, clock=clock or Clock())


async def test_servers_are_asked_for_once_and_kept_for_a_while() -> None:
    provider, clock = Provider(WEB, DB), Clock()
    it = directory(provider, clock)
    assert it.known() == []
    assert await it.servers() == [DB, WEB]
    clock.now += 59
    assert await it.servers() == it.known() == [DB, WEB]
    assert provider.asked == 1
    clock.now += 2
    await it.servers()
    assert provider.asked == 2


async def test_many_who_ask_at_once_are_one_request() -> None:
    provider = Provider(WEB)
    provider.open.clear()
    it = directory(provider)
    asking = [asyncio.create_task(it.servers()) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    provider.open.set()
    assert await asyncio.gather(*asking[1:]) == [[WEB]] * 19
    assert provider.asked == 1


async def test_the_last_known_are_kept_when_vps_org_fails() -> None:
    provider, clock = Provider(WEB), Clock()
    it = directory(provider, clock)
    await it.servers()
    provider.error = DOWN
    clock.now += 999
    assert await it.servers() == [WEB]


async def test_the_last_known_are_returned_when_vps_org_is_slow() -> None:
    provider, clock = Provider(WEB), Clock()
    it = directory(provider, clock, timeout=0.01)
    await it.servers()
    provider.open.clear()
    provider.servers = [WEB, NEW]
    clock.now += 999
    assert await it.servers() == [WEB]
    provider.open.set()
    assert await it.find("new-1", everything) == NEW
    assert provider.asked == 2


async def test_an_answer_that_nobody_waits_for_any_more_is_no_bug_of_ours() -> None:
    provider, clock, complaints = Provider(WEB), Clock(), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    it = directory(provider, clock, timeout=0.01)
    await it.servers()
    provider.open.clear()
    provider.error = Unreachable(silence=Silence.TIMED_OUT)
    clock.now += 999
    assert await it.servers() == [WEB]
    provider.open.set()
    asking = it._asking
    assert asking is not None
    assert not asking.done()
    await asyncio.wait({asking})
    # Whatever still refers to the error refers to the task.
    del it, asking, provider
    gc.collect()
    assert complaints == []


async def test_without_any_known_the_failure_is_told() -> None:
    provider = Provider(WEB)
    provider.error = DOWN
    it = directory(provider)
    for wanted in (it.servers(), it.find("web-1", everything)):
        with pytest.raises(Unreachable):
            await wanted
    provider.error = None
    assert await it.servers() == [WEB]


async def test_a_name_not_known_is_asked_for_once_more() -> None:
    provider = Provider(WEB)
    it = directory(provider)
    assert await it.find("web-1", everything) == WEB
    provider.servers = [WEB, NEW]
    assert await it.find("new-1", everything) == NEW
    assert provider.asked == 2
    with pytest.raises(UnknownServer):
        await it.find("old-1", everything)
    assert provider.asked == 3


async def test_a_name_is_not_asked_for_twice_in_a_row() -> None:
    provider = Provider(WEB)
    with pytest.raises(UnknownServer) as caught:
        await directory(provider).find("new-1", everything)
    assert provider.asked == 1
    assert not caught.value.is_stale


async def test_a_name_that_could_not_be_asked_for_is_said_to_be_so() -> None:
    provider = Provider(WEB)
    it = directory(provider)
    await it.servers()
    provider.error = DOWN
    with pytest.raises(UnknownServer) as caught:
        await it.find("new-1", everything)
    assert caught.value.is_stale


async def test_suggestions_begin_with_what_begins_like_that() -> None:
    names = ["db-web", "web-2", "Web-1", "api", "wbe"]
    provider = Provider(*[Server(id=n, name=name) for n, name in enumerate(names, 10)], WEB)
    it = directory(provider)
    assert it.suggestions("web", everything) == []
    await it.servers()
    assert [each.name for each in it.suggestions("WEB", everything)] == [
        "web-1",
        "Web-1",
        "web-2",
        "db-web",
        "wbe",
    ]
    assert [each.name for each in it.suggestions("front.", everything)] == ["web-1"]
    assert [each.name for each in it.suggestions("13", everything)] == ["api"]
    assert len(it.suggestions("", everything)) == 6
    assert len(it.suggestions("", everything, most=2)) == 2
    assert provider.asked == 1


async def test_a_server_is_found_by_its_id_alone_and_one_not_known_is_asked_for_once_more() -> None:
    provider = Provider(WEB, Server(id=7, name="1", hostname="1"))
    it = directory(provider)
    assert await it.by_id(1, everything) == WEB
    provider.servers = [WEB, NEW]
    assert await it.by_id(3, everything) == NEW
    assert provider.asked == 2
    with pytest.raises(UnknownServer) as caught:
        await it.by_id(4, everything)
    assert not caught.value.is_stale
    assert provider.asked == 3
    provider.error = DOWN
    with pytest.raises(UnknownServer) as caught:
        await it.by_id(4, everything)
    assert caught.value.is_stale


@given(st.lists(st.text(max_size=8), max_size=150), st.text(max_size=4))
async def test_suggestions_are_known_servers_each_once(names: list[str], query: str) -> None:
    known = [Server(id=n, name=name) for n, name in enumerate(names)]
    it = directory(Provider(*known))
    await it.servers()
    found = it.suggestions(query, everything)
    assert len(found) <= 100
    assert len({each.id for each in found}) == len(found)
    fitting = [each for each in known if query.strip().casefold() in each.name.casefold()]
    assert len(found) == 100 or {each.id for each in fitting} <= {each.id for each in found}


async def test_the_directory_keeps_itself_fresh_until_cancelled() -> None:
    provider = Provider(WEB)
    pauses: list[float] = []
    done = asyncio.Event()
    errors = [None, DOWN, Busy(retry_after=200.0), Busy(retry_after=9999.0), None]

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        provider.servers = [WEB, NEW]
        if not errors:
            done.set()
            await asyncio.Event().wait()
        provider.error = errors.pop(0)

    it = ServerDirectory(provider, 60.0, sleep=sleep)
    running = asyncio.create_task(it.run())
    await asyncio.wait_for(done.wait(), 5)
    assert pauses == [60, 60, 60, 200, 300, 60]
    assert it.known() == [NEW, WEB]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_server_that_may_be_among_those_not_shown_is_not_said_to_be_missing() -> None:
    provider = Provider(WEB)
    provider.not_shown = 2
    it = directory(provider)
    for looking in (it.find("db-1", everything), it.by_id(99, everything)):
        with pytest.raises(UnknownServer) as caught:
            await looking
        assert caught.value.is_list_partial
    provider.not_shown = 0
    with pytest.raises(UnknownServer) as caught:
        await it.find("db-1", everything)
    assert not caught.value.is_list_partial


async def test_a_hidden_server_is_looked_for_as_long_as_one_that_is_not_there() -> None:
    provider = Provider(WEB, DB)
    it = directory(provider)
    await it.servers()
    for looking in (it.find("db-1", WEB.name.__eq__), it.by_id(2, WEB.name.__eq__)):
        asked = provider.asked
        with pytest.raises(HiddenServer) as caught:
            await looking
        assert caught.value.server_name == "db-1"
        assert provider.asked == asked + 1


names = st.text("abAB-1 ", min_size=1, max_size=4)


@given(st.lists(st.tuples(names, st.booleans()), max_size=12), names)
async def test_hidden_servers_change_nothing_of_what_is_found_and_said(
    known: list[tuple[str, bool]], typed: str
) -> None:
    servers = [Server(id=number, name=f"{'v' * seen}{name}") for number, (name, seen) in enumerate(known)]

    def sees(name: str) -> bool:
        return name.startswith("v")

    some, only = (
        directory(Provider(*servers)),
        directory(Provider(*(each for each in servers if sees(each.name)))),
    )
    assert await told(some, typed, sees) == await told(only, typed, everything)
    await some.servers()
    await only.servers()
    assert some.suggestions(typed, sees) == only.suggestions(typed, everything)


async def told(it: ServerDirectory, typed: str, sees: Sight) -> object:
    """Return the server that is found, or what a person is told."""
    try:
        return await it.find(typed, sees)
    except UnknownServer as error:
        return explain(error)
