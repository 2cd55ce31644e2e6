"""Whatever is typed after `/backup` is answered, and nothing that is typed mentions or links anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack import payloads
from bot.sandbox.slack.workspace import Json
from tests.fuzz.error_recorder import ErrorRecorder
from tests.fuzz.odd import examples, nasty, texts
from tests.world import World

VERBS = ["list", "create", "restore", "delete", "status", "servers", "audit", "help", "", "ls", "LIST", "?"]
PIECES = [" ", "  ", "\t", "\n", '"', "“", "--type", "—type", "=", "#", "web-1", "5001", "7d", "<@UEVIL|e>"]

commands = st.builds(
    lambda verb, rest: verb + rest,
    st.sampled_from([f"{verb} " for verb in VERBS]) | st.just(""),
    texts | st.lists(st.sampled_from(PIECES) | texts, max_size=6).map("".join),
)


def typed(world: World, handle: str, text: str) -> Json:
    """Return what Slack sends, with the text as it is."""
    person, channel = world.person(handle).person, world.workspace.channels["COPS"]
    url = world.sandbox.slack._response_urls.mint(person.id, channel.id)
    return payloads.slash(world.workspace, person, channel, "/backup", text, url)


# The engine's threads draw lots meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")


@examples(60)
@given(handle=st.sampled_from(["cleo", "gus"]), text=commands)
async def test_every_command_is_answered(recorder: ErrorRecorder, handle: str, text: str) -> None:
    recorder.forget()
    assert await recorder.sends("slash_commands", typed(recorder.world, handle, text)) is not None
    assert recorder.said() or recorder.world.person(handle).modal


# Slack takes a message a second in a channel, which the bot keeps to.
@examples(5)
@given(text=nasty)
async def test_a_reason_may_be_anything(recorder: ErrorRecorder, text: str) -> None:
    world = recorder.world
    made = len(world.provider.creates)
    await recorder.sends("slash_commands", typed(world, "ana", f"create web-1 {text}"), lasting=True)
    await world.until(lambda: len(world.provider.creates) > made)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    recorder.check()
    recorder.forget()
    for backup in [*world.provider.creates]:
        world.provider.backups.pop(backup.id, None)
