"""What is posted is found again, wherever it went, and said more plainly where Slack can't draw it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.notices import mail
from bot.notices.delivery import Delivered
from bot.sandbox.server import Sandbox
from bot.slack.auth import web_client

HISTORY = ("channels:history", "groups:history", "im:history")
PATIENCE = 10.0


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(seeded=False)
    sandbox.workspace.app.scopes = (*sandbox.workspace.app.scopes, *HISTORY)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def send(sandbox: Sandbox, *places: str, key: str = "k", **content: Any) -> Delivered:
    client = web_client(SecretStr("xoxb-sandbox"), sandbox.slack_api_url)
    content = {"text": "Done."} | content
    return await mail.send(client, places, content, key, turn=at_once, replayed=True, patience=PATIENCE)


async def at_once(_: str) -> None:
    """Nobody else is posting."""


def posted(sandbox: Sandbox, channel: str) -> list[str]:
    return [message.text for message in sandbox.workspace.messages.get(channel, [])]


async def test_a_message_that_is_there_is_not_posted_again(sandbox: Sandbox) -> None:
    first = await send(sandbox, "COPS")
    assert await send(sandbox, "COPS") == first
    assert posted(sandbox, "COPS") == ["Done."]
    await send(sandbox, "COPS", key="another")
    assert len(posted(sandbox, "COPS")) == 2


async def test_it_is_found_far_back(sandbox: Sandbox) -> None:
    first = await send(sandbox, "COPS")
    ana = sandbox.people.person("ana")
    for number in range(mail.PAGE + 10):
        await ana.types(f"chatter {number}")
    assert await send(sandbox, "COPS") == first


async def test_it_is_found_in_a_thread_and_in_direct_messages(sandbox: Sandbox) -> None:
    parent = await send(sandbox, "COPS", key="parent")
    for _ in range(2):
        await send(sandbox, "COPS", key="reply", thread_ts=parent.ts)
        await send(sandbox, "UANA", key="direct")
    assert len(posted(sandbox, "COPS")) == 2
    assert len(posted(sandbox, "DANA")) == 1


async def test_it_is_looked_for_everywhere_before_it_is_posted_anywhere(sandbox: Sandbox) -> None:
    sandbox.faults.next_slack["chat.postMessage"].append("channel_not_found")
    first = await send(sandbox, "COPS", "UANA")
    assert first.channel == "DANA"
    assert await send(sandbox, "COPS", "UANA") == first
    assert posted(sandbox, "COPS") == []


@pytest.mark.parametrize("fault", ["internal_error", "ratelimited", "down", "wrong_types", "html"])
async def test_history_that_fails_for_a_moment_is_read_again(sandbox: Sandbox, fault: str) -> None:
    first = await send(sandbox, "COPS")
    sandbox.faults.next_slack["conversations.history"].append(fault)
    assert await send(sandbox, "COPS") == first


@pytest.mark.parametrize("fault", ["reset_after_acting", "internal_error_after_acting", "cut"])
async def test_a_lost_answer_is_looked_up(sandbox: Sandbox, fault: str) -> None:
    sandbox.faults.next_slack["chat.postMessage"].append(fault)
    sent = await send(sandbox, "COPS")
    assert sent.ts == sandbox.workspace.messages["COPS"][0].ts
    assert posted(sandbox, "COPS") == ["Done."]


async def test_without_the_scopes_a_replay_posts_again(sandbox: Sandbox) -> None:
    app = sandbox.workspace.app
    app.scopes = tuple(scope for scope in app.scopes if scope not in HISTORY)
    await send(sandbox, "COPS")
    await send(sandbox, "COPS")
    assert posted(sandbox, "COPS") == ["Done.", "Done."]


async def test_what_slack_cannot_draw_is_said_in_fewer_words(sandbox: Sandbox) -> None:
    sandbox.faults.next_slack["chat.postMessage"] += ["invalid_blocks", "msg_too_long"]
    blocks = [{"type": "divider"}]
    assert not (await send(sandbox, "COPS", text="word " * 200, blocks=blocks)).error
    [message] = sandbox.workspace.messages["COPS"]
    assert message.blocks == []
    assert len(message.text) <= mail.FEW_WORDS
