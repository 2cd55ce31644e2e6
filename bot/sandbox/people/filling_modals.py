"""Filling modals in, submitting and closing them."""

from collections.abc import Mapping

from bot.sandbox.people.clicking import TROUBLE, Clicking
from bot.sandbox.people.filling_in import NotPossible, input_errors
from bot.sandbox.people.presence import ACKED, Answer
from bot.sandbox.slack import modals, payloads
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.modals import ViewRefused
from bot.sandbox.slack.workspace import Change, Json, OpenView


class FillingModals(Clicking):
    """What a person does with the modal in front of them."""

    async def fills(self, values: Mapping[str, object] | None = None, **named: object) -> Answer:
        """Fill inputs in, named by block id or action id; texts are ended with Enter.

        A value is a text, an option's label or value, a list of these, a bool for checkboxes (all or
        none), or None to clear.

        Raises:
            NotPossible: no modal, no such input, or not a value it takes.
        """
        view = self._in_front()
        answer = ACKED
        for name, value in {**(values or {}), **named}.items():
            spots = self._spots()
            known = [spot for spot in spots if name in (spot.at.block_id, spot.at.action_id)]
            if not known:
                names = ", ".join(at.block_id for at in placed(view.payload["blocks"]))
                raise NotPossible(f"The modal has no input {name!r}; it has: {names}.")
            answer = await self._sets(known[0], value)
        return answer

    async def submits(self) -> Answer:
        """Press the modal's submit button.

        Raises:
            NotPossible: no modal, no such button, or an input is empty or wrong; what is wrong then
                stands in the modal's `errors`.
        """
        view = self._in_front()
        if not view.payload.get("submit"):
            raise NotPossible("The modal has no submit button.")
        view.errors, view.trouble = input_errors(view), None
        if view.errors:
            self._modal_changed()
            raise NotPossible("; ".join(f"{name}: {words}" for name, words in view.errors.items()))
        return await self._submitted(view)

    async def closes(self, *, everything: bool = False) -> Answer:
        """Close the modal in front, or all of them.

        Raises:
            NotPossible: no modal is open.
        """
        view = self._in_front()
        cleared = everything or bool(view.payload.get("clear_on_close"))
        going = list(modals.stack_of(self.workspace, self.person.id)) if cleared else [view]
        modals.close(self.workspace, view, all_of_them=cleared)
        answer = ACKED
        for gone in reversed(going):
            if gone.payload.get("notify_on_close"):
                payload = payloads.closed(self.workspace, self.person, gone, is_cleared=cleared)
                answer, _ = await self._tell("interactive", payload)
        return answer

    async def _submitted(self, view: OpenView) -> Answer:
        view.busy = True
        self._modal_changed()
        payload = payloads.submission(self.workspace, self.person, view)
        answer, reply = await self._tell("interactive", payload, takes_payload=True)
        view.busy = False
        if not answer.acked:
            view.trouble = TROUBLE
            self._modal_changed()
            return answer
        try:
            self._obey(view, reply)
        except ViewRefused as refused:
            view.trouble = TROUBLE
            self.workspace.complaints.append(f"Answer to a submit: {refused} {refused.messages}")
            self._modal_changed()
            return Answer(acked=True, error=str(refused))
        return ACKED

    def _obey(self, view: OpenView, reply: Json) -> None:
        match reply.get("response_action"):
            case None if not reply:
                modals.close(self.workspace, view)
            case "clear":
                modals.close(self.workspace, view, all_of_them=True)
            case "update":
                modals.update(self.workspace, view, reply.get("view"))
            case "push":
                modals.push(self.workspace, self.person.id, reply.get("view"))
            case "errors":
                self._show_errors(view, reply.get("errors"))
            case other:
                raise ViewRefused("invalid_response_action", [f"no such response_action: {other}"])

    def _show_errors(self, view: OpenView, errors: object) -> None:
        inputs = {block["block_id"] for block in view.payload["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
            raise ViewRefused("invalid_errors", [f"errors must be keyed by input blocks: {errors}"])
        view.errors = {name: str(words) for name, words in errors.items()}
        self._modal_changed()

    def _modal_changed(self) -> None:
        self.workspace.changed(Change("modal", person=self.person.id))
