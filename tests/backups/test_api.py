"""The backups' API against httpx's own transport seam."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.backups.api import BackupsApi
from bot.errors import BadRequest, InvalidResponse, NotFound, ProviderError, SlotsFull, Unreachable
from bot.vps.client import VpsClient
from tests.metrics.growth import Growth

Json = dict[str, object]


def told(backup_id: int = 501, server_id: int = 7, **changes: object) -> Json:
    return {
        "id": backup_id,
        "server": {"id": server_id, "name": f"web-{server_id}"},
        "backup_type": "manual",
        "status": "completed",
        "size_mb": 4523,
        "created_at": "2025-01-16T03:00:00Z",
        "expires_at": None,
        "description": "",
        **changes,
    }


def listed(*backups: object, **envelope: object) -> httpx.Response:
    return httpx.Response(200, json={"count": len(backups), "results": backups, **envelope})


class Vps(httpx.MockTransport):
    """Gives one answer per method, and keeps the requests."""

    def __init__(self, **answers: httpx.Response) -> None:
        super().__init__(self._answer)
        self.answers = answers
        self.requests: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers[request.method]

    @property
    def lines(self) -> list[str]:
        return [
            f"{each.method} {each.url.raw_path.decode()} {each.content.decode()}" for each in self.requests
        ]


def api(vps: Vps, keep_seconds: float = 0.0) -> BackupsApi:
    client = VpsClient("https://vps.example/api/v1", SecretStr("token"), transport=vps)
    return BackupsApi(client, keep_seconds=keep_seconds)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


async def test_backups_are_listed() -> None:
    vps = Vps(GET=listed(told(1), told(2, 8, status="archiving")))
    found = await api(vps).list()
    assert [(each.id, each.server.id, each.status) for each in found.backups] == [
        (1, 7, "completed"),
        (2, 8, "archiving"),
    ]
    assert found.not_shown == 0
    assert vps.lines == ["GET /api/v1/backups/ "]


async def test_filters_are_sent_and_also_applied() -> None:
    vps = Vps(GET=listed(told(1), told(2, 8), told(3, backup_type="automatic")))
    assert [each.id for each in (await api(vps).list(7, "manual")).backups] == [1]
    assert vps.lines == ["GET /api/v1/backups/?server_id=7&backup_type=manual "]


async def test_a_malformed_backup_does_not_lose_the_others() -> None:
    vps = Vps(GET=listed(told(1), told(2, created_at="soon"), None, "x", [], {}, told(3)))
    found = await api(vps).list()
    assert [each.id for each in found.backups] == [1, 3]
    assert found.not_shown == 5


@pytest.mark.parametrize(("count", "not_shown"), [(1, 0), (None, 0), (2, 1)])
async def test_a_backup_told_twice_is_one_and_may_hide_another(count: int | None, not_shown: int) -> None:
    told_twice = listed(told(1, status="in_progress"), told(1), count=count)
    found = await api(Vps(GET=told_twice)).list()
    assert [each.status for each in found.backups] == ["completed"]
    assert found.not_shown == not_shown


@pytest.mark.parametrize(
    "odd",
    [
        {"expires_at": ""},
        {"expires_at": "never"},
        {"expires_at": [1]},
        {"description": 123},
        {"description": {"text": "x"}},
        {"description": None},
        {"size_mb": "12.5"},
        {"size_mb": "big"},
        {"size_mb": -1},
        {"size_mb": {}},
        {"status": "Completed"},
        {"status": " COMPLETED "},
        {"server": {"id": "7", "name": "web-1"}},
        {"server": {"id": 7, "name": 1}},
    ],
)
async def test_one_odd_field_hides_nothing_else(odd: dict[str, Any]) -> None:
    found = await api(Vps(GET=listed(told(1, **odd), told(2)))).list()
    assert [each.id for each in found.backups if each.is_complete] == [1, 2]
    assert found.not_shown == 0


async def test_what_was_announced_but_did_not_come_is_counted_as_not_shown() -> None:
    found = await api(Vps(GET=listed(told(1), {}, count=30))).list()
    assert len(found.backups) == 1
    assert found.not_shown == 29


@pytest.mark.parametrize("shape", [[], [told()], {"backups": []}, "x", None])
async def test_a_wrong_envelope_is_an_invalid_response(shape: object) -> None:
    with pytest.raises(InvalidResponse):
        await api(Vps(GET=httpx.Response(200, json=shape))).list()


async def test_listings_are_counted_by_scope_and_what_came_of_them() -> None:
    growth = Growth()
    await api(Vps(GET=listed(told()))).list()
    await api(Vps(GET=listed(told(), count=2))).list(7)
    for wanted in (7, None):
        with pytest.raises(ProviderError):
            await api(Vps(GET=httpx.Response(401))).list(wanted)
    counted = {("all", "ok"): 1, ("one", "partial"): 1, ("one", "failed"): 1, ("all", "failed"): 1}
    assert growth.of("listings_total") == counted


async def test_a_new_backup_is_returned() -> None:
    vps = Vps(
        POST=httpx.Response(201, json=told(9, status="in_progress", message="Backup is being created."))
    )
    backup = await api(vps).create(7, "before the upgrade")
    assert (backup.id, backup.is_final) == (9, False)
    assert vps.lines == ['POST /api/v1/backups/ {"server_id":7,"description":"before the upgrade"}']


@pytest.mark.parametrize("answer", [{}, [], {"message": "Created."}, {"id": 9}, "ok"])
async def test_a_new_backup_that_can_not_be_read_may_exist(answer: object) -> None:
    with pytest.raises(InvalidResponse) as caught:
        await api(Vps(POST=httpx.Response(201, json=answer))).create(7, "")
    assert caught.value.may_have_acted


async def test_a_full_server_is_told_from_a_bad_request() -> None:
    ten = [told(n) for n in range(10)]
    refused = httpx.Response(400, json={"detail": "Limit reached."})
    vps = Vps(POST=refused, GET=listed(*ten, told(11, backup_type="automatic")))
    with pytest.raises(SlotsFull) as caught:
        await api(vps).create(7, "")
    assert not caught.value.may_have_acted
    assert vps.lines[1:] == ["GET /api/v1/backups/?server_id=7&backup_type=manual "]


@pytest.mark.parametrize(
    "look",
    [
        listed(*[told(n) for n in range(9)]),
        listed(*[told(n, server_id=8) for n in range(10)]),
        listed(*[told(n, backup_type="automatic") for n in range(10)]),
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
    ],
)
async def test_a_bad_request_to_a_server_not_seen_full_stays_one(look: httpx.Response) -> None:
    refused = httpx.Response(400, json={"description": ["Too long."]})
    with pytest.raises(BadRequest) as caught:
        await api(Vps(POST=refused, GET=look)).create(7, "x" * 999)
    assert caught.value.words == "description: Too long."


async def test_a_backup_is_deleted_once() -> None:
    vps = Vps(DELETE=httpx.Response(204))
    await api(vps).delete(501)
    assert vps.lines == ["DELETE /api/v1/backups/501/ "]
    with pytest.raises(NotFound):
        await api(Vps(DELETE=httpx.Response(404, json={"detail": "Not found."}))).delete(501)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(202, json={"message": "Restore started."}), "Restore started."),
        (httpx.Response(200, json={"detail": "Started."}), "Started."),
        (httpx.Response(200, json={"message": "<b>Started</b>"}), ""),
        (httpx.Response(200, json={"message": 3}), ""),
        (httpx.Response(200, json=[]), ""),
        (httpx.Response(200), ""),
        (httpx.Response(204), ""),
    ],
)
async def test_a_restore_returns_the_apis_own_words(answer: httpx.Response, words: str) -> None:
    vps = Vps(POST=answer)
    assert await api(vps).restore(7, 501) == words
    assert vps.lines == ['POST /api/v1/servers/7/restore/ {"backup_id":501}']


async def test_a_restore_of_unknown_outcome_is_not_sent_again() -> None:
    vps = Vps(POST=httpx.Response(504))
    with pytest.raises(Unreachable) as caught:
        await api(vps).restore(7, 501)
    assert caught.value.may_have_acted
    assert len(vps.requests) == 1


async def test_tens_of_thousands_are_read_in_a_moment() -> None:
    body = json.dumps({"count": 30_000, "results": [told(n, n % 50) for n in range(30_000)]}).encode()
    it = api(Vps(GET=httpx.Response(200, content=body)))
    begun = time.process_time()
    found = await it.list()
    assert (len(found.backups), found.not_shown) == (30_000, 0)
    # Takes 0.3 s; the margin is for slow machines.
    assert time.process_time() - begun < 5


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
twisted = st.dictionaries(st.sampled_from(sorted(told())), anything, max_size=2).map(lambda it: told() | it)


@given(st.lists(anything | twisted, max_size=5), anything)
async def test_whatever_comes_is_a_list_or_a_provider_error(results: list[object], count: object) -> None:
    body = json.dumps({"count": count, "results": results}).encode()
    try:
        found = await api(Vps(GET=httpx.Response(200, content=body))).list()
    except ProviderError:
        return
    assert 0 <= len(found.backups) <= len(results)
    assert found.not_shown >= 0


async def test_how_fresh_the_backups_of_each_server_are_is_asked_in_one_call() -> None:
    vps = Vps(GET=listed(told(1), told(2, status="failed", created_at="2025-01-17T03:00:00Z"), told(3, 8)))
    found, not_shown = await api(vps).freshness()
    assert not_shown == 0
    assert {server: (each.newest_failed, each.manual) for server, each in found.items()} == {
        7: (True, 2),
        8: (False, 1),
    }
    assert vps.lines == ["GET /api/v1/backups/ "]


async def test_a_list_to_show_is_asked_for_once_for_all_and_kept_for_a_while() -> None:
    vps = Vps(GET=listed(told(1)))
    backups = api(vps, keep_seconds=60.0)
    for _ in range(3):
        await asyncio.gather(*(backups.list_to_show(7) for _ in range(5)))
    await backups.list_to_show(7, "manual")
    assert len(vps.requests) == 2
    await backups.list(7)
    assert len(vps.requests) == 3


@pytest.mark.parametrize("status", [200, 500])
async def test_after_a_call_that_changes_something_a_list_is_never_an_older_one(status: int) -> None:
    answer = httpx.Response(status, json=told(2))
    vps = Vps(GET=listed(told(1)), POST=answer, DELETE=answer)
    backups = api(vps, keep_seconds=60.0)
    for change in (backups.create(7, "why"), backups.delete(1), backups.restore(7, 1)):
        await backups.list_to_show()
        before = len(vps.requests)
        with suppress(ProviderError):
            await change
        await backups.list_to_show()
        assert [each.method for each in vps.requests[before:]][-1] == "GET"


async def test_a_list_that_could_not_be_had_is_not_kept() -> None:
    vps = Vps(GET=httpx.Response(403))
    backups = api(vps, keep_seconds=60.0)
    with pytest.raises(ProviderError):
        await backups.list_to_show()
    vps.answers["GET"] = listed(told(1))
    assert len((await backups.list_to_show()).backups) == 1
