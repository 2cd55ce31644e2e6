"""What a person does in Slack, as HTTP endpoints; the page's script uses them, and any script can.

Each is a POST of a JSON object (`Content-Type: application/json`) with `as`, the id or handle of the
person who acts. Answers are `{"ok": true, "acked": …, "error": …}`, where `acked` tells whether the bot
acknowledged within 3 s and `error` is Slack's name for what went wrong; or, with status 409,
`{"ok": false, "error": …}` where a person could not do that. `channel` is an id or a name.

    POST /act/types     {as, text, channel?, thread_ts?}   send a message, or a slash command
    POST /act/clicks    {as, action_id?, label?, value?, confirm?}  click a button
    POST /act/chooses   {as, action_id, option, confirm?}  pick from a menu or select, by label or value
    POST /act/suggests  {as, action_id, query}             {"ok": true, "options": […], "option_groups": […]}
                                                           of an external select; `options` are all there are
    POST /act/fills     {as, values}                       fill inputs of the modal, by block or action id
    POST /act/submits   {as, values?}                      submit the modal
    POST /act/closes    {as, all?}                         close the modal in front, or all of them
    POST /act/shortcut  {as, callback_id}                  use a global shortcut, or a message's
    POST /act/step      {as, callback_id, inputs}          run a workflow that is one step of the bot's
    POST /act/home      {as, tab?}                         open the bot's Home, or its "messages" tab

Clicking, choosing, suggesting and shortcuts take `channel` and `message` (its ts) to say which message is
meant, all but shortcuts `view`, the id of a modal or a Home, and `block_id` where several blocks share the
action id. Without `message` and `view` the modal in front counts, else the newest message that fits, and the
Home (first, when the person opened it last). In a modal, `values` are filled in first.
`confirm` answers an "Are you sure?" with yes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.page.answers import Action, BadBody, text_in
from bot.sandbox.page.form_values import newly_filled
from bot.sandbox.page.steps import step_inputs
from bot.sandbox.people.actors import Actor, Answer, NotPossible, People
from bot.sandbox.people.filling_in import options_of
from bot.sandbox.slack.workspace import Json, Message, Workspace


@dataclass(frozen=True)
class Deed:
    """What somebody wants to do."""

    workspace: Workspace
    actor: Actor
    body: Json

    def message(self) -> Message | None:
        """Return the message it is about, if any is named.

        Raises:
            NotPossible: it is not there any more.
        """
        if self.body.get("message") is None:
            return None
        wanted = text_in(self.body, "channel").removeprefix("#")
        channels = self.workspace.channels.values()
        ids = [channel.id for channel in channels if wanted in (channel.id, channel.name)]
        found = self.workspace.find(ids[0], text_in(self.body, "message")) if ids else None
        if found is None:
            raise NotPossible("That message is gone.")
        return found

    def where(self) -> dict[str, Any]:
        """Return the message or view and the block it is about, as an actor takes them."""
        return {"message": self.message(), **{name: self.body.get(name) for name in ("view", "block_id")}}

    def values(self) -> Json:
        """Return what is filled in."""
        values = self.body.get("values") or {}
        if not isinstance(values, dict):
            raise BadBody("'values' must be an object.")
        return values

    async def fill(self) -> None:
        """Fill in what the page's form holds, so that the bot sees it with a click or a submit."""
        modal, zone = self.actor.modal, ZoneInfo(self.actor.person.tz)
        if modal is not None and (fresh := newly_filled(modal, self.values(), zone)):
            await self.actor.fills(fresh)


def actions(workspace: Workspace, people: People) -> dict[str, Action]:
    """Return every action by the last part of its address."""

    def action(do: Callable[[Deed], Awaitable[Json]]) -> Action:
        async def act(body: Json) -> Json:
            return await do(Deed(workspace, _actor(people, body), body))

        return act

    return {name: action(do) for name, do in _DEEDS.items()}


def _actor(people: People, body: Json) -> Actor:
    who = text_in(body, "as")
    try:
        return people.person(who)
    except KeyError:
        raise BadBody(f"There is nobody called {who!r}.") from None


def _told(answer: Answer) -> Json:
    return {"acked": answer.acked, "error": answer.error}


async def _types(deed: Deed) -> Json:
    channel = str(deed.body.get("channel") or "ops")
    return _told(await deed.actor.types(text_in(deed.body, "text"), channel, deed.body.get("thread_ts")))


async def _clicks(deed: Deed) -> Json:
    where, body = deed.where(), deed.body
    await deed.fill()
    named = where | {name: body.get(name) for name in ("label", "value")}
    return _told(await deed.actor.clicks(body.get("action_id"), confirm=bool(body.get("confirm")), **named))


async def _chooses(deed: Deed) -> Json:
    where, action_id = deed.where(), text_in(deed.body, "action_id")
    await deed.fill()
    option, confirm = deed.body.get("option") or None, bool(deed.body.get("confirm"))
    return _told(await deed.actor.chooses(option, action_id=action_id, confirm=confirm, **where))


async def _suggests(deed: Deed) -> Json:
    query, action_id = str(deed.body.get("query") or ""), text_in(deed.body, "action_id")
    answer = await deed.actor.suggests_groups(action_id, query, **deed.where())
    return {"options": options_of(answer), "option_groups": answer.get("option_groups") or []}


async def _fills(deed: Deed) -> Json:
    return _told(await deed.actor.fills(deed.values()))


async def _submits(deed: Deed) -> Json:
    await deed.fill()
    return _told(await deed.actor.submits())


async def _closes(deed: Deed) -> Json:
    return _told(await deed.actor.closes(everything=bool(deed.body.get("all"))))


async def _shortcut(deed: Deed) -> Json:
    return _told(await deed.actor.uses_shortcut(text_in(deed.body, "callback_id"), deed.message()))


async def _step(deed: Deed) -> Json:
    callback_id, inputs = text_in(deed.body, "callback_id"), deed.body.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise BadBody("'inputs' must be an object.")
    function = deed.workspace.app.functions.get(callback_id)
    run = await deed.actor.runs_step(callback_id, **step_inputs(function, inputs) if function else {})
    return {"run": run.id}


async def _home(deed: Deed) -> Json:
    messages = deed.body.get("tab") == "messages"
    return _told(await (deed.actor.opens_messages_tab() if messages else deed.actor.opens_home()))


_DEEDS: dict[str, Callable[[Deed], Awaitable[Json]]] = {
    "types": _types,
    "clicks": _clicks,
    "chooses": _chooses,
    "suggests": _suggests,
    "fills": _fills,
    "submits": _submits,
    "closes": _closes,
    "shortcut": _shortcut,
    "step": _step,
    "home": _home,
}
