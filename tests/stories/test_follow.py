"""One operation is followed in the log by its id, from the click to the notice."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bot import logs
from tests.stories.asking import QUESTIONS, TWO, until_recorded
from tests.world import World, set_up

Line = dict[str, Any]
REASON = "the-upgrade-of-Tuesday broke it"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the bot writes to its log, as it is set up in earnest."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    hook, thread_hook = sys.excepthook, threading.excepthook
    root.handlers = []
    stream = io.StringIO()
    logs.set_up("INFO", "json", stream=stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hook, thread_hook
    logging.captureWarnings(False)
    structlog.configure(**before)


def story(log: io.StringIO, operation: str) -> list[Line]:
    """Return what `grep` finds by an operation's id, oldest first."""
    return [json.loads(line) for line in log.getvalue().splitlines() if operation in line]


def names(lines: list[Line]) -> list[str]:
    """Return what each line tells; of the audit trail, what the entry does."""
    return [
        f"audit {each['entry']['event']}" if each["event"] == "audit" else each["event"] for each in lines
    ]


async def until_followed(world: World, log: io.StringIO) -> list[Line]:
    """Return the story of the operation that ended, from the first line to the reply to its requester."""
    operation = (await until_recorded(world, "ended")).operation
    reply = f"{operation}:reply"
    await world.until(lambda: f'"key": "{reply}"' in log.getvalue(), "the reply is logged")
    return story(log, operation)


async def test_a_backup_is_told_in_ten_lines(world: World, log: io.StringIO) -> None:
    await world.person("ana").types(f"/backup create web-1 {REASON}")
    [made] = await world.until(lambda: world.provider.creates)
    world.provider.finish()
    lines = await until_followed(world, log)
    assert names(lines) == [
        "workflow_recorded",
        "audit requested",
        "message_posted",
        "audit started",
        "vps_called",
        "backup_started",
        "backup_final",
        "audit ended",
        "message_edited",
        "message_posted",
    ]
    card, called, started, final, edited, reply = lines[2], *lines[4:7], *lines[8:]
    assert (called["method"], called["status"]) == ("POST", 201)
    assert (started["backup"], final["backup"], final["status"]) == (made.id, made.id, "completed")
    assert card["ts"] == edited["ts"] == world.posts()[0].ts
    assert (reply["channel"], reply["ts"]) == (world.replies()[0].channel, world.replies()[0].ts)


@set_up(**TWO)
async def test_a_restore_is_followed_through_approval_queue_and_restarts(
    world: World, log: io.StringIO
) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    old = world.provider.add_backup("web-1", age=timedelta(hours=7))
    await world.person("ana").types(f"/backup restore {old.id}")
    await world.confirms("ana", reason=REASON)
    question = await world.until_post(QUESTIONS["restore"].format("web-1"))
    operation = (await until_recorded(world, "approval_requested")).operation
    await world.restart_bot(**TWO)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: "operation_queued" in names(story(log, operation)), "it waits for its turn")
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2, "the safety backup is made")
    await world.until_post("Step 1 of 2")
    await world.restart_bot(**TWO)
    world.provider.finish()
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")
    await world.until(lambda: f'"key": "{operation}:reply"' in log.getvalue(), "the reply is logged")
    lines = story(log, operation)
    assert names(lines) == [
        "workflow_recorded",
        "audit requested",
        "message_posted",
        "audit approval_requested",
        "workflow_recovered",
        "audit approved",
        "operation_queued",
        "audit started",
        "vps_called",
        "backup_started",
        "workflow_recovered",
        "backup_final",
        "vps_called",
        "restore_watched",
        "audit ended",
        "message_edited",
        "message_posted",
    ]
    assert all(each["operation"] == operation for each in lines if each["event"] != "audit")
    assert [each["path"] for each in lines if each["event"] == "vps_called"] == [
        "/vps/api/v1/backups/",
        "/vps/api/v1/servers/101/restore/",
    ]
    [queued] = [each for each in lines if each["event"] == "operation_queued"]
    assert names(story(log, queued["behind"]))[:2] == ["workflow_recorded", "audit requested"]


async def test_what_people_say_is_in_the_audit_trail_s_lines_alone(world: World, log: io.StringIO) -> None:
    await world.person("ana").types(f"/backup create web-1 {REASON}")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await until_followed(world, log)
    await world.person("ana").types(f"/backup create not-{REASON.replace(' ', '-')}")
    await world.until(lambda: '"refused"' in log.getvalue(), "the refusal is logged")
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [each["event"] for each in told if "Tuesday" in str(each)] == ["audit"] * 3
    assert not [each for each in told if "web-1" in str(each) and each["event"] != "audit"]
    settings = world.settings()
    secrets = [settings.slack_bot_token, settings.slack_app_token, settings.vps_api_token]
    assert not [each for each in secrets if each and each.get_secret_value() in log.getvalue()]
