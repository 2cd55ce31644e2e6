"""A bug of ours, wherever it is, leaves nobody without an answer."""

from collections.abc import Awaitable, Callable
from pkgutil import resolve_name
from typing import NoReturn

import pytest

from bot.operations.model import Operation, Outcome, Unworded
from tests.stories.asking import TWO, asks, events, trail
from tests.stories.three_verbs import VERBS, Verb, ask, calls, confirm, let_it_finish, prepare
from tests.world import World, set_up, unstarted

CRASHED = "I crashed partway and don't know how far it got."
HEADLINES: dict[Verb, str] = {
    "create": "<@UANA> :grey_question: *web-1*: can't tell whether the backup was made",
    "delete": "<@UANA> :grey_question: *db-1*: can't tell whether backup 5001 was deleted",
    "restore": "<@UANA> :grey_question: *mail-1*: can't tell whether the restore was started",
}
DONE: dict[Verb, str] = {
    "create": "<@UANA> :white_check_mark: *web-1* is backed up",
    "delete": "<@UANA> :white_check_mark: Deleted backup 5001 of *db-1*",
    "restore": "<@UANA> :white_check_mark: *mail-1* is back: restored to",
}
STEPS: dict[Verb, str] = {
    "create": "bot.backups.create._find_or_create",
    "delete": "bot.backups.delete._delete",
    "restore": "bot.backups.restore.read_server_status",
}
"""A part of what each procedure does, in or as a step."""


async def _breaks(*_: object, **__: object) -> NoReturn:
    raise ValueError("a bug")


async def _until_crash_is_told(world: World, verb: Verb) -> None:
    reply = await world.until_reply(HEADLINES[verb])
    assert CRASHED in reply.text
    assert "a bug" not in reply.text
    card = await world.until_post(CRASHED)
    assert reply.thread_ts == card.ts
    assert len(world.posts()) == 1
    assert len(world.replies()) == 1


@pytest.mark.parametrize("verb", VERBS)
@unstarted
async def test_a_bug_in_a_procedure_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: Verb
) -> None:
    monkeypatch.setattr(STEPS[verb], _breaks)
    prepare(world)
    await world.start_bot()
    await ask(world, verb)
    await confirm(world, verb)
    await _until_crash_is_told(world, verb)
    assert events(world) == ["requested", "started", "ended"]
    assert trail(world)[-1].state == "unknown"


async def test_the_server_is_free_after_a_bug(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(STEPS["create"], _breaks)
        await world.person("ana").types("/backup create web-1")
        await world.until_reply(CRASHED)
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")


def _break_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a coroutine function raise at its next call, and work from then on."""
    works: Callable[..., Awaitable[object]] = resolve_name(name)
    broken = [True]

    async def breaks_once(*args: object, **named: object) -> object:
        if broken:
            broken.clear()
            raise ValueError("a bug")
        return await works(*args, **named)

    monkeypatch.setattr(name, breaks_once)


@pytest.mark.parametrize(
    ("part", "verb"),
    [
        ("bot.lifecycle.record.write", "create"),
        ("bot.operations.card._first_progress", "delete"),
        ("bot.lifecycle.announce", "restore"),
        ("bot.lifecycle.engine.enqueue", "create"),
    ],
)
@unstarted
async def test_a_bug_in_the_request_part_is_told_and_nothing_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: Verb, part: str
) -> None:
    prepare(world)
    await world.start_bot()
    _break_once(monkeypatch, part)
    await ask(world, verb)
    await confirm(world, verb)
    await _until_crash_is_told(world, verb)
    assert calls(world) == [0, 0, 0]
    assert "started" not in events(world)
    assert (trail(world)[-1].event, trail(world)[-1].state) == ("ended", "unknown")


@pytest.mark.parametrize("part", ["bot.approvals.approval.check_vote", "bot.approvals.approval._denial"])
@set_up(**TWO)
async def test_a_bug_while_a_second_person_decides_is_told_and_nothing_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    question = await asks(world)
    monkeypatch.setattr(part, _breaks)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply(CRASHED)
    assert reply.thread_ts == question.ts
    assert CRASHED in question.text
    assert world.provider.deletes == []
    assert events(world) == ["requested", "approval_requested", "ended"]


@pytest.mark.parametrize(
    ("drawing", "verb"),
    [
        ("bot.operations.views.ended", "create"),
        ("bot.operations.views.ended", "restore"),
        ("bot.operations.outcome_messages.reply", "delete"),
    ],
)
@unstarted
async def test_what_was_done_is_told_though_a_bug_leaves_no_words_for_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: Verb, drawing: str
) -> None:
    draws = resolve_name(drawing)

    def draws_no_facts(operation: Operation, outcome: Outcome) -> object:
        if isinstance(outcome, Unworded):
            return draws(operation, outcome)
        raise ValueError("a bug")

    monkeypatch.setattr(drawing, draws_no_facts)
    prepare(world)
    await world.start_bot()
    await ask(world, verb)
    await confirm(world, verb)
    await let_it_finish(world, verb)
    reply = await world.until_reply(DONE[verb])
    card = await world.until_post("because of a bug of mine")
    assert "because of a bug of mine" in reply.text
    assert reply.thread_ts == card.ts
    assert (len(world.posts()), len(world.replies())) == (1, 1)
    assert sum(calls(world)) == 1
    assert events(world) == ["requested", "started", "ended"]
    assert trail(world)[-1].state == "done"
