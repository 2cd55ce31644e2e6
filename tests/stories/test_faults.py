"""Each fault of VPS.org: what the person sees, and that the operation ends right."""

from collections.abc import Sequence

import httpx
import pytest

from bot.sandbox.clock import RealClock
from bot.vps.client import VpsClient
from tests.stories.three_verbs import (
    CALLS,
    DESTRUCTIVE,
    VERBS,
    Ending,
    Verb,
    ask,
    ask_for_all,
    calls,
    confirm,
    effects,
    prepare,
    until_told,
)
from tests.world import World, set_up

Endings = Sequence[Ending]
ALL_DONE: Endings = ("done", "done", "done")
ALL_UNKNOWN: Endings = ("unknown", "unknown", "unknown")
ALL_FAILED: Endings = ("failed", "failed", "failed")

BACKUPS = ("GET", "/backups/")
Words = str | dict[Verb, str]
NOT_FOUND: dict[Verb, str] = {
    "create": "VPS.org knows no such server or backup: “Not found.”",
    "delete": "VPS.org says there is no such backup, yet it lists it: “Not found.”",
    "restore": "VPS.org knows no such server or backup: “Not found.”",
}


@pytest.fixture(autouse=True)
def hasty_repetitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Slack did not take is said again at once."""
    monkeypatch.setattr("bot.notifications.retry._FIRST_WAIT", 0.01)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot waits for half a second only for VPS.org's answer."""
    monkeypatch.setitem(VpsClient.__init__.__kwdefaults__ or {}, "timeouts", httpx.Timeout(5.0, read=0.5))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What VPS.org does not answer is not asked for again at once."""
    monkeypatch.setitem(VpsClient.__init__.__kwdefaults__ or {}, "attempts", 1)


# VPS.org, in the middle of a backup, a delete and a restore: the fault, how each ends, and the words.
CALLED: list[tuple[str, Endings, Words]] = [
    ("reset", ALL_UNKNOWN, "dropped the connection"),
    ("reset_after_acting", ALL_DONE, ""),
    ("wrong_types", ALL_DONE, ""),
    (
        "unauthorized",
        ALL_FAILED,
        "doesn't accept the bot's token: “Invalid token.” "
        "Tell whoever runs the bot: VPS_API_TOKEN is not accepted.",
    ),
    ("forbidden", ALL_FAILED, "doesn't let the bot's token do this"),
    ("not_found", ALL_FAILED, NOT_FOUND),
    ("conflict", ALL_FAILED, "is busy with this already"),
    ("500", ALL_UNKNOWN, "VPS.org is having problems (error 500)."),
    ("500_after_acting", ALL_DONE, ""),
    ("html", ALL_UNKNOWN, "VPS.org's answer is not JSON."),
    ("html_after_acting", ALL_DONE, ""),
]
UNANSWERED: list[tuple[str, Endings, Words]] = [
    ("timeout_before_acting", ALL_UNKNOWN, "VPS.org isn't answering."),
    ("timeout_after_acting", ALL_DONE, ""),
]


BY_ALL = {"reset", "reset_after_acting", "wrong_types", "unauthorized", "not_found", "html_after_acting"}
"""Faults that each of the three meets, some for each way to end; the others are met by one of them."""


async def go_wrong(
    world: World,
    fault: str,
    endings: Endings,
    words: Words,
    verbs: Sequence[Verb] = VERBS,
    times: int = 1,
) -> None:
    """Let calls meet the fault, and see what is told, what was done, and how often each was called."""
    prepare(world)
    for verb in verbs:
        world.faults.next_provider[CALLS[verb]].append(fault)
    for verb in verbs:
        await ask(world, verb)
        await confirm(world, verb)
    ends = {verb: ending for verb, ending in zip(VERBS, endings, strict=True) if verb in verbs}
    for verb, ending in ends.items():
        reply = await until_told(world, verb, ending)
        assert ending == "done" or (words if isinstance(words, str) else words[verb]) in reply.text
        assert ending != "failed" or "Nothing was changed." in reply.text
    assert effects(world) == [int(ends.get(verb) == "done") for verb in VERBS]
    assert calls(world) == [times * (verb in verbs) for verb in VERBS]
    assert len(world.posts()) == len(world.replies()) == len(verbs)


@pytest.mark.parametrize("number", range(len(CALLED)), ids=[fault for fault, *_ in CALLED])
async def test_a_call_goes_wrong(world: World, number: int) -> None:
    fault, endings, words = CALLED[number]
    await go_wrong(world, fault, endings, words, VERBS if fault in BY_ALL else [VERBS[number % 3]])


async def test_a_call_that_is_limited_is_made_again_as_soon_as_vps_org_allows(world: World) -> None:
    await go_wrong(world, "429", ALL_DONE, "", times=2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("fault", "endings", "words"), UNANSWERED)
async def test_a_call_is_not_answered(world: World, fault: str, endings: Endings, words: Words) -> None:
    await go_wrong(world, fault, endings, words)


async def test_late_answers_change_nothing(world: World) -> None:
    world.faults.provider_latency = 0.1
    await go_wrong(world, "list_repeats", ALL_DONE, "")


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_clock_that_differs_changes_nothing(world: World, hours: int) -> None:
    world.provider.clock = RealClock(ahead=hours * 3600)
    await go_wrong(world, "list_repeats", ALL_DONE, "")


# VPS.org, while somebody looks: the fault and what they see.
LOOKED: list[tuple[str, str]] = [
    ("reset", "VPS.org dropped the connection"),
    ("cut", "VPS.org's answer is not JSON."),
    ("wrong_types", "VPS.org answered with something that is not a list"),
    ("unauthorized", "VPS.org doesn't accept the bot's token"),
    ("conflict", "VPS.org is busy with this already"),
    ("429", "VPS.org is limiting requests"),
]


async def look(world: World, fault: str, words: str) -> None:
    """Let Ana ask for a list while there is the fault, and once more afterwards."""
    ana = world.person("ana")
    world.faults.next_provider[BACKUPS] += [fault] * 4
    assert (await ana.types("/backup list")).acked
    await world.until_whisper("ana", words)
    world.faults.next_provider.clear()
    assert (await ana.types("/backup list")).acked
    await world.until_whisper("ana", "2 backups")


async def confirm_blindly(world: World, verb: Verb, fault: str, words: str) -> None:
    """Let Ana confirm while there is the fault: nothing is done that can't be checked."""
    await ask(world, verb)
    world.faults.next_provider[BACKUPS] += [fault] * 20
    await confirm(world, verb)
    reply = await until_told(world, verb, "failed")
    assert words in reply.text
    assert "Nothing was changed." in reply.text
    assert effects(world) == [0, 0, 0]
    world.faults.next_provider.clear()


async def watch(world: World, fault: str) -> None:
    """Make a backup which VPS.org is asked about while there is the fault."""
    await ask(world, "create")
    await world.until_post("Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    waiting = world.faults.next_provider[BACKUPS]
    waiting += [fault] * (4 if fault == "429" else 9)
    await world.until(lambda: not waiting, "the outage is over")
    await until_told(world, "create", "done")
    assert effects(world) == [1, 0, 0]


@pytest.mark.parametrize("number", range(len(LOOKED)), ids=[fault for fault, _ in LOOKED])
async def test_looking_goes_wrong(world: World, number: int) -> None:
    fault, words = LOOKED[number]
    prepare(world)
    await look(world, fault, words)
    # What VPS.org asks to wait for is waited for; see below.
    is_refused = fault != "429"
    if is_refused:
        await confirm_blindly(world, DESTRUCTIVE[number % 2], fault, words)
    await watch(world, fault)
    assert len(world.replies()) == is_refused + 1


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("verb", DESTRUCTIVE)
async def test_a_last_look_that_is_limited_is_taken_again_as_soon_as_vps_org_allows(
    world: World, verb: Verb
) -> None:
    prepare(world)
    await ask(world, verb)
    waiting = world.faults.next_provider[BACKUPS]
    waiting += ["429"] * 3
    await confirm(world, verb)
    await until_told(world, verb, "done")
    assert (waiting, sum(effects(world))) == ([], 1)


async def test_a_list_that_misses_entries_proves_nothing(world: World) -> None:
    prepare(world)
    await look(world, "list_misses", "VPS.org counts 1 more that it did not show")
    for verb in DESTRUCTIVE:
        await confirm_blindly(world, verb, "list_misses", "VPS.org did not show all backups of the server")
    await watch(world, "list_misses")


async def test_a_list_that_repeats_entries_shows_each_once(world: World) -> None:
    prepare(world)
    world.faults.next_provider[BACKUPS] += ["list_repeats"] * 1000
    await world.person("ana").types("/backup list")
    await world.until_whisper("ana", "2 backups")
    await ask_for_all(world)
    for verb in VERBS:
        await until_told(world, verb, "done")
    assert effects(world) == calls(world) == [1, 1, 1]


@set_up(bot_settle_seconds=3)
async def test_a_backup_that_somebody_else_deleted_first_is_said_to_have_been_gone(world: World) -> None:
    old = world.provider.add_backup("web-1")
    world.faults.next_provider["DELETE", f"/backups/{old.id}/"].append("not_found")
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.confirms("ana")
    await world.until(lambda: world.provider.calls[-1].method == "DELETE", "the bot deletes")
    del world.provider.backups[old.id]
    await world.until_reply(f"Backup {old.id} was already gone.")
