"""What a person does in Slack, as HTTP endpoints; the page's script uses them, and any script can.

Each is a POST of a JSON object (`Content-Type: application/json`) with `as`, the id or handle of the
person who acts. Answers are `{"ok": true, "acked": …, "error": …}`, where `acked` tells whether the bot
acknowledged within 3 s and `error` is Slack's name for what went wrong; or, with status 409,
`{"ok": false, "error": …}` where a person could not do that. `channel` is an id or a name.

    POST /act/types     {as, text, channel?, thread_ts?}   send a message, or a slash command
    POST /act/clicks    {as, action_id?, label?, value?, confirm?}  click a button
    POST /act/chooses   {as, action_id, option, confirm?}  pick from a menu or select, by label or value
    POST /act/suggests  {as, action_id, query}             {"ok": true, "options": […]} of an external select
    POST /act/fills     {as, values}                       fill inputs of the modal, by block or action id
    POST /act/submits   {as, values?}                      submit the modal
    POST /act/closes    {as, all?}                         close the modal in front, or all of them
    POST /act/shortcut  {as, callback_id}                  use a global shortcut, or a message's
    POST /act/home      {as, tab?}                         open the bot's Home, or its "messages" tab

Clicking, choosing, suggesting and shortcuts take `channel` and `message` (its ts) to say which message is
meant, and `block_id` where several of its blocks share the action id; without `message` the modal in front
counts, else the newest message that fits, else the Home. In a modal, `values` are filled in first.
`confirm` answers an "Are you sure?" with yes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.sandbox.page.answers import Action, BadBody, text_in
from bot.sandbox.page.form_values import newly_filled
from bot.sandbox.people import Actor, Answer, NotPossible, People
from bot.sandbox.workspace import Json, Message, Workspace


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
        return self._with_used_block_first(found)

    def _with_used_block_first(self, message: Message) -> Message:
        """Rows of a list share one action id, and an actor takes the first element that has it."""
        used = self.body.get("block_id")
        if used is None:
            return message
        return replace(
            message, blocks=sorted(message.blocks, key=lambda block: block.get("block_id") != used)
        )

    def values(self) -> Json:
        """Return what is filled in."""
        values = self.body.get("values") or {}
        if not isinstance(values, dict):
            raise BadBody("'values' must be an object.")
        return values

    async def fill(self) -> None:
        """Fill in what the page's form holds, so that the bot sees it with a click or a submit."""
        modal = self.actor.modal
        if modal is not None and (fresh := newly_filled(modal, self.values())):
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
    message, body = deed.message(), deed.body
    await deed.fill()
    named = {name: body.get(name) for name in ("label", "value")}
    confirm = bool(body.get("confirm"))
    return _told(await deed.actor.clicks(body.get("action_id"), message=message, confirm=confirm, **named))


async def _chooses(deed: Deed) -> Json:
    message, action_id = deed.message(), text_in(deed.body, "action_id")
    await deed.fill()
    option, confirm = deed.body.get("option") or None, bool(deed.body.get("confirm"))
    return _told(await deed.actor.chooses(option, action_id=action_id, message=message, confirm=confirm))


async def _suggests(deed: Deed) -> Json:
    query = str(deed.body.get("query") or "")
    return {"options": await deed.actor.suggests(text_in(deed.body, "action_id"), query, deed.message())}


async def _fills(deed: Deed) -> Json:
    return _told(await deed.actor.fills(deed.values()))


async def _submits(deed: Deed) -> Json:
    await deed.fill()
    return _told(await deed.actor.submits())


async def _closes(deed: Deed) -> Json:
    return _told(await deed.actor.closes(everything=bool(deed.body.get("all"))))


async def _shortcut(deed: Deed) -> Json:
    return _told(await deed.actor.uses_shortcut(text_in(deed.body, "callback_id"), deed.message()))


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
    "home": _home,
}
