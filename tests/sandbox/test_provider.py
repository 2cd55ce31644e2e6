"""The pretend VPS.org answers as the documentation of the real one says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.sandbox.clock import ManualClock
from bot.sandbox.provider import Provider
from bot.sandbox.provider_model import Outcome, Server
from bot.sandbox.server import Sandbox

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Api:
    provider: Provider
    clock: ManualClock
    http: httpx.AsyncClient
    web: Server

    async def create(self, description: str = "") -> httpx.Response:
        return await self.http.post("/backups/", json={"server_id": self.web.id, "description": description})

    async def restore(self, backup_id: object, server_id: int | None = None) -> httpx.Response:
        return await self.http.post(
            f"/servers/{server_id or self.web.id}/restore/", json={"backup_id": backup_id}
        )

    async def listed(self, **query: str | int) -> list[int]:
        answer = await self.http.get("/backups/", params=query)
        return [backup["id"] for backup in answer.json()["results"]]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    clock = ManualClock(NOON)
    sandbox = Sandbox(seeded=False, clock=clock)
    await sandbox.start()
    web = sandbox.provider.add_server("web-1")
    headers = {"Authorization": f"Bearer {sandbox.provider.token}"}
    async with httpx.AsyncClient(base_url=sandbox.vps_api_url, headers=headers, trust_env=False) as http:
        yield Api(sandbox.provider, clock, http, web)
    await sandbox.stop()


async def test_a_backup_is_shown_as_documented(api: Api) -> None:
    api.provider.add_backup(
        "web-1",
        backup_type="automatic",
        age=timedelta(hours=9),
        kept=timedelta(days=7),
        size_mb=4523,
        description="Automatic daily backup",
    )
    answer = await api.http.get("/backups/")
    assert answer.status_code == 200
    assert answer.json() == {
        "count": 1,
        "results": [
            {
                "id": 5001,
                "server": {"id": 101, "name": "web-1"},
                "backup_type": "automatic",
                "status": "completed",
                "size_mb": 4523,
                "created_at": "2026-03-01T03:00:00Z",
                "expires_at": "2026-03-08T03:00:00Z",
                "description": "Automatic daily backup",
            }
        ],
    }


async def test_lists_are_filtered_by_server_and_type(api: Api) -> None:
    other = api.provider.add_server("web-2")
    nightly = api.provider.add_backup("web-1", backup_type="automatic")
    manual = api.provider.add_backup("web-1")
    elsewhere = api.provider.add_backup("web-2")
    assert set(await api.listed()) == {nightly.id, manual.id, elsewhere.id}
    assert set(await api.listed(server_id=other.id)) == {elsewhere.id}
    assert set(await api.listed(server_id=api.web.id, backup_type="manual")) == {manual.id}
    assert await api.listed(server_id=999) == []


@pytest.mark.parametrize(
    ("query", "field"), [("server_id=web-1", "server_id"), ("backup_type=weekly", "backup_type")]
)
async def test_a_filter_that_makes_no_sense_is_a_field_error(api: Api, query: str, field: str) -> None:
    answer = await api.http.get(f"/backups/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_lists_come_in_no_meaningful_but_a_stable_order(api: Api) -> None:
    ids = [api.provider.add_backup("web-1", age=timedelta(hours=age)).id for age in range(20)]
    first = await api.listed()
    assert first not in (ids, ids[::-1])
    assert first == await api.listed()


async def test_pages_lead_to_each_other(api: Api) -> None:
    ids = {api.provider.add_backup("web-1", backup_type="automatic").id for _ in range(5)}
    api.provider.page_size = 2
    address: str | None = f"/backups/?server_id={api.web.id}"
    seen: list[int] = []
    while address:
        page = (await api.http.get(address)).json()
        assert page["count"] == 5
        seen += [backup["id"] for backup in page["results"]]
        address = page["next"]
    assert set(seen) == ids
    assert len(seen) == 5
    for wrong in ("4", "0", "x"):
        assert (await api.http.get("/backups/", params={"page": wrong})).status_code == 404


async def test_a_list_can_be_cut_without_a_word_but_its_count(api: Api) -> None:
    for _ in range(3):
        api.provider.add_backup("web-1")
    api.provider.cut_lists_at = 2
    answer = (await api.http.get("/backups/")).json()
    assert (answer["count"], len(answer["results"])) == (3, 2)
    assert "next" not in answer


async def test_an_expired_backup_is_gone(api: Api) -> None:
    old = api.provider.add_backup("web-1", backup_type="automatic", kept=timedelta(hours=2))
    api.clock.advance(3600)
    assert await api.listed() == []
    assert (await api.http.delete(f"/backups/{old.id}/")).status_code == 404


async def test_a_new_backup_takes_its_time(api: Api) -> None:
    answer = await api.create("before the update")
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("message").startswith("Backup is being created.")
    assert (made["status"], made["size_mb"], made["expires_at"]) == ("in_progress", None, None)
    assert (made["backup_type"], made["description"]) == ("manual", "before the update")
    api.clock.advance(19)
    assert (await api.http.get("/backups/")).json()["results"] == [made]
    api.clock.advance(1)
    done = made | {"status": "completed", "size_mb": 8000}
    assert (await api.http.get("/backups/")).json()["results"] == [done]


def test_bigger_servers_take_longer_and_speed_divides_it() -> None:
    clock = ManualClock(NOON)
    provider = Provider(speed=10, clock=clock)
    small, big = (
        provider.create(provider.add_server(name, disk_mb=mb).id, "")
        for name, mb in (("small", 1000), ("big", 48000))
    )
    clock.advance(1.3)
    assert (small.status, big.status) == ("completed", "in_progress")
    clock.advance(4.7)
    assert big.status == "completed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "server_id"),
        ({"server_id": "web-1"}, "server_id"),
        ({"server_id": True}, "server_id"),
        ({"server_id": 101, "description": 7}, "description"),
        ({"server_id": 101, "description": "x" * 256}, "description"),
        ([], "non_field_errors"),
    ],
)
async def test_create_finds_fault_with_fields(api: Api, body: object, field: str) -> None:
    answer = await api.http.post("/backups/", json=body)
    assert answer.status_code == 400
    [(name, [words])] = answer.json().items()
    assert name == field
    assert words
    assert api.provider.creates == []


async def test_create_takes_an_id_as_digits_and_needs_no_description(api: Api) -> None:
    assert (await api.http.post("/backups/", json={"server_id": "101"})).status_code == 201


async def test_create_for_an_unknown_server(api: Api) -> None:
    answer = await api.http.post("/backups/", json={"server_id": 999})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


async def test_what_is_no_json_is_refused(api: Api) -> None:
    cut = await api.http.post("/backups/", content="{", headers={"Content-Type": "application/json"})
    assert cut.status_code == 400
    assert cut.json()["detail"].startswith("JSON parse error")
    form = await api.http.post("/backups/", data={"server_id": "101"})
    assert form.status_code == 415


async def test_ten_manual_backups_are_the_most(api: Api) -> None:
    for _ in range(10):
        api.provider.add_backup("web-1")
        api.provider.add_backup("web-1", backup_type="automatic")
    refused = await api.create()
    assert refused.status_code == 400
    assert "10" in refused.json()["detail"]
    await api.http.delete(f"/backups/{api.provider.backups_of('web-1')[0].id}/")
    assert (await api.create()).status_code == 201


async def test_a_backup_is_deleted_once(api: Api) -> None:
    backup = api.provider.add_backup("web-1")
    first = await api.http.delete(f"/backups/{backup.id}/")
    assert (first.status_code, first.content) == (204, b"")
    assert (await api.http.delete(f"/backups/{backup.id}/")).status_code == 404
    assert api.provider.deletes == [backup.id]
    assert await api.listed() == []


async def test_deleting_a_running_backup_ends_it(api: Api) -> None:
    made = (await api.create()).json()
    assert (await api.http.delete(f"/backups/{made['id']}/")).status_code == 204
    api.clock.advance(60)
    assert await api.listed() == []


async def test_a_restore_keeps_the_server_busy_for_a_while(api: Api) -> None:
    backup = api.provider.add_backup("web-1")
    answer = await api.restore(backup.id)
    assert answer.status_code == 202
    assert answer.json()["message"]
    assert (await api.http.get("/servers/")).json()["results"][0]["status"] == "restoring"
    assert (await api.restore(backup.id)).status_code == 409
    api.clock.advance(20)
    assert (await api.http.get("/servers/")).json()["results"][0]["status"] == "active"
    assert api.web.restored_from == backup.id
    assert api.provider.restores == [("web-1", backup.id)]


async def test_restores_that_are_refused(api: Api) -> None:
    other = api.provider.add_server("web-2")
    good = api.provider.add_backup("web-1")
    failed = api.provider.add_backup("web-1", status="failed")
    assert (await api.restore(failed.id)).status_code == 400
    assert (await api.restore("x")).json() == {"backup_id": ["A valid integer is required."]}
    assert (await api.restore(good.id, other.id)).status_code == 404
    assert (await api.restore(good.id, 999)).status_code == 404
    assert (await api.restore(999)).status_code == 404
    await api.create()
    assert (await api.restore(good.id)).status_code == 409
    assert api.provider.restores == []


async def test_a_restore_may_never_end_or_end_badly(api: Api) -> None:
    backup = api.provider.add_backup("web-1")
    api.web.restores_end = None
    await api.restore(backup.id)
    api.clock.advance(3600)
    assert api.web.status == "restoring"
    api.web.restores_end = "error"
    api.provider.finish_restores()
    assert api.web.status == "error"


async def test_servers_are_shown_as_documented_and_filtered(api: Api) -> None:
    api.provider.add_server("lab", status="stopped").location = "Helsinki"
    [server] = (await api.http.get("/servers/", params={"location": "Helsinki"})).json()["results"]
    fields = "id name hostname status ip_address location plan os created_at updated_at"
    assert list(server) == fields.split()
    stopped = (await api.http.get("/servers/", params={"status": "stopped"})).json()
    assert [found["name"] for found in stopped["results"]] == ["lab"]
    assert (await api.http.get("/servers/", params={"status": "asleep"})).status_code == 400


async def test_the_account_tells_what_the_token_may_do(api: Api) -> None:
    api.provider.permissions = ["read"]
    answer = (await api.http.get("/account/me/")).json()
    assert answer["token"]["permissions"] == ["read"]
    assert answer["account"]["email"]
    backup = api.provider.add_backup("web-1")
    for refused in (
        await api.create(),
        await api.http.delete(f"/backups/{backup.id}/"),
        await api.restore(backup.id),
    ):
        assert refused.status_code == 403
        assert refused.json()["detail"]


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "vps-sandbox"}])
async def test_nobody_gets_in_without_the_token(api: Api, given: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=api.http.base_url, headers=given, trust_env=False) as stranger:
        for method, path in (("GET", "/backups/"), ("POST", "/backups/"), ("GET", "/account/me/")):
            answer = await stranger.request(method, path)
            assert answer.status_code == 401
            assert answer.json()["detail"]
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_addresses_end_in_a_slash(api: Api) -> None:
    for method in ("GET", "POST"):
        answer = await api.http.request(method, f"/backups?server_id={api.web.id}")
        assert answer.status_code == 301
        assert answer.headers["Location"] == f"/vps/api/v1/backups/?server_id={api.web.id}"
    assert api.provider.creates == []


async def test_other_addresses_and_methods_do_not_exist(api: Api) -> None:
    lost = await api.http.get("/backups/5001/snapshots/")
    assert (lost.status_code, lost.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    wrong = await api.http.put("/backups/")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": 'Method "PUT" not allowed.'})


@pytest.mark.parametrize(
    ("ends", "listed"), [("failed", ["failed"]), ("vanishes", []), ("never", ["in_progress"])]
)
async def test_backups_can_end_otherwise(api: Api, ends: Outcome, listed: list[str]) -> None:
    api.web.backups_end = ends
    await api.create()
    api.clock.advance(3600)
    assert [found["status"] for found in (await api.http.get("/backups/")).json()["results"]] == listed


async def test_a_new_backup_may_appear_late(api: Api) -> None:
    api.web.backups_appear_after = 3.0
    made = (await api.create()).json()
    assert await api.listed() == []
    api.clock.advance(3)
    assert await api.listed() == [made["id"]]


async def test_held_backups_end_when_told(api: Api) -> None:
    await api.create()
    api.provider.hold()
    await api.create()
    api.clock.advance(3600)
    first, second = api.provider.creates
    assert (first.status, second.status) == ("in_progress", "in_progress")
    api.provider.finish(first.id, "failed")
    assert (first.status, second.status) == ("failed", "in_progress")
    api.provider.finish()
    assert second.status == "completed"


async def test_released_backups_and_restores_take_their_time_again(api: Api) -> None:
    backup = api.provider.add_backup("web-1")
    api.provider.hold()
    await api.restore(backup.id)
    api.clock.advance(3600)
    assert api.web.status == "restoring"
    api.provider.release()
    api.clock.advance(20)
    assert api.web.status == "active"


async def test_calls_are_recorded_in_order(api: Api) -> None:
    await api.create("why")
    await api.http.get("/backups/", params={"server_id": 101})
    await api.http.post("/backups/", content="{")
    kept = [(call.method, call.path, call.query, call.body, call.status) for call in api.provider.calls]
    assert kept == [
        ("POST", "/backups/", {}, {"server_id": 101, "description": "why"}, 201),
        ("GET", "/backups/", {"server_id": "101"}, None, 200),
        ("POST", "/backups/", {}, "{", 415),
    ]


async def test_waiting_for_a_condition(api: Api) -> None:
    await api.create()
    api.provider.finish()
    assert await api.provider.until(lambda: api.provider.creates) == api.provider.creates
    with pytest.raises(TimeoutError):
        await api.provider.until(lambda: api.provider.deletes, seconds=0.001)
