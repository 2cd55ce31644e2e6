"""The first minutes: six things to try, one after the other."""

from htpy import Node, code, fragment

from bot.sandbox.page.guide_step import Step, does, leads, place, typed, types
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage
from bot.sandbox.vps.model import MANUAL_SLOTS

APPROVED, FULL, RESTORED, SAVED, KILLED = "mail", "db-main", "web-1", "web-2", "staging"
"""The seeded servers that the steps are about: what is rule, or true, of each is in `seed`."""


def _restore(stage: Stage, server: str) -> str:
    whole = [one for one in stage.provider.backups_of(server) if one.status == "completed"]
    return f"/backup restore {whole[-1].id if whole else server}"


def _ask_for_approval(stage: Stage, reader: Reader) -> Node:
    return fragment[
        types(reader, "Ask as Ana", _restore(stage, APPROVED)),
        leads("Answer as Ben", place(reader, "UBEN")),
    ]


def _kill(stage: Stage, reader: Reader) -> Node:
    if stage.bot is not None and stage.bot.state not in ("running", "starting"):
        return does(reader, "Start the bot again", "/sandbox/bot", {"do": "start"})
    return does(reader, "Back up, then kill", "/sandbox/interrupt", {"server": KILLED})


def _restored_after_a_backup(stage: Stage) -> bool:
    provider = stage.provider
    saved = {backup.server.name for backup in provider.creates}
    return any(
        name in saved and name != APPROVED and provider.server(name).status == "active"
        for name, _ in provider.restores
    )


def _survived(stage: Stage) -> bool:
    """Whether each backup that was in progress at the kill was told to be over since."""
    replies = [
        found
        for messages in stage.workspace.messages.values()
        for found in messages
        if found.by_bot and found.is_reply
    ]
    return bool(stage.interrupted) and all(
        any(float(reply.ts) > float(killed_at) and backup.server.name in reply.text for reply in replies)
        for backup, killed_at in stage.interrupted.items()
    )


FIRST = (
    Step(
        "See the backups",
        [code[f"/backup list {RESTORED}"], " shows what there is to go back to, with a menu at each."],
        lambda stage: typed(stage, "list"),
        lambda _, reader: types(reader, f"List {RESTORED}'s", f"/backup list {RESTORED}"),
    ),
    Step(
        "Back up a server",
        "Watch the card change. The result is told in its thread.",
        lambda stage: any(backup.status == "completed" for backup in stage.provider.creates),
        lambda _, reader: types(
            reader, f"Back up {SAVED}", f"/backup create {SAVED} before the new certificates"
        ),
    ),
    Step(
        "Restore a server",
        "See what will be lost, and type the server's name. The current state is backed up first.",
        _restored_after_a_backup,
        lambda stage, reader: types(reader, f"Restore {RESTORED}", _restore(stage, RESTORED)),
    ),
    Step(
        "Approve it as a second person",
        f"Nobody restores {APPROVED} alone. Ask as Ana, saying why, then approve or decline as Ben. "
        "Without an answer the request expires within minutes.",
        lambda stage: any(name == APPROVED for name, _ in stage.provider.restores),
        _ask_for_approval,
    ),
    Step(
        "Meet a full server",
        f"At first, {FULL} has {MANUAL_SLOTS} manual backups, and no room for more. See what the bot offers.",
        lambda stage: typed(stage, "create", FULL),
        lambda _, reader: types(reader, f"Back up {FULL}", f"/backup create {FULL} before the migration"),
    ),
    Step(
        "Kill the bot in the middle",
        f"It dies while VPS.org backs up {KILLED}. Start it again: it carries on, and tells the end once.",
        _survived,
        _kill,
    ),
)
