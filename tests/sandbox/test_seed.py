"""The sandbox's world to begin with is believable, and holds what people ought to see."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.sandbox import seed
from bot.sandbox.clock import ManualClock
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.vps.provider import Provider

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def provider() -> Provider:
    provider = Provider(clock=ManualClock(NOON))
    seed.servers_and_backups(provider)
    return provider


def test_there_are_a_few_servers(provider: Provider) -> None:
    names = [server.name for server in provider.servers.values()]
    assert names == ["web-1", "web-2", "db-main", "db-replica", "mail", "files", "staging", "lab-1"]


def test_one_server_has_no_manual_slot_left(provider: Provider) -> None:
    manual = Counter(b.server.name for b in provider.backups.values() if b.backup_type == "manual")
    assert [name for name, number in manual.items() if number == 10] == ["db-main"]
    assert max(manual.values()) == 10


def test_one_server_s_last_automatic_backup_failed(provider: Provider) -> None:
    def last_automatic(name: str) -> str:
        return [b.status for b in provider.backups_of(name) if b.backup_type == "automatic"][-1]

    names = [plan.name for plan in seed.PLANS]
    assert [name for name in names if last_automatic(name) != "completed"] == ["staging"]


def test_one_was_never_backed_up(provider: Provider) -> None:
    never = [s.name for s in provider.servers.values() if not provider.backups_of(s.name)]
    assert never == [seed.NEVER_BACKED_UP]


def test_one_backup_has_an_unknown_status_and_one_a_hostile_description(provider: Provider) -> None:
    assert [b.server.name for b in provider.backups.values() if b.status == "verifying"] == ["files"]
    assert [b.server.name for b in provider.backups.values() if b.description == seed.HOSTILE] == ["web-2"]


def test_automatic_backups_are_those_their_retention_still_keeps(provider: Provider) -> None:
    assert set(provider.listed()) == set(provider.backups.values())
    for backup in provider.backups.values():
        assert backup.created_at <= NOON
        assert (backup.expires_at is None) == (backup.backup_type == "manual")


def test_the_world_is_the_same_each_time(provider: Provider) -> None:
    again = Provider(clock=ManualClock(NOON))
    seed.servers_and_backups(again)
    assert [b.as_json() for b in again.listed()] == [b.as_json() for b in provider.listed()]


def test_people_see_the_channels_they_are_in() -> None:
    workspace = Workspace()
    seed.people_and_channels(workspace)
    assert list(workspace.people) == ["UANA", "UBEN", "UCLEO", "UGUS", "UHAL"]
    outsiders = [person for person in workspace.people.values() if person.is_outsider]
    assert [(person.handle, person.is_guest) for person in outsiders] == [("gus", True), ("hal", False)]
    assert list(workspace.channels)[:4] == ["COPS", "CALERTS", "CRANDOM", "CSECRET"]
    with_bot = [c.name for c in workspace.channels.values() if workspace.app.bot_user in c.members]
    assert with_bot == ["ops", "alerts", "UANA", "UBEN", "UCLEO", "UGUS", "UHAL"]
    assert "UHAL" in workspace.channels["COPS"].members
    assert "UHAL" not in workspace.channels["CRANDOM"].members
    assert workspace.channels["CSECRET"].members == {"UANA"}


def test_people_have_talked_in_ops() -> None:
    workspace = Workspace(now=NOON.timestamp)
    seed.people_and_channels(workspace)
    seed.conversation(workspace)
    stamps = [float(message.ts) for message in workspace.messages["COPS"]]
    assert len(stamps) == len(seed.CONVERSATION)
    assert stamps == sorted(stamps)
    assert stamps[-1] < NOON.timestamp()


def test_the_monitor_has_written_of_a_server_that_there_is(provider: Provider) -> None:
    workspace = Workspace(now=NOON.timestamp)
    seed.people_and_channels(workspace)
    seed.conversation(workspace)
    newest = workspace.messages["CALERTS"][-1]
    assert newest.user in workspace.other_apps.keys() - workspace.people.keys()
    assert f"*{provider.server(seed.ALERTED).name}*" in newest.text


def test_two_workspaces_share_nobody() -> None:
    first, second = Workspace(), Workspace()
    seed.people_and_channels(first)
    seed.people_and_channels(second)
    first.people["UANA"].deleted = True
    assert not second.people["UANA"].deleted
