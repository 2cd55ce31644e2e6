"""A backup, a delete and a restore, each of a server of its own, requested by Ana."""

from fnmatch import fnmatchcase
from typing import Literal

from bot.sandbox.slack.workspace import Message
from tests.world import World

Verb = Literal["create", "delete", "restore"]
Ending = Literal["done", "unknown", "failed", "refused"]

VERBS: tuple[Verb, ...] = ("create", "delete", "restore")
DESTRUCTIVE: tuple[Verb, ...] = ("delete", "restore")
SERVERS: dict[Verb, str] = {"create": "web-1", "delete": "db-1", "restore": "mail-1"}
CALLS: dict[Verb, tuple[str, str]] = {
    "create": ("POST", "/backups/"),
    "delete": ("DELETE", "/backups/*/"),
    "restore": ("POST", "/servers/*/restore/"),
}
TOLD: dict[tuple[Verb, Ending], str] = {
    ("create", "done"): "*web-1* is backed up",
    ("create", "unknown"): "*web-1*: can't tell whether the backup was made",
    ("create", "failed"): "The backup of *web-1* failed",
    ("delete", "done"): "Deleted backup 5001 of *db-1*",
    ("delete", "unknown"): "*db-1*: can't tell whether backup 5001 was deleted",
    ("delete", "failed"): "Deleting backup 5001 of *db-1* failed",
    ("delete", "refused"): "Not deleted: backup 5001 of *db-1*",
    ("restore", "done"): "*mail-1* is back: restored to",
    ("restore", "unknown"): "*mail-1*: can't tell whether the restore was started",
    ("restore", "failed"): "The restore of *mail-1* failed",
    ("restore", "refused"): "Not restored: *mail-1*",
}


def prepare(world: World) -> None:
    """Add what can be deleted and restored."""
    world.provider.add_server("mail-1")
    for verb in DESTRUCTIVE:
        world.provider.add_backup(SERVERS[verb])


async def ask(world: World, verb: Verb) -> None:
    """Let Ana request it, up to the form in which she confirms."""
    ana = world.person("ana")
    if verb == "create":
        await ana.types("/backup create web-1")
    else:
        [backup] = world.provider.backups_of(SERVERS[verb])
        await ana.types(f"/backup {verb} {backup.id}")
        await world.until_modal("ana", "to confirm")


async def confirm(world: World, verb: Verb) -> None:
    """Let Ana confirm what has to be confirmed; a restore without a safety backup."""
    if verb != "create":
        more = {"safety": False} if verb == "restore" else {}
        await world.confirms("ana", SERVERS[verb], **more)


async def ask_for_all(world: World) -> None:
    """Let Ana request all three and confirm."""
    for verb in VERBS:
        await ask(world, verb)
        await confirm(world, verb)


async def until_told(world: World, verb: Verb, ending: Ending) -> Message:
    """Wait until Ana is told that it ended so; what VPS.org has begun then ends well."""
    if ending == "done":
        await let_it_finish(world, verb)
    reply = await world.until_reply(TOLD[verb, ending])
    assert reply.text.startswith("<@UANA>")
    return reply


async def let_it_finish(world: World, verb: Verb) -> None:
    """Let what VPS.org has begun end well."""
    if verb == "create":
        await world.until(lambda: world.provider.creates)
        world.provider.finish()
    elif verb == "restore":
        await world.until(lambda: world.provider.restores)
        await world.until_looked_at_servers()
        world.provider.finish_restores()


def effects(world: World) -> list[int]:
    """Return how many backups were made, deleted and restored at VPS.org."""
    provider = world.provider
    return [len(provider.creates), len(provider.deletes), len(provider.restores)]


def calls(world: World) -> list[int]:
    """Return how often VPS.org was called for a backup, a delete and a restore, with any result."""
    return [
        sum(call.method == method and fnmatchcase(call.path, path) for call in world.provider.calls)
        for method, path in CALLS.values()
    ]


def endings_told(world: World, words: str) -> int:
    """Return how many messages of the bot hold these words, in the channel or to Ana directly."""
    return sum(words in each.text for each in (*world.posts(), *world.replies(), *world.direct("ana")))
