"""Typing in the composer: messages and slash commands; shortcuts and workflow steps."""

from secrets import token_hex
from uuid import uuid4

from bot.sandbox.people.filling_in import NotPossible
from bot.sandbox.people.presence import ACKED, Answer, Presence
from bot.sandbox.slack import payloads
from bot.sandbox.slack.posting import MessageRefused, content
from bot.sandbox.slack.typed_text import as_command, as_message
from bot.sandbox.slack.workspace import Change, Channel, Json, Message, StepRun


class TypingIn(Presence):
    """What a person does with the keyboard."""

    async def types(self, text: str, channel: str = "ops", thread_ts: str | None = None) -> Answer:
        """Send a message, or a slash command when it begins with "/".

        Raises:
            NotPossible: the person can't write there, or typed a command in a thread.
        """
        place = self._channel(channel)
        self._may_write(place)
        self._at_home = False
        if text.startswith("/"):
            return await self._commands(place, text, thread_ts)
        return await self._says(place, text, thread_ts)

    async def opens_home(self) -> Answer:
        """Open the app's Home tab.

        Raises:
            NotPossible: the app has none.
        """
        if not self.workspace.app.home_tab_enabled:
            raise NotPossible("This app has no Home tab.")
        return await self._opens("home")

    async def opens_messages_tab(self) -> Answer:
        """Open the app's Messages tab."""
        return await self._opens("messages")

    async def uses_shortcut(self, callback_id: str, message: Message | None = None) -> Answer:
        """Use a global shortcut, or a message's when given one.

        Raises:
            NotPossible: the app has no such shortcut.
        """
        if self.workspace.app.shortcuts.get(callback_id) != ("message" if message else "global"):
            raise NotPossible(f"The app has no such shortcut: {callback_id}.")
        if message is None:
            payload = payloads.global_shortcut(self.workspace, self.person, callback_id)
        else:
            url = self._response_urls.mint(self.person.id, message.channel, message)
            payload = payloads.message_shortcut(self.workspace, self.person, callback_id, message, url)
        answer, _ = await self._tell("interactive", payload)
        return answer

    async def runs_step(self, callback_id: str, **inputs: object) -> StepRun:
        """Start a workflow holding one of the bot's steps; the run tells later how it ended.

        Raises:
            NotPossible: the app has no such step, or Workflow Builder would not take these inputs.
        """
        function = self.workspace.app.functions.get(callback_id)
        if function is None:
            raise NotPossible(f"The app has no such step: {callback_id}.")
        if unknown := inputs.keys() - {parameter.name for parameter in function.filled_in}:
            raise NotPossible(f"The step has no inputs {sorted(unknown)}.")
        needed = {one.name: one.title for one in function.filled_in if one.is_required}
        if missing := [title for name, title in needed.items() if inputs.get(name) in (None, "")]:
            raise NotPossible(f"The step needs: {', '.join(missing)}.")
        token = f"xwfp-{token_hex(8)}"
        context = {"id": self.person.id, "secret": token_hex(8)}
        sent = inputs | dict.fromkeys((one.name for one in function.filled_in_by_slack), context)
        run = StepRun(f"Fx{uuid4().hex[:10].upper()}", callback_id, sent, token, self.person.id)
        self.workspace.step_runs[run.id] = run
        self.workspace.changed(Change("step"))
        await self._happens(payloads.step_started(self.workspace, run))
        return run

    def _may_write(self, place: Channel) -> None:
        if place.is_archived:
            raise NotPossible(f"{place.name} is archived.")
        if self.person.id not in place.members:
            raise NotPossible(f"{self.person.handle} is not in {place.name}.")
        app = self.workspace.app
        if place.kind == "im" and (not app.messages_tab_enabled or app.messages_tab_read_only):
            raise NotPossible("Sending messages to this app has been turned off.")

    async def _says(self, place: Channel, text: str, thread_ts: str | None) -> Answer:
        sent = as_message(self.workspace, text)
        stamp = self.workspace.next_ts()
        message = Message(place.id, stamp, self.person.id, sent, thread_ts=thread_ts)
        self.workspace.add(message)
        bot = self.workspace.app.bot_user
        if bot not in place.members:
            return ACKED
        answer = await self._happens(payloads.said(self.workspace, message, "message"))
        if place.kind != "im" and f"<@{bot}>" in sent and answer.acked:
            return await self._happens(payloads.said(self.workspace, message, "app_mention"))
        return answer

    async def _commands(self, place: Channel, text: str, thread_ts: str | None) -> Answer:
        command, _, rest = text.partition(" ")
        if thread_ts is not None:
            words = f"{command} is not supported in threads. Sorry!"
            self._whisper(place, words)
            raise NotPossible(words)
        if command not in self.workspace.app.commands:
            self._whisper(place, f"{command} is not a valid command.")
            return Answer(acked=False, error="invalid_command")
        url = self._response_urls.mint(self.person.id, place.id)
        escapes = self.workspace.app.commands[command]
        typed = as_command(self.workspace, rest.strip()) if escapes else rest.strip()
        payload = payloads.slash(self.workspace, self.person, place, command, typed, url)
        answer, reply = await self._tell("slash_commands", payload, takes_payload=True)
        if not answer.acked:
            self._whisper(place, f'{command} failed with the error "{answer.error}"')
            return answer
        self.workspace.typed.append(typed)
        return self._shows_reply(place, text, reply) if reply else answer

    def _shows_reply(self, place: Channel, typed: str, reply: Json) -> Answer:
        try:
            accepted = content(self.workspace, reply)
        except MessageRefused as refused:
            command = typed.split(" ", maxsplit=1)[0]
            self._whisper(place, f'{command} failed with the error "{refused}"')
            self.workspace.complaints.append(f"Answer to {typed!r}: {refused} {refused.messages}")
            return Answer(acked=True, error=str(refused))
        public = reply.get("response_type") == "in_channel"
        if public:
            self.workspace.add(Message(place.id, self.workspace.next_ts(), self.person.id, typed))
        stamp, bot = self.workspace.next_ts(), self.workspace.app.bot_user
        message = Message(place.id, stamp, bot, accepted.text, accepted.blocks, by_bot=True)
        message.ephemeral_to = None if public else self.person.id
        self.workspace.add(message)
        return ACKED

    async def _opens(self, tab: str) -> Answer:
        self._at_home = tab == "home"
        stamp = self.workspace.next_ts()
        event: Json = {
            "type": "app_home_opened",
            "user": self.person.id,
            "channel": self.workspace.im_of(self.person.id).id,
            "tab": tab,
            "event_ts": stamp,
        }
        if tab == "home" and self.person.id in self.workspace.homes:
            event["view"] = self.workspace.homes[self.person.id]
        return await self._happens(event)
