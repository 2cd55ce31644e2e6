"""Whatever is asked of it, the pretend VPS.org can go wrong."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.vps.faults import ALL_FAULTS


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(seeded=False)
    sandbox.provider.add_server("web-1")
    sandbox.provider.hold()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {sandbox.provider.token}"}
    async with httpx.AsyncClient(base_url=sandbox.vps_api_url, headers=headers, trust_env=False) as client:
        yield client


IMPATIENT = httpx.Timeout(10, read=0.1)


async def create(
    sandbox: Sandbox, http: httpx.AsyncClient, fault: str, patience: httpx.Timeout | None = None
) -> httpx.Response:
    """Make a backup, with that fault."""
    sandbox.faults.next_provider["POST", "/backups/"].append(fault)
    return await http.post("/backups/", json={"server_id": 101}, timeout=patience)


ANSWERED = {
    "500": (500, "text/html", 0),
    "502": (502, "text/html", 0),
    "503": (503, "text/html", 0),
    "429": (429, "application/json", 0),
    "429_without_retry_after": (429, "application/json", 0),
    "html": (200, "text/html", 0),
    "unauthorized": (401, "application/json", 0),
    "forbidden": (403, "application/json", 0),
    "not_found": (404, "application/json", 0),
    "conflict": (409, "application/json", 0),
    "success_false": (200, "application/json", 0),
    "error_in_200": (200, "application/json", 0),
    "accepted": (202, "application/json", 0),
    "accepted_after_acting": (202, "application/json", 1),
    "500_after_acting": (500, "text/html", 1),
    "502_after_acting": (502, "text/html", 1),
    "html_after_acting": (200, "text/html", 1),
    "cut": (201, "application/json", 1),
    "wrong_types": (201, "application/json", 1),
    "list_misses": (201, "application/json", 1),
    "list_repeats": (201, "application/json", 1),
}
UNANSWERED = {
    "reset": (httpx.NetworkError, httpx.RemoteProtocolError, 0),
    "reset_after_acting": (httpx.NetworkError, httpx.RemoteProtocolError, 1),
    "timeout_before_acting": (httpx.ReadTimeout, httpx.ReadTimeout, 0),
    "timeout_after_acting": (httpx.ReadTimeout, httpx.ReadTimeout, 1),
}


def test_every_fault_is_tried_here() -> None:
    assert {*ANSWERED, *UNANSWERED} == ALL_FAULTS


@pytest.mark.parametrize("fault", ANSWERED)
async def test_a_spoiled_answer(sandbox: Sandbox, http: httpx.AsyncClient, fault: str) -> None:
    status, content_type, carried_out = ANSWERED[fault]
    answer = await create(sandbox, http, fault)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(content_type)
    assert len(sandbox.provider.creates) == carried_out
    [call] = sandbox.provider.calls
    assert (call.fault, call.status) == (fault, status)


@pytest.mark.parametrize("fault", UNANSWERED)
async def test_no_answer(sandbox: Sandbox, http: httpx.AsyncClient, fault: str) -> None:
    *errors, carried_out = UNANSWERED[fault]
    with pytest.raises(tuple(errors)):
        await create(sandbox, http, fault, IMPATIENT if "timeout" in fault else None)
    await sandbox.provider.until(lambda: sandbox.provider.calls)
    assert len(sandbox.provider.creates) == carried_out
    [call] = sandbox.provider.calls
    assert (call.fault, call.status) == (fault, None)


async def test_throttling_says_when_to_come_back_or_does_not(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    assert (await create(sandbox, http, "429")).headers["Retry-After"] == "1"
    assert "Retry-After" not in (await create(sandbox, http, "429_without_retry_after")).headers


async def test_half_an_answer_is_no_json(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    answer = await create(sandbox, http, "cut")
    assert answer.text.startswith('{"id": 5001')
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()


async def test_a_list_may_be_wrong_in_several_ways(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    for _ in range(4):
        sandbox.provider.add_backup("web-1")
    sandbox.faults.next_provider["GET", "/backups/"] += ["list_misses", "list_repeats", "wrong_types"]
    missed, repeated, wrong = [(await http.get("/backups/")).json() for _ in range(3)]
    assert (missed["count"], len(missed["results"])) == (4, 3)
    ids = [backup["id"] for backup in repeated["results"]]
    assert (len(ids), len(set(ids))) == (7, 4)
    assert isinstance(wrong["results"], dict)


async def test_a_fault_for_one_request_meets_only_that(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.faults.next_provider["DELETE", "/backups/*/"].append("500")
    backup = sandbox.provider.add_backup("web-1")
    assert (await http.get("/backups/")).status_code == 200
    assert (await http.delete(f"/backups/{backup.id}/")).status_code == 500
    assert (await http.delete(f"/backups/{backup.id}/")).status_code == 204


async def test_a_lasting_fault_meets_every_request_until_it_is_over(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    sandbox.faults.provider_fail = "429"
    for path in ("/backups/", "/servers/", "/servers/"):
        assert (await http.get(path)).status_code == 429
    sandbox.faults.provider_fail = None
    assert (await http.get("/servers/")).status_code == 200


async def test_a_slow_provider_acts_late(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.faults.provider_latency = 30.0
    with pytest.raises(httpx.ReadTimeout):
        await http.post("/backups/", json={"server_id": 101}, timeout=IMPATIENT)
    await sandbox.provider.until(lambda: sandbox.provider.calls)
    assert sandbox.provider.creates == []
    sandbox.faults.provider_latency = 0.01
    assert (await http.post("/backups/", json={"server_id": 101})).status_code == 201


async def test_an_unknown_fault_is_a_mistake_of_ours(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    answer = await create(sandbox, http, "no such fault")
    assert answer.status_code == 500
