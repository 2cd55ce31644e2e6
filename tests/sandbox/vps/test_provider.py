"""The pretend VPS.org lists, and says no, as the documentation of the real one says."""

from datetime import timedelta

import httpx
import pytest

from tests.sandbox.provider_kit import Api


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
    ("query", "count"),
    [
        ("server_id=-5", 0),
        ("server_id=%2B101", 1),
        ("server_id=101.0", 1),
        ("server_id=", 1),
        ("backup_type=", 1),
    ],
)
async def test_a_filter_that_fits_nothing_or_is_empty_is_no_fault(api: Api, query: str, count: int) -> None:
    api.provider.add_backup("web-1")
    answer = await api.http.get(f"/backups/?{query}")
    assert (answer.status_code, answer.json()["count"]) == (200, count)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("server_id=web-1", "server_id"),
        ("server_id=1.5", "server_id"),
        ("server_id=" + "9" * 5000, "server_id"),
        ("backup_type=weekly", "backup_type"),
    ],
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
    for wrong in ("4", "0", "x", "-1", "", "9" * 5000):
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


async def test_servers_are_shown_as_documented_and_filtered(api: Api) -> None:
    api.provider.add_server("lab", status="stopped").location = "Helsinki"
    [server] = (await api.http.get("/servers/", params={"location": "Helsinki"})).json()["results"]
    fields = "id name hostname status ip_address location plan os created_at updated_at"
    assert list(server) == fields.split()
    assert list(server["plan"]) == ["id", "name", "vcpus", "memory", "storage"]
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
    for path in ("/backups/-5/", f"/backups/{'9' * 5000}/", "/backups/９/"):
        assert (await api.http.delete(path)).status_code == 404
    wrong = await api.http.put("/backups/")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": 'Method "PUT" not allowed.'})


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
