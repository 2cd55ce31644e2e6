"""The pretend VPS.org creates, deletes and restores, in its own time."""

import pytest

from bot.sandbox.clock import ManualClock
from bot.sandbox.vps.model import Outcome
from bot.sandbox.vps.provider import Provider
from tests.sandbox.provider_kit import NOON, Api


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
        ({"server_id": None}, "server_id"),
        ({"server_id": 101.5}, "server_id"),
        ({"server_id": [101]}, "server_id"),
        ({"server_id": "9" * 5000}, "server_id"),
        ({"server_id": 101, "description": True}, "description"),
        ({"server_id": 101, "description": None}, "description"),
        ({"server_id": 101, "description": "a\0b"}, "description"),
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


@pytest.mark.parametrize("server_id", ["101", " 101 ", "101.0", "+101", 101.0])
async def test_create_takes_an_id_as_digits_and_needs_no_description(api: Api, server_id: object) -> None:
    assert (await api.http.post("/backups/", json={"server_id": server_id})).status_code == 201


async def test_a_description_is_kept_without_the_space_around_it(api: Api) -> None:
    assert (await api.create("  before the move \n")).json()["description"] == "before the move"
    assert (await api.http.post("/backups/", json={"server_id": 101, "description": 7})).status_code == 201


@pytest.mark.parametrize("path", ["/backups/", "/servers/101/restore/"])
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_without_a_body_the_required_field_is_missed(
    api: Api, path: str, content_type: str | None
) -> None:
    answer = await api.http.post(path, headers={"Content-Type": content_type} if content_type else {})
    assert answer.status_code == 400
    [words] = answer.json().values()
    assert words == ["This field is required."]


async def test_create_for_an_unknown_server(api: Api) -> None:
    answer = await api.http.post("/backups/", json={"server_id": 999})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


async def test_what_is_no_json_is_refused(api: Api) -> None:
    cut = await api.http.post("/backups/", content="{", headers={"Content-Type": "application/json"})
    assert cut.status_code == 400
    assert cut.json()["detail"].startswith("JSON parse error")
    for body in (b"\xff", b'{"server_id": NaN}', b"[" * 100_000):
        strange = await api.http.post("/backups/", content=body, headers={"Content-Type": "application/json"})
        assert (strange.status_code, list(strange.json())) == (400, ["detail"])
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
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert answer.json()["server"] == {"id": api.web.id, "name": "web-1", "status": "restoring"}
    assert answer.json()["message"]
    assert (await api.http.get("/servers/")).json()["results"][0]["status"] == "restoring"
    assert (await api.restore(backup.id)).status_code == 400
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
    api.web.status = "suspended"
    assert (await api.restore(good.id)).status_code == 400
    api.web.status = "active"
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


async def test_a_change_of_speed_concerns_the_rest_of_what_is_in_progress(api: Api) -> None:
    await api.create()
    api.clock.advance(10)
    api.provider.speed = 5.0
    [backup] = api.provider.creates
    api.clock.advance(1.9)
    assert backup.status == "in_progress"
    api.clock.advance(0.1)
    assert backup.status == "completed"
