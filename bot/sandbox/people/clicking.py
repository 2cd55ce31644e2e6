"""Clicking buttons and choosing options in messages, modals and the Home."""

from dataclasses import dataclass

from bot.sandbox.people.filling_in import NotPossible, filled, is_offered, options_of, pick
from bot.sandbox.people.presence import Answer, Presence
from bot.sandbox.slack import payloads
from bot.sandbox.slack.block_kit import option_problems
from bot.sandbox.slack.form_state import Placed, initial_values, placed, state_key
from bot.sandbox.slack.modals import view_json
from bot.sandbox.slack.workspace import Change, Channel, Json, Message, OpenView

TROUBLE = "We had some trouble connecting. Try again?"
_BUTTONS = ("button", "icon_button", "workflow_button")
FEEDBACK = ("positive_button", "negative_button")
"""The two buttons that are one element."""

_SHOWN = ("placeholder", "text", "value", "style", "min_query_length", "url")


@dataclass(frozen=True)
class Spot:
    """Something to click on: the element, and the message, modal or Home (`view`) it is in."""

    at: Placed
    message: Message | None = None
    modal: OpenView | None = None
    home: Json | None = None


class Clicking(Presence):
    """What a person does with the mouse."""

    async def clicks(
        self,
        action_id: str | None = None,
        *,
        label: str | None = None,
        message: Message | None = None,
        view: str | None = None,
        block_id: str | None = None,
        value: str | None = None,
        confirm: bool = False,
    ) -> Answer:
        """Click a button, named by its action id, label or value, and by its block's id where rows share one.

        Looks at `message`, or at the modal or Home whose id is `view`. Where neither is given, at the open
        modal, else at the newest message the person can see that has it, and at the Home (first, when they
        opened it last).

        Raises:
            NotPossible: there is no such button, or it asks to be confirmed and `confirm` is not set.
        """

        def wanted(at: Placed, button: Json) -> bool:
            return (
                action_id in (None, at.action_id)
                and block_id in (None, at.block_id)
                and label in (None, button.get("text", {}).get("text"))
                and value in (None, button.get("value"))
            )

        for spot in self._spots(message, view):
            for button in _buttons(spot.at):
                if wanted(spot.at, button):
                    _ask(spot.at.element, confirm=confirm)
                    return await self._acts(spot, {name: button[name] for name in _SHOWN if name in button})
        raise NotPossible(f"{self.person.handle} sees no button {label or action_id or value!r}.")

    async def chooses(
        self,
        option: object,
        *,
        action_id: str,
        message: Message | None = None,
        view: str | None = None,
        block_id: str | None = None,
        confirm: bool = False,
    ) -> Answer:
        """Choose an option, by label or value, from an overflow menu or any select.

        Raises:
            NotPossible: there is no such menu or option, or it asks to be confirmed.
        """
        spot = self._spot(action_id, block_id, message, view)
        _ask(spot.at.element, confirm=confirm)
        if spot.at.kind == "overflow":
            return await self._acts(spot, {"selected_option": pick(options_of(spot.at.element), option)})
        return await self._sets(spot, option)

    async def suggests(
        self,
        action_id: str,
        query: str = "",
        *,
        message: Message | None = None,
        view: str | None = None,
        block_id: str | None = None,
    ) -> list[Json]:
        """What an external select offers for what is typed into it; nothing when the bot fails to answer.

        Raises:
            NotPossible: there is no such select.
        """
        spot = self._spot(action_id, block_id, message, view)
        return options_of(await self._suggestions(spot, query))

    async def suggests_groups(
        self,
        action_id: str,
        query: str = "",
        *,
        message: Message | None = None,
        view: str | None = None,
        block_id: str | None = None,
    ) -> Json:
        """The same as the bot answers it, with `options` or `option_groups`; {} when it fails to answer.

        Raises:
            NotPossible: there is no such select.
        """
        return await self._suggestions(self._spot(action_id, block_id, message, view), query)

    async def _suggestions(self, spot: Spot, query: str) -> Json:
        if len(query) < spot.at.element.get("min_query_length", 3):
            return {}
        ids = (spot.at.block_id, spot.at.action_id)
        payload = payloads.suggestion(self.workspace, self.person, self._where(spot), *ids, query)
        answer, reply = await self._tell("interactive", payload, takes_payload=True)
        problems = option_problems(reply) if answer.acked else []
        if problems:
            self.workspace.complaints.append(f"Options for {spot.at.action_id}: {problems}")
            return {}
        self._offers[ids] = options_of(reply)
        return reply

    async def _sets(self, spot: Spot, value: object) -> Answer:
        state = filled(spot.at, value, await self._offered(spot, value))
        values = self._values(spot)
        values.setdefault(spot.at.block_id, {})[spot.at.action_id] = state
        if spot.modal is not None:
            spot.modal.errors.pop(spot.at.block_id, None)
        self._state_changed(spot)
        if spot.at.block["type"] == "input" and not spot.at.block.get("dispatch_action"):
            return Answer(acked=True)
        return await self._acts(spot, {name: part for name, part in state.items() if name != "type"})

    async def _offered(self, spot: Spot, value: object) -> list[Json] | None:
        if "external_select" not in spot.at.kind or value is None:
            return None
        key = state_key(spot.at.kind) or ""
        current = self._values(spot).get(spot.at.block_id, {}).get(spot.at.action_id, {}).get(key)
        kept = current if isinstance(current, list) else [current] if current else []
        known = [*kept, *self._offers.get((spot.at.block_id, spot.at.action_id), [])]
        for wanted in value if isinstance(value, list) else [value]:
            for query in (str(wanted), ""):
                if not is_offered(wanted, known):
                    known += options_of(await self._suggestions(spot, query))
        return known

    async def _acts(self, spot: Spot, chosen: Json) -> Answer:
        element = spot.at.element
        action = {name: element[name] for name in _SHOWN if name in element and name not in chosen}
        action |= {"type": spot.at.kind, "action_id": spot.at.action_id, "block_id": spot.at.block_id}
        action |= chosen | {"action_ts": self.workspace.next_ts()}
        answer, _ = await self._tell("interactive", self._action_payload(spot, action))
        if spot.modal is not None and not answer.acked:
            spot.modal.trouble = TROUBLE
            self._state_changed(spot)
        return answer

    def _action_payload(self, spot: Spot, action: Json) -> Json:
        if spot.message is not None:
            self._values(spot)
            url = self._response_urls.mint(self.person.id, spot.message.channel, spot.message)
            return payloads.message_actions(self.workspace, self.person, spot.message, action, url)
        view = view_json(self.workspace, spot.modal) if spot.modal else spot.home or {}
        return payloads.view_actions(self.workspace, self.person, view, action)

    def _where(self, spot: Spot) -> Json:
        if spot.message is not None:
            payload = payloads.message_actions(self.workspace, self.person, spot.message, {}, "")
            return {name: payload[name] for name in ("container", "channel", "message") if name in payload}
        view = view_json(self.workspace, spot.modal) if spot.modal else spot.home or {}
        return {"container": {"type": "view", "view_id": view["id"]}, "view": view}

    def _spot(self, action_id: str, block_id: str | None, message: Message | None, view: str | None) -> Spot:
        for spot in self._spots(message, view):
            if spot.at.action_id == action_id and block_id in (None, spot.at.block_id):
                return spot
        raise NotPossible(f"{self.person.handle} sees nothing called {action_id!r} to use.")

    def _spots(self, message: Message | None = None, view: str | None = None) -> list[Spot]:
        if message is not None:
            return [Spot(at, message=message) for at in placed(message.blocks)]
        modal, home = self.modal, self.workspace.homes.get(self.person.id)
        in_modal = [Spot(at, modal=modal) for at in placed(modal.payload["blocks"])] if modal else []
        on_home = [Spot(at, home=home) for at in placed(home["blocks"])] if home else []
        if view is not None:
            return in_modal if modal and view == modal.id else on_home if home and view == home["id"] else []
        if modal is not None:
            return in_modal
        seen = [found for place in self._places() for found in self._visible(place) if found.by_bot]
        newest_first = sorted(seen, key=lambda found: float(found.ts), reverse=True)
        in_messages = [Spot(at, message=found) for found in newest_first for at in placed(found.blocks)]
        return on_home + in_messages if self._at_home else in_messages + on_home

    def _state_changed(self, spot: Spot) -> None:
        if spot.message is not None:
            where = spot.message
            self.workspace.changed(Change("message", where.channel, where.ts, self.person.id))
        else:
            self.workspace.changed(Change("modal" if spot.modal else "home", person=self.person.id))

    def _places(self) -> list[Channel]:
        everywhere = self.workspace.channels.values()
        return [place for place in everywhere if self.workspace.can_see(self.person.id, place)]

    def _values(self, spot: Spot) -> dict[str, dict[str, Json]]:
        if spot.modal is not None:
            return spot.modal.values
        if spot.home is not None:
            return self.workspace.chosen.setdefault((self.person.id, spot.home["id"]), {})
        if spot.message is None:
            return {}
        fresh = initial_values(spot.message.blocks)
        return self.workspace.chosen.setdefault((self.person.id, spot.message.ts), fresh)


def _buttons(at: Placed) -> list[Json]:
    if at.kind == "feedback_buttons":
        return [at.element[name] for name in FEEDBACK if name in at.element]
    return [at.element] if at.kind in _BUTTONS else []


def _ask(element: Json, *, confirm: bool) -> None:
    dialog = element.get("confirm")
    if dialog and not confirm:
        raise NotPossible(f"Slack asks first: {dialog['title']['text']} {dialog['text']['text']}")
