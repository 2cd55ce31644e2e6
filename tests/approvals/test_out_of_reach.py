"""What a forged button or form reaches is decided by rights alone: nothing beyond them is done or shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from bot.audit.model import Entry
from bot.backups.poller import MANY_SERVERS
from bot.sandbox.slack.workspace import Json
from bot.sandbox.vps.model import Backup
from bot.slack import ids
from bot.slack.forms import (
    AgainForm,
    AuditForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    ListForm,
    NoteForm,
    OperationForm,
    PickForm,
    RequestForm,
)
from bot.verbs import Verb
from tests.approvals.forging import RequestForger
from tests.stories.asking import asks, form_of, trail, until_recorded
from tests.world import World, unstarted

WALLED = """
[[rule]]
servers = ["db-*"]
viewers = ["UBEN"]
operators = ["UBEN"]
approvers = ["UCLEO"]
second_person = ["delete"]
break_glass = true
"""
SECRET = "taken before the merger"


@dataclass(frozen=True)
class Walls:
    """What is out of Ana's reach: a server, a backup of it, an operation of Ben's and a request of his."""

    forger: RequestForger
    backup: Backup
    running: str
    request: RequestForm

    @property
    def server(self) -> int:
        """The id of the server."""
        return self.backup.server.id

    def choice(self, verb: Literal[Verb.DELETE, Verb.RESTORE, Verb.WATCH], server: int = 0) -> str:
        """Return what a menu carries about the backup, perhaps as one of another server."""
        backup = BackupChoice(verb=verb, server_id=server or self.server, backup_id=self.backup.id)
        return backup.as_option()

    def confirm(self, verb: Literal[Verb.DELETE, Verb.RESTORE], server: int = 0) -> str:
        """Return what the form that confirms carries, perhaps with another server."""
        return ConfirmForm(
            verb=verb,
            channel="COPS",
            server_id=server or self.server,
            server_name="web-1" if server else "db-1",
            backup_id=self.backup.id,
            backup_moment=self.backup.created_at,
            shown_at=datetime.now(UTC),
        ).as_json()

    async def clicks(self, action_id: str, value: str, block_id: str = "forged") -> Json:
        """Let Ana click."""
        await self.forger.clicks("UANA", action_id, value, block_id=block_id)
        return {}

    async def submits(self, callback_id: str, stored: str, **filled: str) -> Json:
        """Let Ana submit a form; return the answer."""
        return await self.forger.submits("UANA", callback_id, stored, filled)

    async def picks(self, stored: str) -> Json:
        """Let Ana choose the server in a form."""
        await self.forger.picks("UANA", stored, str(self.server))
        return {}


@pytest.fixture
async def walls(world: World, tmp_path: Path) -> Walls:
    """Only Ben can look at db-1, which Ana can't; he makes a backup of it, and wants to delete another."""
    rules = tmp_path / "rules.toml"
    rules.write_text(WALLED)
    backup = world.provider.add_backup("db-1", age=timedelta(days=1), description=SECRET)
    await world.start_bot(bot_rules_file=rules)
    request = form_of(await asks(world, handle="ben", server="db-1"))
    await world.person("ben").types("/backup create db-1")
    await world.until(lambda: world.provider.creates)
    started = await until_recorded(world, "started")
    return Walls(RequestForger(world), backup, started.operation, request)


def again(verb: Literal[Verb.CREATE, Verb.DELETE, Verb.RESTORE], walls: Walls) -> str:
    """Return what the button carries that tries again."""
    return AgainForm(verb=verb, server_id=walls.server, backup_id=walls.backup.id).as_json()


def listed(walls: Walls) -> str:
    """Return what a list of the server's backups carries."""
    return ListForm(server_id=walls.server).as_json()


OUT_OF_REACH: dict[str, Callable[[Walls], Awaitable[Json]]] = {
    "turn a page": lambda w: w.clicks(ids.LIST_NEXT, listed(w)),
    "choose a type": lambda w: w.clicks(ids.LIST_TYPE, "manual", listed(w)),
    "choose a server": lambda w: w.clicks(ids.LIST_SERVER, str(w.server), ListForm().as_json()),
    "run a command": lambda w: w.clicks(ids.run_command(0), "create db-1"),
    "run a command in a modal": lambda w: w.submits(
        ids.NOTE_MODAL, NoteForm(command="list db-1", channel="COPS").as_json()
    ),
    "share": lambda w: w.clicks(ids.LIST_SHARE, listed(w)),
    "list a server": lambda w: w.clicks(ids.SERVER_BACKUPS, str(w.server)),
    "back up a server": lambda w: w.clicks(ids.SERVER_CREATE, str(w.server)),
    "delete in a list": lambda w: w.clicks(ids.LIST_ROW, w.choice(Verb.DELETE)),
    "restore in a list": lambda w: w.clicks(ids.LIST_ROW, w.choice(Verb.RESTORE)),
    "watch in a list": lambda w: w.clicks(ids.LIST_ROW, w.choice(Verb.WATCH)),
    "delete the oldest": lambda w: w.clicks(ids.DELETE_OLDEST, again(Verb.CREATE, w)),
    "restore what was just made": lambda w: w.clicks(ids.USE_BACKUP, w.choice(Verb.RESTORE)),
    "undo a restore": lambda w: w.clicks(ids.UNDO, w.choice(Verb.RESTORE)),
    "try a backup again": lambda w: w.clicks(ids.TRY_AGAIN, again(Verb.CREATE, w)),
    "try a delete again": lambda w: w.clicks(ids.TRY_AGAIN, again(Verb.DELETE, w)),
    "try a restore again": lambda w: w.clicks(ids.TRY_AGAIN, again(Verb.RESTORE, w)),
    "back up by a form": lambda w: w.submits(
        ids.CREATE_MODAL, CreateForm(channel="COPS").as_json(), server=str(w.server)
    ),
    "pick a server": lambda w: w.picks(PickForm(verb=Verb.RESTORE, channel="COPS").as_json()),
    "pick a backup": lambda w: w.submits(
        ids.PICK_MODAL,
        PickForm(verb=Verb.RESTORE, channel="COPS", server_id=w.server).as_json(),
        backup=w.choice(Verb.RESTORE),
    ),
    "confirm a delete": lambda w: w.submits(ids.CONFIRM_MODAL, w.confirm(Verb.DELETE), typed_name="db-1"),
    "confirm a restore": lambda w: w.submits(ids.CONFIRM_MODAL, w.confirm(Verb.RESTORE), typed_name="db-1"),
    "cancel": lambda w: w.clicks(ids.CANCEL, OperationForm(operation=w.running).as_json()),
    "approve": lambda w: w.clicks(ids.APPROVE, w.request.as_json()),
    "open the form that declines": lambda w: w.clicks(ids.DECLINE, w.request.as_json()),
    "decline": lambda w: w.submits(ids.DECLINE_MODAL, w.request.as_json(), reason="no"),
    "withdraw": lambda w: w.clicks(ids.REQUEST_MENU, w.request.as_option("withdrawn")),
    "open the form that breaks glass": lambda w: w.clicks(
        ids.REQUEST_MENU, w.request.as_option("break_glass")
    ),
    "break glass": lambda w: w.submits(
        ids.BREAK_GLASS_MODAL, w.request.as_json(), reason="down", typed_name="db-1"
    ),
    "read the audit trail": lambda w: w.clicks(ids.AUDIT_OLDER, AuditForm(server="db-1").as_json()),
}


def shown_to_ana(world: World) -> str:
    """Return all that Ana alone was shown, and what was posted for everybody."""
    modals = [str(view.payload) for view in world.workspace.modals.get("UANA", [])]
    messages = [*world.whispers("ana"), *world.direct("ana"), *world.posts()]
    return "\n".join([*modals, *(f"{message.text}{message.blocks}" for message in messages)])


@unstarted
async def test_what_a_forged_form_reaches_is_decided_by_rights(world: World, walls: Walls) -> None:
    for done, (what, does) in enumerate(OUT_OF_REACH.items()):
        answer = await does(walls)
        hers = await world.until(lambda: _recorded_of_ana(world)[done:], f"{what}: it is on record")  # noqa: B023
        assert [entry.event for entry in hers] == ["refused"], what
        assert hers[0].failure, what
        assert hers[0].failure.kind in {"NotAllowed", "HiddenServer", "HiddenBackup"}, what
        assert SECRET not in f"{answer}{shown_to_ana(world)}", what
        changed = len(world.provider.creates), world.provider.deletes, world.provider.restores
        assert changed == (1, [], []), what
        world.workspace.modals.clear()


def _recorded_of_ana(world: World) -> list[Entry]:
    return [entry for entry in trail(world) if entry.person == "UANA"]


MIXED: dict[str, tuple[Callable[[Walls, int], Awaitable[Json]], str]] = {
    "delete in a list": (
        lambda w, web: w.clicks(ids.LIST_ROW, w.choice(Verb.DELETE, web)),
        "There is no backup 5001 that you can see.",
    ),
    "restore in a list": (
        lambda w, web: w.clicks(ids.LIST_ROW, w.choice(Verb.RESTORE, web)),
        "There is no backup 5001 that you can see.",
    ),
    "pick a backup": (
        lambda w, web: w.submits(
            ids.PICK_MODAL,
            PickForm(verb=Verb.RESTORE, channel="COPS", server_id=web).as_json(),
            backup=w.choice(Verb.RESTORE, web),
        ),
        "There is no backup 5001 that you can see.",
    ),
    "confirm a delete": (
        lambda w, web: w.submits(ids.CONFIRM_MODAL, w.confirm(Verb.DELETE, web), typed_name="web-1"),
        "Backup 5001 is gone",
    ),
    "confirm a restore": (
        lambda w, web: w.submits(ids.CONFIRM_MODAL, w.confirm(Verb.RESTORE, web), typed_name="web-1"),
        "Backup 5001 is gone",
    ),
}


@unstarted
async def test_a_backup_is_not_reached_as_one_of_another_server(world: World, walls: Walls) -> None:
    web = world.provider.server("web-1").id
    for what, (does, words) in MIXED.items():
        answer = await does(walls, web)
        await world.until(lambda: words in f"{answer}{shown_to_ana(world)}", what)  # noqa: B023
        assert SECRET not in f"{answer}{shown_to_ana(world)}", what
        world.workspace.modals.clear()
        world.workspace.messages["COPS"].clear()
    assert (world.provider.deletes, world.provider.restores) == ([], [])
    assert not _recorded_of_ana(world)


@unstarted
async def test_a_backup_is_not_watched_as_one_of_another_server(world: World, walls: Walls) -> None:
    for number in range(2, 2 + MANY_SERVERS):
        world.provider.add_server(f"web-{number}")
        await world.person("ana").types(f"/backup create web-{number}")
    # From so many servers on, VPS.org is asked for the backups of all at once.
    await world.until(lambda: len(world.provider.creates) == 1 + MANY_SERVERS)
    await walls.clicks(ids.LIST_ROW, walls.choice(Verb.WATCH, world.provider.server("web-1").id))
    told = await world.until_direct("ana", "5001")
    assert "Backup 5001 is no longer listed" in told.text
