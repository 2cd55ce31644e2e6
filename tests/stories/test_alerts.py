"""Alerts: told once, in time, answered by a person, over when they are over."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alerts import views, watch
from bot.alerts.alert import Alert, Answer
from bot.alerts.store import AlertStore
from bot.operations.database import open_database
from bot.sandbox.slack.workspace import Message
from tests.stories.asking import events, trail
from tests.world import World, unstarted

QUICK: dict[str, Any] = {"bot_alert_channel": "COPS", "bot_alert_minutes": 0.0005, "bot_operators": "UANA"}
NO_BACKUP = "*web-1* has no good backup"

pytestmark = unstarted


def good(world: World, *servers: str) -> None:
    """Give servers a good backup of an hour ago."""
    for server in servers:
        world.provider.add_backup(server, backup_type="automatic", kept=timedelta(days=30))


async def looks(world: World, count: int = 2) -> None:
    """Wait until the watch has looked so many times more, from beginning to end."""

    def asked() -> int:
        return sum(call.path == "/servers/" and call.status is not None for call in world.provider.calls)

    wanted = asked() + count + 1
    await world.until(lambda: asked() >= wanted, f"{count} more looks")


def alerts(world: World, words: str) -> list[Message]:
    return [post for post in world.posts() if words in post.text]


async def begin(world: World, **settings: Any) -> None:
    """Start the bot that watches, on servers that are well but web-1."""
    good(world, "db-1")
    await world.start_bot(**QUICK | settings)


async def test_a_server_without_a_good_backup_is_told_once_and_edited_when_it_is_well(world: World) -> None:
    await begin(world)
    post = await world.until_post(NO_BACKUP)
    assert "There is none at all." in post.text
    await looks(world)
    await world.restart_bot(**QUICK)
    await looks(world)
    assert [each.ts for each in world.posts()] == [post.ts]
    good(world, "web-1")
    over = await world.until_post("Recovered after")
    assert (over.ts, "*web-1* has a good backup again" in over.text) == (post.ts, True)
    assert f"It was: {NO_BACKUP}. There is none at all." in over.text
    await looks(world)
    assert [each.ts for each in world.posts()] == [post.ts]
    assert world.replies() == []


async def test_a_crash_between_the_post_and_its_record_posts_nothing_twice(world: World) -> None:
    await begin(world)
    post = await world.until_post(NO_BACKUP)
    await looks(world)
    await world.stop_bot()
    with closing(sqlite3.connect(world.database)) as database, database:
        [(name, value)] = database.execute("select name, value from alert_cards").fetchall()
        lost = {key: kept for key, kept in json.loads(value).items() if key not in ("ts", "shown")}
        database.execute("update alert_cards set value = ? where name = ?", (json.dumps(lost), name))
    await world.start_bot(**QUICK)
    await looks(world)
    assert [each.ts for each in world.posts()] == [post.ts]
    good(world, "web-1")
    assert (await world.until_post("Recovered after")).ts == post.ts


async def test_it_is_acknowledged_by_those_who_can_and_recovers_all_the_same(world: World) -> None:
    await begin(world, bot_alert_remind_minutes=0.004)
    post = await world.until_post(NO_BACKUP)
    await world.until_reply(f"Reminder. {NO_BACKUP}")
    cleo, ana = world.person("cleo"), world.person("ana")
    await cleo.clicks("alert_acknowledge", message=post)
    await world.until_whisper("cleo", "You don't have permission to acknowledge or snooze alerts")
    await ana.clicks("alert_acknowledge", message=post)
    await world.until_modal("ana", "I won't remind anybody of it any more")
    await ana.fills(reason="new disk <tomorrow>")
    await ana.submits()
    shown = await world.until_post("<@UANA> acknowledged this")
    assert (shown.ts, "“new disk &lt;tomorrow&gt;”" in shown.text) == (post.ts, True)
    assert ("Acknowledge" in str(shown.blocks), "Back up now" in str(shown.blocks)) == (False, True)
    reminded = len(world.replies())
    await looks(world, 3)
    assert len(world.replies()) == reminded
    assert events(world)[-2:] == ["refused", "acknowledged"]
    assert trail(world)[-1].reason == "new disk <tomorrow>"
    good(world, "web-1")
    assert "<@UANA> acknowledged this" in (await world.until_post("Recovered after")).text


async def test_it_is_snoozed_and_comes_back(world: World) -> None:
    await begin(world)
    ana, post = world.person("ana"), await world.until_post(NO_BACKUP)
    await ana.clicks("alert_snooze", message=post)
    await world.until_modal("ana", "I'll be quiet about it")
    await ana.fills(reason="known")
    await ana.submits()
    shown = await world.until_post("<@UANA> snoozed this until")
    assert trail(world)[-1].until is not None
    card = json.loads(str(shown.blocks[-1]["elements"][-1]["value"]))["card"]
    # The shortest snooze lasts an hour: this one is over.
    store = AlertStore(open_database(f"sqlite:///{world.database}"))
    now = datetime.now(UTC)
    await store.put_answer(Answer(card=card, by="UANA", at=now, reason="known", until=now))
    await world.until_reply(f"<@UANA>'s snooze is over. {NO_BACKUP}")
    back = await world.until(lambda: alerts(world, NO_BACKUP) if "Snooze…" in str(post.blocks) else [])
    assert "snoozed" not in back[0].text
    await store.aclose()


async def test_the_buttons_lead_to_a_backup_and_to_the_list(world: World) -> None:
    await begin(world)
    ana, post = world.person("ana"), await world.until_post(NO_BACKUP)
    await ana.clicks(label="Backups", message=post)
    await world.until_whisper("ana", "No backups yet")
    await ana.clicks(label="Back up now", message=post)
    await world.until_modal("ana", "web-1")
    await ana.submits()
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert (await world.until_post("Recovered after")).ts == post.ts


async def test_what_was_done_outside_is_told_and_what_the_bot_did_is_not(world: World) -> None:
    good(world, "db-1", "web-1")
    ours = world.provider.add_backup("web-1", age=timedelta(days=1))
    theirs = world.provider.add_backup("db-1", age=timedelta(days=1))
    soon: dict[str, Any] = {"age": timedelta(hours=9), "kept": timedelta(hours=9.5)}
    expired = world.provider.add_backup("db-1", backup_type="automatic", **soon)
    await world.start_bot(**QUICK)
    await looks(world)
    assert world.posts() == []
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await ana.types(f"/backup delete {ours.id}")
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {ours.id}")
    del world.provider.backups[expired.id]
    del world.provider.backups[theirs.id]
    made = world.provider.add_backup("db-1", age=timedelta(0), description="#12345678 not by the bot")
    await world.until_post(f"Backup {theirs.id}")
    await world.until_post(f"Backup {made.id}")
    await looks(world)
    assert len(alerts(world, "not with this bot")) == 2


async def test_many_at_once_share_one_message(world: World) -> None:
    for number in range(30):
        world.provider.add_server(f"app-{number:02}")
    await begin(world)
    post = await world.until_post("31 problems on 31 servers")
    assert "So many came at once that they share this message." in post.text
    assert "…and 11 more." in post.text
    good(world, "app-00")
    assert (await world.until_post("30 problems on 30 servers, 1 recovered")).ts == post.ts
    assert [each.ts for each in world.posts()] == [post.ts]


async def test_nothing_is_told_or_recovers_while_vps_org_cannot_be_read_but_that(world: World) -> None:
    await begin(world, bot_alert_remind_minutes=0.001)
    post = await world.until_post(NO_BACKUP)
    await world.until_reply("Reminder.")
    world.provider.cut_lists_at = 1
    good(world, "web-1")
    blind = await world.until_post("VPS.org can't be read")
    assert "It counts 2 more than it shows" in blind.text
    assert "Recovered" not in post.text
    reminded = [each for each in world.replies() if "VPS.org" not in each.text]
    await looks(world, 4)
    assert [each for each in world.replies() if "VPS.org" not in each.text] == reminded
    assert len(world.posts()) == 2
    world.provider.cut_lists_at = None
    assert (await world.until_post("VPS.org can be read again")).ts == blind.ts
    assert (await world.until_post("*web-1* has a good backup again")).ts == post.ts


async def test_a_sign_of_life_goes_out_while_all_is_well_and_a_report_once_a_day(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    async def called(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.Response()

    application = web.Application()
    application.router.add_get("/{secret}", called)
    server = TestServer(application)
    await server.start_server()
    now = datetime.now(UTC) - timedelta(seconds=1)
    settings: dict[str, Any] = {
        "bot_ping_url": f"http://127.0.0.1:{server.port}/hush-0123456789",
        "bot_digest_channel": "COPS",
        "bot_digest_at": f"{now:%H:%M} UTC",
        "bot_restore_proof_days": 90,
    }
    try:
        good(world, "db-1")
        await world.start_bot(**QUICK | settings | {"bot_alert_channel": None})
        report = await world.until_post("Daily report")
        assert "1 of 2 servers needs attention." in report.text
        assert "Nobody has restored db-1 and web-1 for 90 d, or ever." in report.text
        await world.until(lambda: len(calls) > 2)
        await world.restart_bot(**QUICK | settings | {"bot_alert_channel": None})
        world.faults.provider_fail = "unauthorized"
        await looks(world)
        heard = len(calls)
        await looks(world)
        assert len(calls) == heard
    finally:
        await server.close()
    assert len(world.posts()) == 1
    assert "hush" not in capsys.readouterr().out


async def test_a_channel_that_is_closed_keeps_no_other_from_being_told(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nservers = ['db-*']\nalert_channel = 'CGONE'\nbackup_hours = 3")
    world.provider.add_backup("db-1", backup_type="automatic", age=timedelta(hours=4))
    await world.start_bot(**QUICK | {"bot_rules_file": rules})
    await world.until_post(NO_BACKUP)
    await looks(world)
    rules.write_text(rules.read_text().replace("CGONE", "CRANDOM"))
    await world.restart_bot(**QUICK | {"bot_rules_file": rules})
    await world.until_post("*db-1* has no good backup of the last 3 hours", "random")
    assert len(world.posts()) == 1


async def test_a_channel_that_can_t_be_read_keeps_no_other_from_being_told(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "POST_SECONDS", 0.05)
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nservers = ['db-*']\nalert_channel = 'CALERTS'\nbackup_hours = 3")
    world.faults.next_slack["chat.postMessage"] += ["internal_error"] * 1000
    await begin(world, bot_rules_file=rules)
    await looks(world, 1)
    # Over before it could be told; if it was told after all can't be read.
    world.faults.next_slack["conversations.history"] += ["internal_error"] * 1000
    good(world, "web-1")
    [only] = world.provider.backups_of("db-1")
    world.provider.delete(only.id)
    await looks(world)
    world.faults.next_slack["chat.postMessage"].clear()
    await world.until_post("*db-1* has no good backup", "alerts")
    world.faults.next_slack.clear()
    await looks(world)
    assert world.posts() == []


async def test_a_bug_with_one_alert_keeps_no_other_from_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = views.alert_message

    def broken_for_others(alert: Alert, answer: Answer | None) -> Any:
        if alert.troubles[0].trouble.server_name != "web-1":
            raise LookupError
        return drawn(alert, answer)

    monkeypatch.setattr(views, "alert_message", broken_for_others)
    world.provider.add_server("aaa")
    world.provider.add_server("bbb")
    await world.start_bot(**QUICK)
    await world.until_post(NO_BACKUP)
    monkeypatch.undo()
    await world.until_post("*db-1* has no good backup")
