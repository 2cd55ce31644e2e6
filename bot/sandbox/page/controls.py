"""The sandbox's own switches as HTTP endpoints: POST a JSON object, as in `actions`, but without `as`.

POST /sandbox/faults  {provider?: "normal", "slow", "failing", "limiting", "losing" or "refusing",
                       slack?: "normal", "failing", "limiting", "down" or "older"}
POST /sandbox/socket  {do: "drop", "deafen" or "hear"}
POST /sandbox/bot     {do: "start", "stop", "restart" or "kill"}
POST /sandbox/interrupt  {server}  have it backed up, and kill the bot as soon as VPS.org has begun
POST /sandbox/speed   {speed: how many times faster than usual pretend backups go}
"""

from collections.abc import Collection

from bot.sandbox.page.answers import Action, BadBody, text_in
from bot.sandbox.page.fault_choices import PROVIDER, SLACK, choose_provider, choose_slack
from bot.sandbox.page.stage import BotControl, Stage
from bot.sandbox.people.actors import NotPossible
from bot.sandbox.slack.workspace import Change, Json

_FASTEST = 1000.0


class Controls:
    """The endpoints over one sandbox."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def by_name(self) -> dict[str, Action]:
        """Return every action by the last part of its address."""
        return {
            "faults": self._faults,
            "socket": self._socket,
            "bot": self._bot,
            "interrupt": self._interrupt,
            "speed": self._speed,
        }

    async def _faults(self, body: Json) -> Json:
        if "provider" in body:
            choose_provider(self._stage.faults, _one_of(body, "provider", PROVIDER))
        if "slack" in body:
            choose_slack(self._stage.faults, _one_of(body, "slack", SLACK))
        return self._changed()

    async def _socket(self, body: Json) -> Json:
        match text_in(body, "do"):
            case "drop":
                self._stage.slack.socket_mode.drop()
            case "deafen":
                self._stage.faults.socket_deaf = True
            case "hear":
                self._stage.faults.socket_deaf = False
            case other:
                raise BadBody(f"A socket can't {other!r}.")
        return self._changed()

    async def _bot(self, body: Json) -> Json:
        bot = self._own_bot()
        deeds = {"start": bot.start, "stop": bot.stop, "restart": bot.restart, "kill": self._kill}
        await deeds[_one_of(body, "do", deeds)]()
        return {"state": bot.state}

    async def _kill(self) -> None:
        begun, now = self._stage.provider.creates, self._stage.workspace.next_ts()
        self._stage.interrupted = {backup: now for backup in begun if backup.status == "in_progress"}
        await self._own_bot().kill()

    async def _interrupt(self, body: Json) -> Json:
        self._own_bot()
        creates = self._stage.provider.creates
        before = len(creates)
        command = f"/backup create {text_in(body, 'server')} to see it killed"
        answer = await self._stage.people.person("UANA").types(command)
        if not answer.acked:
            raise NotPossible("The bot did not answer. Start it first.")
        try:
            await self._stage.provider.until(lambda: len(creates) > before)
        except TimeoutError:
            raise NotPossible("No backup was begun, so the bot was not killed.") from None
        await self._kill()
        return self._changed()

    def _own_bot(self) -> BotControl:
        if self._stage.bot is None:
            raise NotPossible("The bot was not started by the sandbox.")
        return self._stage.bot

    async def _speed(self, body: Json) -> Json:
        try:
            speed = float(body.get("speed") or 0)
        except (TypeError, ValueError):
            speed = 0.0
        if not 0 < speed <= _FASTEST:
            raise BadBody(f"'speed' must be a number above 0 and at most {_FASTEST:g}.")
        self._stage.speed = speed
        return self._changed()

    def _changed(self) -> Json:
        self._stage.workspace.changed(Change("faults"))
        return {}


def _one_of(body: Json, name: str, known: Collection[str]) -> str:
    value = text_in(body, name)
    if value not in known:
        raise BadBody(f"{name!r} must be one of: {', '.join(known)}.")
    return value
