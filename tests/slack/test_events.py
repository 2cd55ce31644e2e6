"""An event is acked once it is recorded, handled once however often it comes, and never lost."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import NotRecorded, Unrecorded
from bot.slack.dispatch import Handlers, RunningListeners, register
from bot.slack.interaction import Interaction
from bot.slack.payload import is_for_us, read_event
from bot.verbs import Verb
from tests.slack.conftest import soon
from tests.slack.wire import Wire

Json = dict[str, Any]
MENTION: Json = {
    "type": "app_mention",
    "user": "U111",
    "channel": "C111",
    "ts": "17.2",
    "team": "T111",
    "text": "<@U0BOT> list web-1",
    "client_msg_id": "m-1",
}


def payload(event: Json, event_id: str = "Ev1") -> Json:
    return {"type": "event_callback", "team_id": "T111", "event_id": event_id, "event": event}


def bot(wire: Wire, handlers: Handlers) -> tuple[AsyncApp, RunningListeners]:
    app = wire.app()
    register(app, handlers, app.client)
    return app, RunningListeners(app)


async def deliver(app: AsyncApp, event: Json, *, event_id: str = "Ev1", retry: int = 0) -> int:
    headers: dict[str, str | Sequence[str]] = {"x-slack-retry-num": str(retry)} if retry else {}
    request = AsyncBoltRequest(body=payload(event, event_id), mode="socket_mode", headers=headers)
    response: BoltResponse = await soon(app.async_dispatch(request))
    return response.status


async def test_the_ack_goes_out_once_the_handler_says_so(wire: Wire) -> None:
    is_recorded, may_end = asyncio.Event(), asyncio.Event()

    async def slow(interaction: Interaction, _typed: str) -> None:
        await is_recorded.wait()
        await interaction.ack()
        await may_end.wait()

    app, listeners = bot(wire, Handlers(verbs={Verb.LIST: slow}))
    delivery = asyncio.create_task(deliver(app, MENTION))
    await asyncio.sleep(0.05)
    assert not delivery.done()
    is_recorded.set()
    assert await delivery == 200
    assert listeners.count == 1, "what follows the ack is let finish, too"
    may_end.set()
    await soon(listeners.finished())


async def test_a_message_that_is_delivered_three_times_is_handled_once(wire: Wire) -> None:
    handled: list[str] = []

    async def note(interaction: Interaction, _typed: str) -> None:
        handled.append(interaction.idempotency_key)
        await interaction.ack()

    app, _ = bot(wire, Handlers(verbs={Verb.LIST: note}))
    again = MENTION | {"ts": "17.9"}  # Slack's client sent it again.
    twice = asyncio.gather(deliver(app, MENTION), deliver(app, again, event_id="Ev2"))
    assert [*await twice, await deliver(app, MENTION, retry=1)] == [200, 200, 200]
    assert handled == ["message:m-1"]


async def test_what_is_not_recorded_is_delivered_again_and_told_once(wire: Wire) -> None:
    tries: list[str] = []

    async def fail_twice(interaction: Interaction, _typed: str) -> None:
        tries.append(interaction.idempotency_key)
        if len(tries) < 3:
            raise NotRecorded(Unrecorded.OPERATION)
        await interaction.ack()

    app, _ = bot(wire, Handlers(verbs={Verb.LIST: fail_twice}))
    assert await deliver(app, MENTION) == 503
    assert wire.calls.count("chat.postEphemeral") == 1
    assert await deliver(app, MENTION, retry=1) == 503
    assert await deliver(app, MENTION, retry=2) == 200
    assert wire.calls.count("chat.postEphemeral") == 1
    assert tries == ["message:m-1"] * 3


async def test_what_is_never_recorded_is_told_at_the_end(wire: Wire) -> None:
    async def fail(_: Interaction, _typed: str) -> None:
        raise NotRecorded(Unrecorded.OPERATION)

    app, listeners = bot(wire, Handlers(verbs={Verb.LIST: fail}))
    assert await deliver(app, MENTION, retry=3) == 200, "Slack would not deliver it again"
    await soon(listeners.finished())
    assert wire.calls.count("chat.postEphemeral") == 1


async def test_other_events_find_their_handlers_and_unknown_ones_are_acked(wire: Wire) -> None:
    handled: list[str] = []

    async def note(interaction: Interaction) -> None:
        handled.append(f"{interaction.person} {interaction.idempotency_key} {interaction.delivery_id}")

    app, _ = bot(wire, Handlers(events={"app_home_opened": note}))
    assert await deliver(app, {"type": "app_home_opened", "user": "U111", "tab": "home"}) == 200
    assert await deliver(app, {"type": "team_join", "user": {"id": "U5"}}, event_id="Ev2") == 200
    assert handled == ["U111 event:Ev1 event:Ev1"]


@pytest.mark.parametrize("event", [{"type": "app_mention", "user": "U111"}, {"type": "team_join"}])
async def test_what_nobody_could_know_again_is_acked_and_left(wire: Wire, event: Any) -> None:
    app, listeners = bot(wire, Handlers())
    assert await deliver(app, event, event_id="") == 200
    assert listeners.count == 0


DIRECT: Json = MENTION | {"type": "message", "channel_type": "im", "channel": "D111"}


@pytest.mark.parametrize(
    ("event", "is_ours"),
    [
        (MENTION, True),
        (DIRECT, True),
        (DIRECT | {"subtype": "file_share"}, True),
        (MENTION | {"subtype": "thread_broadcast"}, True),
        (MENTION | {"bot_id": "B1"}, False),
        (MENTION | {"user": None}, False),
        (DIRECT | {"user": "USLACKBOT"}, False),
        (DIRECT | {"subtype": "message_changed"}, False),
        (DIRECT | {"subtype": "bot_message"}, False),
        (MENTION | {"edited": {"user": "U111", "ts": "17.3"}}, False),
        (MENTION | {"type": "message", "channel_type": "channel"}, False),
        ({"type": "app_home_opened"}, True),
    ],
)
def test_what_bots_say_and_what_is_changed_is_left(event: Json, is_ours: bool) -> None:
    assert is_for_us(event) is is_ours


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ("<@U0BOT> create web-1 before the fix", "create web-1 before the fix"),
        ("  <@U0BOT|backup-bot>: create web-1", "create web-1"),
        ("<@U0BOT> create *web-1*", "create web-1"),
        ("<@U0BOT> `create web-1`", "create web-1"),
        ("*<@U0BOT>* create _web-1_ ~now~", "create web-1 now"),
        ("<@U0BOT> ```create web-1\nbefore```", "create web-1 before"),
        ("<@U0BOT> create *`web-1`*, please", "create web-1, please"),
        ("<@U0BOT> create web-* db-*", "create web-* db-*"),
        ("<@U0BOT> create my_server_1", "create my_server_1"),
        ("<@U0BOT> create <http://web-1.example.net|web-1.example.net>", "create web-1.example.net"),
        ("<@U0BOT> create web-1 a &lt;b&gt; &amp; c", "create web-1 a <b> & c"),
        ("<@U0BOT>", ""),
        ("thanks <@U0BOT>, that helped", ""),
        ("<@UBEN> create web-1 <@U0BOT>", ""),
    ],
)
def test_a_mention_is_read_like_a_command(written: str, command: str) -> None:
    body = read_event(payload(MENTION | {"text": written}), "U0BOT")

    async def ack(**_: object) -> None:
        return

    assert Interaction(body, AsyncApp(token="xoxb-1", signing_secret="s").client, ack).text == command


def test_in_a_direct_message_nobody_need_be_mentioned() -> None:
    assert read_event(payload(DIRECT | {"text": "list *web-1*"}), "U0BOT")["text"] == "list web-1"
    assert read_event(payload(DIRECT), "U0BOT")["text"] == "list web-1"


def test_the_person_is_of_their_own_workspace() -> None:
    assert read_event(payload(MENTION | {"user_team": "T999"}), "U0BOT")["team_id"] == "T999"
