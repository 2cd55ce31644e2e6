"""What a message says last is the newest, though edits wait for their turn."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.notices.delivery import Delivered
from bot.notices.edits import Edits
from bot.notices.pace import Pace, Urgency
from bot.sandbox.server import Sandbox
from bot.slack import replies
from bot.slack.auth import web_client


class Turns(Pace):
    """Gives as many turns to edit as it is told."""

    def __init__(self, free: int) -> None:
        super().__init__()
        self.free = asyncio.Semaphore(free)
        self.taken: list[Urgency] = []

    async def edit(self, urgency: Urgency) -> None:
        await self.free.acquire()
        self.taken.append(urgency)


class Board:
    """A message in #ops, and those who edit it."""

    def __init__(self, sandbox: Sandbox, at: Delivered, free: int) -> None:
        self.turns = Turns(free)
        self.edits = Edits(web_client(SecretStr("xoxb-sandbox"), sandbox.slack_api_url), self.turns)
        self.at = at
        self.said: list[str] = []
        [self.message] = sandbox.workspace.messages["COPS"]
        sandbox.workspace.listen(lambda _: self.said.append(self.message.text))

    async def progress(self, text: str, wait: float = 0.0) -> None:
        await self.edits.show_progress(self.at, replies.said(text), wait=wait)

    async def outcome(self, text: str) -> Delivered:
        return await self.edits.show_outcome(self.at, replies.said(text))


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(seeded=False)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def board(sandbox: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[Board]:
    client = web_client(SecretStr("xoxb-sandbox"), sandbox.slack_api_url)
    posted = await client.chat_postMessage(channel="COPS", text="Asked for.")
    board = Board(sandbox, Delivered(channel="COPS", ts=posted["ts"]), getattr(request, "param", 9))
    yield board
    await board.edits.aclose()


def no_turns() -> pytest.MarkDecorator:
    """Mark a test in which nobody may edit at first."""
    return pytest.mark.parametrize("board", [0], indirect=True, ids=[""])


async def test_where_there_is_room_all_is_shown_in_order(board: Board) -> None:
    await board.progress("One.", wait=5.0)
    await board.progress("Two.", wait=5.0)
    assert not (await board.outcome("Done.")).error
    assert board.said == ["One.", "Two.", "Done."]


@no_turns()
async def test_progress_does_not_hold_up_an_operation(board: Board) -> None:
    async with asyncio.timeout(5.0):
        await board.progress("One.", wait=0.01)
    board.turns.free.release()
    await board.progress("Two.", wait=5.0)
    assert board.said == ["Two."]


@no_turns()
async def test_what_is_overtaken_takes_no_turn(board: Board) -> None:
    for text in ("One.", "Two.", "Three."):
        await board.progress(text)
    board.turns.free.release()
    await board.outcome("Done.")
    assert board.said == ["Done."]
    assert board.turns.taken == [Urgency.OUTCOME]


async def test_what_is_on_its_way_arrives_before_what_is_newer(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.slack_latency = 0.1
    await board.progress("One.", wait=0.02)
    sandbox.faults.slack_latency = 0.0
    await board.outcome("Done.")
    assert board.said[-1] == "Done."


@pytest.mark.parametrize("fault", ["internal_error", "down", "html"])
async def test_what_fails_is_not_tried_again_once_it_is_overtaken(
    sandbox: Sandbox, board: Board, fault: str
) -> None:
    sandbox.faults.next_slack["chat.update"].append(fault)
    await board.progress("One.", wait=0.1)
    await board.outcome("Done.")
    assert board.said == ["Done."]
    assert board.turns.taken == [Urgency.PROGRESS, Urgency.OUTCOME]


async def test_progress_that_fails_is_shown_when_slack_is_back(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.next_slack["chat.update"].append("internal_error")
    await board.progress("One.", wait=5.0)
    assert board.said == ["One."]


@no_turns()
async def test_at_the_end_nothing_is_left_behind(board: Board) -> None:
    await board.progress("One.")
    async with asyncio.timeout(5.0):
        await board.edits.aclose()
    board.turns.free.release()
    await asyncio.sleep(0)
    assert board.turns.taken == []
