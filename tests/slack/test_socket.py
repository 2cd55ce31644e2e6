import asyncio
from dataclasses import replace
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp

from bot.slack.socket import SocketConnection
from tests.metrics.growth import Growth
from tests.slack.conftest import FAST, Connect, answers
from tests.slack.wire import Wire


async def test_a_command_is_answered_on_its_own_socket(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    growth = Growth()
    connection = connect(app, FAST)
    assert not connection.is_ready
    await answers(wire, 1)
    assert connection.is_ready
    assert growth.of("ack_seconds_count") == {("command", "acked"): 1}


async def test_a_reset_connection_is_replaced_with_a_new_ticket(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    growth = Growth()
    connection = connect(app, FAST)
    (await wire.connection(1)).resets()
    await answers(wire, 2)
    assert connection.is_ready
    assert growth.of("slack_disconnects_total") == {("broken",): 1}
    assert wire.calls.count("apps.connections.open") == 2


async def test_a_socket_that_slack_closes_is_replaced(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    connect(app, FAST)
    await (await wire.connection(1)).websocket.close()
    await answers(wire, 2)


async def test_a_refused_handshake_is_never_tried_again_with_its_ticket(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    wire.refused_handshakes = 3
    connect(app, FAST)
    await answers(wire, 1)
    assert wire.calls.count("apps.connections.open") == 4


async def test_no_ticket_is_written_to_the_log(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    wire.refused_handshakes = 1
    with structlog.testing.capture_logs() as lines:
        connect(app, FAST)
        await wire.connection(1)
    assert "ticket" not in str(lines)
    assert lines[0]["reason"] == "handshake refused with HTTP 408"


@pytest.mark.parametrize("refusal", ["internal_error", "invalid_auth", 503, 200])
async def test_the_connection_outlasts_whatever_slack_refuses_with(
    refusal: str | int, wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    wire.errors["apps.connections.open"] = [refusal, refusal]
    growth = Growth()
    connect(app, FAST)
    await answers(wire, 1)
    assert growth.of("slack_disconnects_total") == {("refused",): 2}


async def test_a_dead_socket_is_replaced(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    wire.answers_pings = False
    with structlog.testing.capture_logs() as lines:
        connect(app, replace(FAST, ping=0.1))
        await wire.connection(1)
        wire.answers_pings = True
        await answers(wire, 2)
    assert {"broken"} == {line["reason"] for line in lines if line["event"] == "slack_connection_lost"}


async def test_a_socket_whose_pings_from_slack_stop_is_deaf_though_it_answers_ours(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    with structlog.testing.capture_logs() as lines:
        connection = connect(app, replace(FAST, ping=0.1, deaf=0.2))
        await (await wire.connection(1)).pings()
        await answers(wire, 2)
    assert lines[1]["reason"] == "deaf"
    assert connection.is_ready


async def test_a_server_that_never_pings_gets_longer(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    connect(app, replace(FAST, ping=0.1, deaf=0.01, unpinged=0.3))
    loop = asyncio.get_running_loop()
    await wire.connection(1)
    began = loop.time()
    await wire.connection(2)
    assert loop.time() - began >= 0.25


async def test_slacks_ping_is_echoed_exactly(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    connect(app, FAST)
    await (await wire.connection(1)).pings()
    await answers(wire, 1)


async def test_without_hello_there_is_no_readiness_and_another_try(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    wire.says_hello = False
    connection = connect(app, replace(FAST, hello=0.1))
    await wire.connection(1)
    assert not connection.is_ready
    wire.says_hello = True
    await (await wire.connection(2)).pings()
    assert connection.is_ready


@pytest.mark.parametrize("frame", ["", "{", "[]", "null", '{"type":"x"}', '{"type":"x","envelope_id":1}'])
async def test_a_frame_without_sense_is_ignored(
    frame: str, wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connect(app, FAST)
    await (await wire.connection(1)).sends(frame)
    await answers(wire, 1)


@pytest.mark.parametrize("payload", [[], 5, None, "text", {"team": 5}, {"authorizations": "x"}])
async def test_an_odd_payload_harms_nothing(
    payload: Any, wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connect(app, FAST)
    odd = {"type": "events_api", "envelope_id": "e", "payload": payload}
    await (await wire.connection(1)).sends(odd)
    await answers(wire, 1)


async def test_a_repeated_envelope_is_handled_each_time(wire: Wire, app: AsyncApp, connect: Connect) -> None:
    connect(app, FAST)
    await answers(wire, 1)
    await answers(wire, 1)


async def test_pauses_grow_when_slack_keeps_sending_us_away(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    wire.ends_at_once = "refresh_requested"
    connect(app, replace(FAST, steady=60, first_pause=0.05, longest_pause=0.4))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await wire.connection(5)
    # At least half of 0.05 + 0.1 + 0.2 + 0.4 s.
    assert loop.time() - began >= 0.37


def test_no_pause_outgrows_the_longest(app: AsyncApp) -> None:
    connection = SocketConnection(app, SecretStr("xapp-1"))
    assert connection._pause(0) == 0
    assert all(0.25 <= connection._pause(lives) <= 30 for lives in (1, 5, 100, 10**6))


async def test_what_slack_says_of_its_socket_counts_by_what_is_known_of_it(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    growth = Growth()
    connect(app, FAST)
    for number, reason in enumerate(["warning", "a reason of its own"], start=1):
        await (await wire.connection(number)).disconnects(reason)
    await answers(wire, 3)
    assert growth.of("slack_disconnects_total") == {("warning",): 1, ("other",): 1}


async def test_what_is_not_acked_counts_by_why(
    wire: Wire, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.socket.ACK_SECONDS", 0.05)  # After which no ack is of use.
    app, asked, may_answer = wire.late_app()
    growth = Growth()
    connection = connect(app, FAST)
    slack = await wire.connection(1)
    too_deep: dict[str, Any] = {}
    for _ in range(700):
        too_deep = {"in": too_deep}
    await slack.sends({"type": "events_api", "envelope_id": "e-1", "payload": too_deep})
    await slack.asks("e-2", command="/other")
    await slack.asks("e-3")
    await asyncio.wait_for(asked.wait(), 5)
    wire.refused_handshakes = 1_000
    slack.resets()
    await asyncio.wait_for(slack.ended.wait(), 5)
    may_answer.set()
    await asyncio.wait_for(asyncio.gather(*connection._answers), 5)
    assert growth.of("ack_seconds_count") == {
        ("unknown", "refused"): 1,
        ("command", "failed"): 1,
        ("command", "lost"): 1,
    }
