"""Operations of Ana's that have not acted yet: queued behind Ben's backup, or making a safety backup."""

from datetime import timedelta

from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from bot.sandbox.vps.model import Backup
from tests.stories.three_verbs import Verb
from tests.world import World

NOUNS: dict[Verb, str] = {"create": "backup", "delete": "delete", "restore": "restore"}


def buttons(card: Message) -> list[str]:
    """What its buttons say."""
    return [at.element["text"]["text"] for at in placed(card.blocks) if at.kind == "button"]


async def busy(world: World) -> None:
    """Let Ben make a backup of web-1, which runs until it is told to finish."""
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)


async def request(world: World, verb: Verb, *, safety: bool = False) -> None:
    """Let Ana request it for web-1."""
    ana = world.person("ana")
    if verb == "create":
        await ana.types("/backup create web-1 before the upgrade")
        return
    backup = world.provider.add_backup("web-1", age=timedelta(hours=7))
    await ana.types(f"/backup {verb} {backup.id}")
    more = {"safety": safety} if verb == "restore" else {}
    await world.confirms("ana", "web-1", **more)


async def queued(world: World, verb: Verb = "create", *, safety: bool = False) -> Message:
    """Let Ana's operation wait in the queue behind Ben's backup; return its card."""
    await busy(world)
    await request(world, verb, safety=safety)
    return await world.until_post(f"*web-1*: {NOUNS[verb]} is queued")


async def in_safety_backup(world: World) -> tuple[Message, Backup]:
    """Let Ana's restore of web-1 make its safety backup; return its card and that backup."""
    await request(world, "restore", safety=True)
    [safety] = await world.until(lambda: world.provider.creates)
    return await world.until_post("Step 1 of 2: safety backup of the current state."), safety
