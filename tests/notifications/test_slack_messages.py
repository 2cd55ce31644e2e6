"""What is posted is found again, wherever it went, and what a message says last is the newest."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.notifications.model import MessageRef
from bot.notifications.rate_limit import Priority, SlackRateLimits
from bot.notifications.slack_messages import FEW_WORDS, PAGE, SlackMessages, finishing
from bot.sandbox.server import Sandbox
from bot.slack.auth import SlackClient
from bot.slack.views import sentence_alone

HISTORY = ("channels:history", "groups:history", "im:history")
GIVE_UP_SECONDS = 10.0


@pytest.fixture
def messages(client: SlackClient) -> SlackMessages:
    return SlackMessages(client, SlackRateLimits())


async def post_again(
    messages: SlackMessages,
    *places: str,
    key: str = "k",
    thread_ts: str = "",
    is_broadcast: bool = False,
    **content: Any,
) -> MessageRef:
    """Post a message that another run may have posted."""
    return await messages.post_once(
        places,
        {"text": "Done."} | content,
        key,
        thread_ts=thread_ts,
        broadcast=is_broadcast,
        is_recovery=True,
        give_up_after=GIVE_UP_SECONDS,
    )


def posted(sandbox: Sandbox, channel: str) -> list[str]:
    return [message.text for message in sandbox.workspace.messages.get(channel, [])]


async def test_a_message_that_is_there_is_not_posted_again(sandbox: Sandbox, messages: SlackMessages) -> None:
    first = await post_again(messages, "COPS")
    assert await post_again(messages, "COPS") == first
    assert posted(sandbox, "COPS") == ["Done."]
    await post_again(messages, "COPS", key="another")
    assert len(posted(sandbox, "COPS")) == 2


async def test_a_first_run_does_not_look_for_what_it_posts(sandbox: Sandbox, messages: SlackMessages) -> None:
    for _ in range(2):
        await messages.post_once(
            ["COPS"], {"text": "Done."}, "k", is_recovery=False, give_up_after=GIVE_UP_SECONDS
        )
    assert posted(sandbox, "COPS") == ["Done.", "Done."]


async def test_a_message_is_found_far_back(sandbox: Sandbox, messages: SlackMessages) -> None:
    first = await post_again(messages, "COPS")
    ana = sandbox.people.person("ana")
    for number in range(PAGE + 10):
        await ana.types(f"chatter {number}")
    assert await post_again(messages, "COPS") == first


async def test_a_message_is_found_in_a_thread_and_in_direct_messages(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    parent = await post_again(messages, "COPS", key="parent")
    for _ in range(2):
        await post_again(messages, "COPS", key="reply", thread_ts=parent.ts)
        await post_again(messages, "UANA", key="direct")
    assert len(posted(sandbox, "COPS")) == 2
    assert len(posted(sandbox, "DANA")) == 1


async def test_a_reply_that_is_shown_in_the_channel_too_is_found_again(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    parent = await post_again(messages, "COPS", key="parent")
    first = await post_again(messages, "COPS", key="reply", thread_ts=parent.ts, is_broadcast=True)
    assert await post_again(messages, "COPS", key="reply", thread_ts=parent.ts, is_broadcast=True) == first
    [_, reply] = sandbox.workspace.messages["COPS"]
    assert (reply.thread_ts, reply.broadcast) == (parent.ts, True)


async def test_where_there_is_no_thread_nothing_is_shown_twice(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    await post_again(messages, "COPS", is_broadcast=True)
    [post] = sandbox.workspace.messages["COPS"]
    assert (post.thread_ts, post.broadcast) == (None, False)


@pytest.mark.parametrize(
    "error",
    [
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
        "cannot_reply_to_message",
        "restricted_action",
    ],
)
async def test_what_a_thread_does_not_take_is_written_directly(
    sandbox: Sandbox, messages: SlackMessages, error: str
) -> None:
    parent = await post_again(messages, "COPS", key="parent")
    sandbox.faults.next_slack["chat.postMessage"] += [error]
    async with asyncio.timeout(GIVE_UP_SECONDS):
        await messages.post_once(
            ["COPS", "UANA"],
            {"text": "Over."},
            "reply",
            thread_ts=parent.ts,
            is_recovery=False,
            give_up_after=None,
        )
    assert (posted(sandbox, "COPS"), posted(sandbox, "DANA")) == (["Done."], ["Over."])


async def test_an_alarm_goes_before_all_that_waits_to_be_written_to_somebody(
    sandbox: Sandbox, client: SlackClient
) -> None:
    messages = SlackMessages(client, SlackRateLimits(posts=1, posts_seconds=0.2))

    async def post(text: str, priority: Priority) -> MessageRef:
        return await messages.post_once(
            ["UBEN"], {"text": text}, text, is_recovery=False, give_up_after=60.0, priority=priority
        )

    await post("first", Priority.NOTICE)
    asked = [asyncio.create_task(post(f"request {number}", Priority.OUTCOME)) for number in range(4)]
    await asyncio.sleep(0)
    await post("alarm", Priority.ALARM)
    assert posted(sandbox, "DBEN") == ["first", "alarm"]
    for task in asked:
        task.cancel()


async def test_it_looks_everywhere_before_it_posts_anywhere(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    sandbox.faults.next_slack["chat.postMessage"].append("channel_not_found")
    first = await post_again(messages, "COPS", "UANA")
    assert first.channel == "DANA"
    assert await post_again(messages, "COPS", "UANA") == first
    assert posted(sandbox, "COPS") == []


@pytest.mark.parametrize("fault", ["internal_error", "ratelimited", "down", "wrong_types", "html"])
async def test_history_that_fails_for_a_moment_is_read_again(
    sandbox: Sandbox, messages: SlackMessages, fault: str
) -> None:
    first = await post_again(messages, "COPS")
    sandbox.faults.next_slack["conversations.history"].append(fault)
    assert await post_again(messages, "COPS") == first


@pytest.mark.parametrize("fault", ["reset_after_acting", "internal_error_after_acting", "cut"])
async def test_a_message_whose_answer_was_lost_is_found(
    sandbox: Sandbox, messages: SlackMessages, fault: str
) -> None:
    sandbox.faults.next_slack["chat.postMessage"].append(fault)
    sent = await post_again(messages, "COPS")
    assert sent.ts == sandbox.workspace.messages["COPS"][0].ts
    assert posted(sandbox, "COPS") == ["Done."]


async def test_without_the_history_scopes_a_recovery_posts_again(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    app = sandbox.workspace.app
    app.scopes = tuple(scope for scope in app.scopes if scope not in HISTORY)
    await post_again(messages, "COPS")
    await post_again(messages, "COPS")
    assert posted(sandbox, "COPS") == ["Done.", "Done."]


async def test_what_slack_cannot_draw_is_said_in_fewer_words(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    sandbox.faults.next_slack["chat.postMessage"] += ["invalid_blocks", "msg_too_long"]
    blocks = [{"type": "divider"}]
    assert (await post_again(messages, "COPS", text="word " * 200, blocks=blocks)).ts
    [message] = sandbox.workspace.messages["COPS"]
    assert message.blocks == []
    assert len(message.text) <= FEW_WORDS


async def test_a_message_that_no_place_takes_is_logged(sandbox: Sandbox, messages: SlackMessages) -> None:
    sandbox.faults.next_slack["chat.postMessage"] += ["is_archived", "cannot_dm_bot"]
    with capture_logs() as lines:
        assert await post_again(messages, "COPS", "UANA") == MessageRef()
    [line] = [line for line in lines if line["event"] == "message_not_posted"]
    assert (line["key"], line["error"]) == ("k", "cannot_dm_bot")


async def test_only_waiting_for_the_rate_limit_may_be_interrupted(
    sandbox: Sandbox, client: SlackClient
) -> None:
    seen: list[list[str]] = []

    async def interruptible(waiting: Coroutine[Any, Any, None]) -> None:
        await waiting
        seen.append(posted(sandbox, "COPS"))

    await post_again(SlackMessages(client, SlackRateLimits(), interruptible), "COPS")
    assert seen == [[]]
    assert posted(sandbox, "COPS") == ["Done."]


async def test_what_nobody_else_may_see_is_shown_to_one_alone_if_slack_takes_it(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    async def show() -> bool:
        message = sentence_alone("No room.")
        return await messages.show_privately("COPS", "UANA", message, give_up_after=GIVE_UP_SECONDS)

    assert await show()
    [shown] = sandbox.workspace.messages["COPS"]
    assert (shown.text, shown.ephemeral_to) == ("No room.", "UANA")
    sandbox.faults.next_slack["chat.postEphemeral"].append("user_not_in_channel")
    assert not await show()
    assert len(posted(sandbox, "COPS")) == 1


async def test_a_permalink_that_slack_does_not_tell_is_left_out(
    sandbox: Sandbox, messages: SlackMessages
) -> None:
    ref = await post_again(messages, "COPS")
    assert ref.ts.replace(".", "") in await messages.permalink(ref)
    for fault in ("internal_error", "html", "wrong_types"):
        sandbox.faults.next_slack["chat.getPermalink"].append(fault)
        assert not await messages.permalink(ref)
    assert not await messages.permalink(MessageRef())


class CountedLimits(SlackRateLimits):
    """Lets as many edits through as it is told."""

    def __init__(self, free: int) -> None:
        super().__init__()
        self.free = asyncio.Semaphore(free)
        self.taken: list[Priority] = []

    async def edit(self, priority: Priority) -> None:
        await self.free.acquire()
        self.taken.append(priority)


class Board:
    """A message in #ops, and those who edit it."""

    def __init__(self, sandbox: Sandbox, client: SlackClient, ref: MessageRef, free: int) -> None:
        self.limits = CountedLimits(free)
        self.messages = SlackMessages(client, self.limits)
        self.ref = ref
        self.said: list[str] = []
        [self.message] = sandbox.workspace.messages["COPS"]
        sandbox.workspace.listen(lambda _: self.said.append(self.message.text))

    async def progress(self, text: str, wait: float = 0.0) -> None:
        await self.messages.edit_progress(self.ref, sentence_alone(text), wait=wait)

    async def outcome(self, text: str) -> bool:
        return await self.messages.edit_finally(self.ref, sentence_alone(text))


@pytest.fixture
async def board(
    sandbox: Sandbox, client: SlackClient, request: pytest.FixtureRequest
) -> AsyncIterator[Board]:
    answer = await client.chat_postMessage(channel="COPS", text="Requested.")
    ref = MessageRef(channel="COPS", ts=answer["ts"])
    board = Board(sandbox, client, ref, getattr(request, "param", 9))
    yield board
    await board.messages.aclose()


def no_edits_at_first() -> pytest.MarkDecorator:
    """Mark a test in which the rate limit lets nobody edit at first."""
    return pytest.mark.parametrize("board", [0], indirect=True, ids=[""])


async def test_if_there_is_room_every_edit_is_shown_in_order(board: Board) -> None:
    await board.progress("One.", wait=5.0)
    await board.progress("Two.", wait=5.0)
    assert await board.outcome("Done.")
    assert board.said == ["One.", "Two.", "Done."]


@no_edits_at_first()
async def test_progress_does_not_hold_up_an_operation(board: Board) -> None:
    async with asyncio.timeout(5.0):
        await board.progress("One.", wait=0.01)
    board.limits.free.release()
    await board.progress("Two.", wait=5.0)
    assert board.said == ["Two."]


@no_edits_at_first()
async def test_an_overtaken_edit_uses_up_no_permit(board: Board) -> None:
    for text in ("One.", "Two.", "Three."):
        await board.progress(text)
    board.limits.free.release()
    await board.outcome("Done.")
    assert board.said == ["Done."]
    assert board.limits.taken == [Priority.OUTCOME]


async def test_an_edit_on_its_way_arrives_before_a_newer_one(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.slack_latency = 0.1
    await board.progress("One.", wait=0.02)
    sandbox.faults.slack_latency = 0.0
    await board.outcome("Done.")
    assert board.said[-1] == "Done."


@pytest.mark.parametrize("fault", ["internal_error", "down", "html"])
async def test_a_failed_edit_is_not_retried_once_it_is_overtaken(
    sandbox: Sandbox, board: Board, fault: str
) -> None:
    sandbox.faults.next_slack["chat.update"].append(fault)
    await board.progress("One.", wait=0.1)
    await board.outcome("Done.")
    assert board.said == ["Done."]
    assert board.limits.taken == [Priority.PROGRESS, Priority.OUTCOME]


async def test_progress_that_fails_is_shown_when_slack_is_back(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.next_slack["chat.update"].append("internal_error")
    await board.progress("One.", wait=5.0)
    assert board.said == ["One."]


async def test_an_outcome_that_slack_cannot_draw_is_said_in_words(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.next_slack["chat.update"].append("invalid_blocks")
    assert await board.outcome("Done.")
    assert (board.message.text, board.message.blocks) == ("Done.", [])


async def test_it_tells_when_a_message_can_no_longer_be_edited(sandbox: Sandbox, board: Board) -> None:
    sandbox.faults.next_slack["chat.update"].append("message_not_found")
    assert not await board.outcome("Done.")
    assert board.said == []


@no_edits_at_first()
async def test_closing_leaves_no_edit_behind(board: Board) -> None:
    await board.progress("One.")
    async with asyncio.timeout(5.0):
        await board.messages.aclose()
    board.limits.free.release()
    await asyncio.sleep(0)
    assert board.limits.taken == []


async def test_a_stop_in_the_middle_of_a_post_lets_it_go_out() -> None:
    begun, answered = asyncio.Event(), asyncio.Event()
    posted: list[str] = []

    async def post() -> None:
        begun.set()
        await answered.wait()
        posted.append("it")

    working = asyncio.create_task(finishing(post()))
    await begun.wait()
    working.cancel()
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert posted == ["it"]
