"""Each fault of Slack: what the person sees, and that the operation ends right."""

from typing import Any

import pytest

from tests.stories.three_verbs import (
    ask,
    calls,
    confirm,
    effects,
    endings_told,
    prepare,
    until_told,
)
from tests.world import World


@pytest.fixture(autouse=True)
def hasty_repetitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Slack did not take is said again at once."""
    monkeypatch.setattr("bot.notifications.retry._FIRST_WAIT", 0.01)


# Slack, whenever the bot has something to say, once each time.
PASSING = ("ratelimited", "internal_error", "down", "html", "wrong_types", "reset_after_acting")
FINAL = ("not_in_channel", "msg_too_long")
POST, EDIT, LINK = "chat.postMessage", "chat.update", "chat.getPermalink"
SAID: list[tuple[str, tuple[str, ...]]] = [
    *((fault, (POST, EDIT, LINK)) for fault in PASSING),
    *((fault, (POST, EDIT)) for fault in FINAL),
    ("message_not_found", (EDIT,)),
]


@pytest.mark.parametrize(("fault", "methods"), SAID)
async def test_each_outcome_is_told_once(world: World, fault: str, methods: tuple[str, ...]) -> None:
    for method in methods:
        world.faults.next_slack[method].append(fault)
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.until(lambda: endings_told(world, "Backing up *web-1*"))
    if POST in methods:
        world.faults.next_slack[POST].append(fault)
    world.provider.finish()
    await world.until(lambda: endings_told(world, "<@UANA> :white_check_mark: *web-1* is backed up"))
    assert endings_told(world, "*web-1* is backed up") == 2
    assert effects(world) == [1, 0, 0]


# Slack, at a form: what the person sees instead.
REFUSES = "Slack refused to show the answer"
SILENT = "Slack didn't answer me, so I could not show you this."
FORMS: list[tuple[str, str, str]] = [
    ("views.open", "expired_trigger_id", "The form took too long to open."),
    ("views.open", "internal_error", REFUSES),
    ("views.open", "ratelimited", REFUSES),
    ("views.open", "500", SILENT),
    ("views.open", "html", SILENT),
    ("views.open", "wrong_types", SILENT),
    ("views.open", "down", SILENT),
    ("views.update", "hash_conflict", REFUSES),
    ("views.update", "internal_error", REFUSES),
    ("views.update", "html", SILENT),
    ("views.update", "wrong_types", SILENT),
    ("views.update", "down", SILENT),
]


async def test_a_form_that_slack_does_not_show_is_told_and_the_next_one_works(world: World) -> None:
    prepare(world)
    ana = world.person("ana")
    for method, fault, words in FORMS:
        world.faults.next_slack[method].append(fault)
        assert (await ana.types("/backup delete 5001")).acked, (method, fault)
        world.workspace.remove(await world.until_whisper("ana", words))
        assert effects(world) == [0, 0, 0], (method, fault)
        while ana.modal:
            await ana.closes()
    await ask(world, "delete")
    await confirm(world, "delete")
    await until_told(world, "delete", "done")
    assert effects(world) == [0, 1, 0]


# Slack's sockets.
async def _refuse(world: World) -> None:
    world.faults.socket_refused = True
    world.sandbox.slack.socket_mode.drop()


async def _deafen(world: World) -> None:
    world.faults.socket_deaf = True


async def _duplicate(world: World) -> None:
    world.faults.socket_duplicates = 2


async def _reorder(world: World) -> None:
    world.faults.socket_holds = 0.1


def _disconnect(reason: Any) -> Any:
    async def ask_to_go(world: World) -> None:
        await world.sandbox.slack.socket_mode.disconnect(reason)

    return ask_to_go


SOCKETS = {
    "refused": _refuse,
    "silence": _deafen,
    "duplicates": _duplicate,
    "reordered": _reorder,
    "refresh_requested": _disconnect("refresh_requested"),
    "too_many_websockets": _disconnect("too_many_websockets"),
}


@pytest.mark.usefixtures("quick_sockets")
@pytest.mark.parametrize("trouble", SOCKETS)
async def test_a_socket_in_trouble_costs_nothing(world: World, trouble: str) -> None:
    prepare(world)
    await ask(world, "create")
    await SOCKETS[trouble](world)
    await until_told(world, "create", "done")
    world.faults.socket_refused = world.faults.socket_deaf = False
    answered: list[bool] = []
    while not any(answered):
        await world.until(lambda: world.sandbox.slack.socket_mode.connection_count, "connected again")
        answered.append((await world.person("ana").types("/backup list")).acked)
    await world.until_whisper("ana", "3 backups")
    assert effects(world) == calls(world) == [1, 0, 0]
    assert len(world.replies()) == 1
