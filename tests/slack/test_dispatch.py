"""What Slack delivers finds its handler, and whatever happens there the person is answered."""

import asyncio
import json
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from structlog.testing import capture_logs

from bot.errors import Misuse, NotRecorded, Unrecorded, UsageError
from bot.metrics.instruments import UNEXPECTED
from bot.slack.dispatch import Handlers, RunningListeners, register
from bot.slack.interaction import Interaction
from bot.verbs import Verb
from tests.metrics.growth import Growth
from tests.slack.conftest import soon
from tests.slack.wire import SLASH, Wire

Json = dict[str, Any]
BASE: Json = {"team": {"id": "T111"}, "user": {"id": "U111"}, "channel": {"id": "C111"}, "trigger_id": "1.2"}
CLICK = BASE | {"type": "block_actions", "actions": [{"action_id": "go", "type": "button", "block_id": "b"}]}
SUBMIT = BASE | {"type": "view_submission", "view": {"type": "modal", "callback_id": "form", "id": "V1"}}
OPTIONS = BASE | {"type": "block_suggestion", "action_id": "pick", "block_id": "b", "value": ""}
SHORTCUT = BASE | {"type": "shortcut", "callback_id": "menu"}
CLOSED = BASE | {"type": "view_closed", "view": {"type": "modal", "callback_id": "form", "id": "V1"}}
EVENT = {
    "type": "event_callback",
    "team_id": "T111",
    "event": {"type": "app_mention", "user": "U111", "channel": "C111", "ts": "1.2"},
}


async def sends(app: AsyncApp, payload: Json) -> tuple[int, Any]:
    """Deliver a payload; return the ack's status and what it says."""
    answer = await soon(app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode")))
    await asyncio.sleep(0)
    return answer.status, json.loads(answer.body) if answer.body else None


def bot(wire: Wire, handlers: Handlers) -> tuple[AsyncApp, RunningListeners]:
    app = wire.app()
    register(app, handlers, app.client)
    return app, RunningListeners(app)


async def test_each_kind_finds_its_handler(wire: Wire) -> None:
    handled: list[str] = []

    def noting(name: str) -> Any:
        async def handle(interaction: Interaction, typed: str = "") -> None:
            handled.append(f"{name} {typed}".strip())
            await interaction.ack()

        return handle

    app, _ = bot(
        wire,
        Handlers(
            verbs={None: noting("nothing typed"), Verb.LIST: noting("list")},
            actions={"go": noting("click")},
            views={"form": noting("submitted")},
            shortcuts={"menu": noting("shortcut")},
            options={"pick": noting("options")},
        ),
    )
    for payload in (SLASH | {"text": "ls web-1"}, SLASH | {"text": ""}, CLICK, SUBMIT, SHORTCUT, OPTIONS):
        assert (await sends(app, payload))[0] == 200
    assert handled == ["list web-1", "nothing typed", "click", "submitted", "shortcut", "options"]


@pytest.mark.parametrize("payload", [CLICK, SUBMIT, SHORTCUT, OPTIONS, CLOSED, EVENT])
async def test_what_nobody_handles_is_acked(wire: Wire, payload: Json) -> None:
    app, listeners = bot(wire, Handlers())
    assert (await sends(app, payload))[0] == 200
    await soon(listeners.finished())


async def test_who_uses_a_button_that_nobody_handles_is_told(wire: Wire) -> None:
    app, listeners = bot(wire, Handlers())
    await sends(app, CLICK)
    await soon(listeners.finished())
    assert wire.calls[-1] == "chat.postEphemeral"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UsageError(Misuse.OPEN_QUOTE), "A quote is not closed."),
        (ZeroDivisionError(), "on my side"),
        (NotRecorded(Unrecorded.OPERATION), "Not confirmed"),
    ],
)
async def test_what_a_handler_raises_is_told_in_the_form_that_was_sent(
    wire: Wire, error: Exception, words: str
) -> None:
    async def fails(_: Interaction) -> None:
        raise error

    app, _ = bot(wire, Handlers(views={"form": fails}))
    growth = Growth()
    with capture_logs() as logs:
        _, answer = await sends(app, SUBMIT)
    assert answer["response_action"] == "update"
    assert words in json.dumps(answer)
    events = {"UsageError": "refused", "NotRecorded": "not_recorded"}
    expected = events.get(type(error).__name__)
    assert [line["event"] for line in logs] == [expected or "listener_failed"]
    assert expected or logs[0]["reference"] in json.dumps(answer)
    assert growth.of("refusals_total") == {(type(error).__name__ if expected else UNEXPECTED,): 1}


async def test_a_person_who_can_not_be_told_is_logged_and_the_ack_stands(wire: Wire) -> None:
    wire.errors = {"chat.postEphemeral": ["internal_error"], "chat.postMessage": ["internal_error"]}
    app, listeners = bot(wire, Handlers())
    with capture_logs() as logs:
        assert (await sends(app, CLICK))[0] == 200
        await soon(listeners.finished())
    assert "nobody_told" in [line["event"] for line in logs]


async def test_a_listener_is_counted_until_its_last_line(wire: Wire) -> None:
    may_end = asyncio.Event()

    async def slow(interaction: Interaction) -> None:
        await interaction.ack()
        await may_end.wait()

    app, listeners = bot(wire, Handlers(actions={"go": slow}))
    await sends(app, CLICK)
    assert listeners.count == 1
    finishing = asyncio.create_task(listeners.finished())
    await asyncio.sleep(0)
    assert not finishing.done()
    may_end.set()
    await soon(finishing)
    assert listeners.count == 0


async def test_two_who_handle_the_same_are_a_bug() -> None:
    async def handle(_: Interaction) -> None:
        return

    one, other = Handlers(actions={"a": handle}), Handlers(actions={"b": handle})
    assert sorted((one | other).actions) == ["a", "b"]
    with pytest.raises(ValueError, match=r"handled twice: .*a"):
        _ = one | other | one
