"""Misfortune can be repeated: the same seed spoils the same requests in the same way."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from bot.sandbox.fault_plan import PROVIDER, SLACK, SOCKET, FaultPlan
from bot.sandbox.faults import Faults
from bot.sandbox.server import Sandbox
from bot.sandbox.vps.faults import ALL_FAULTS


def drawn(plan: FaultPlan) -> list[str | None]:
    methods = [("GET", "/backups/"), ("POST", "/backups/"), ("DELETE", "/backups/5001/")]
    return [
        plan.for_provider(*methods[n % 3]) or plan.for_slack("chat.postMessage", "COPS") for n in range(300)
    ]


def test_a_seed_brings_the_same_faults_again() -> None:
    assert drawn(FaultPlan(7, 0.3)) == drawn(FaultPlan(7, 0.3))
    assert drawn(FaultPlan(7, 0.3)) != drawn(FaultPlan(8, 0.3))


def test_the_rate_says_how_many_are_spoiled() -> None:
    assert not any(drawn(FaultPlan(1, 0.0)))
    assert all(drawn(FaultPlan(1, 1.0)))


def test_a_plan_can_be_held_to_one_fault() -> None:
    plan = FaultPlan(1, 0.5, only=frozenset({"cut"}))
    assert {*drawn(plan)} == {None, "cut"}
    assert {*plan.met} == {"GET cut", "POST cut", "DELETE cut", "chat.postMessage cut"}


def test_it_knows_only_faults_there_are() -> None:
    assert frozenset.union(*PROVIDER.values()) == ALL_FAULTS
    assert {"ratelimited", "internal_error", "timeout_after_acting"} <= {*SLACK["chat.postMessage"]}


def test_answers_are_late_by_the_scale() -> None:
    plan = FaultPlan(1, 1.0, scale=0.1)
    waits = [plan.wait() for _ in range(200)]
    assert 2.5 < max(waits) <= 3.0
    assert FaultPlan(1, 0.0).wait() == 0.0


def test_only_channels_are_closed_never_direct_messages() -> None:
    plan = FaultPlan(1, 1.0, only=frozenset({"channel_not_found"}))
    assert plan.for_slack("chat.postMessage", "COPS") == "channel_not_found"
    assert plan.for_slack("chat.postMessage", "UANA") is None


async def test_both_services_follow_the_plan() -> None:
    plan = FaultPlan(3, 1.0, scale=0.0, only=frozenset({"503", "internal_error"}), skew=3600)
    sandbox = Sandbox(seeded=False, clock=plan.skewed_clock())
    sandbox.faults.plan = plan
    sandbox.provider.add_server("web-1")
    await sandbox.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            vps = await http.get(f"{sandbox.vps_api_url}/backups/")
            slack = await http.post(f"{sandbox.slack_api_url}chat.update")
    finally:
        await sandbox.stop()
    assert vps.status_code == 503
    assert slack.status_code == 503 or slack.json()["error"] == "internal_error"


@pytest.mark.parametrize("trouble", SOCKET)
async def test_sockets_are_well_again_after_each_trouble(trouble: str) -> None:
    sandbox = Sandbox(seeded=False)
    plan = FaultPlan(1)
    plan._random.choice = lambda _: trouble  # type: ignore[method-assign,assignment,return-value]
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await plan.trouble_sockets(sandbox.slack, sandbox.faults, every=0.01)
    assert plan.met[f"socket {trouble}"]
    assert sandbox.faults == Faults()
