"""Payloads nobody's Slack client would send, brought to the real bot as if Slack had sent them."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.modals import view_json
from bot.sandbox.slack.workspace import HOME_TEAM, Json, Message, OpenView, Person
from tests.world import World


class RequestForger:
    """Sends what it is told to, in anybody's name; `again` sends the last thing once more."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last: Delivery | None = None

    async def clicks(
        self, person: str, action_id: str, value: str, *, team: str = HOME_TEAM, block_id: str = "forged"
    ) -> None:
        """Click a button in #ops; raises Unanswered if Slack gets no ack."""
        workspace = self._world.workspace
        message = Message("COPS", workspace.next_ts(), workspace.app.bot_user, "forged", by_bot=True)
        action = {"type": "button", "action_id": action_id, "block_id": block_id, "value": value}
        who = self._person(person, team)
        await self._deliver(payloads.message_actions(workspace, who, message, action, ""))

    async def submits(
        self, person: str, callback_id: str, stored: str, filled: dict[str, str], *, team: str = HOME_TEAM
    ) -> Json:
        """Submit a modal and return the answer; raises Unanswered if Slack gets none."""
        view = self._view(person, callback_id, stored, filled)
        return await self._deliver(
            payloads.submission(self._world.workspace, self._person(person, team), view), takes_payload=True
        )

    async def picks(self, person: str, stored: str, server: str, *, team: str = HOME_TEAM) -> None:
        """Choose a server in a modal; raises Unanswered if Slack gets no ack."""
        workspace = self._world.workspace
        view = view_json(workspace, self._view(person, "pick_backup", stored, {}))
        action = {
            "type": "external_select",
            "action_id": "server",
            "block_id": "server",
            "selected_option": {"text": {"type": "plain_text", "text": server}, "value": server},
        }
        await self._deliver(payloads.view_actions(workspace, self._person(person, team), view, action))

    async def again(self) -> None:
        """Deliver the last payload once more, as Slack does when it has doubts."""
        if self._last:
            await self._world.sandbox.slack.dispatcher.deliver(self._last)

    async def _deliver(self, payload: Json, *, takes_payload: bool = False) -> Json:
        self._last = Delivery("interactive", payload, takes_payload)
        return await self._world.sandbox.slack.dispatcher.deliver(self._last)

    def _person(self, person: str, team: str) -> Person:
        return replace(self._world.workspace.people[person], team_id=team)

    def _view(self, person: str, callback_id: str, stored: str, filled: dict[str, str]) -> OpenView:
        payload: dict[str, Any] = {
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": stored,
            "title": {"type": "plain_text", "text": "Forged"},
            "blocks": [],
        }
        values = {name: {name: _state(name, value)} for name, value in filled.items()}
        view_id = f"VFORGED{uuid4().hex}"
        return OpenView(view_id, person, payload, "1.forged", view_id, values=values)


def _state(name: str, value: str) -> Json:
    if name in {"server", "backup"}:
        chosen = {"text": {"type": "plain_text", "text": value}, "value": value}
        return {"type": "external_select", "selected_option": chosen}
    return {"type": "plain_text_input", "value": value}
