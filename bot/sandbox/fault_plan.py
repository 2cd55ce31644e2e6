"""Misfortune by a seed: the same seed brings the same faults in the same order, for both services."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from bot.sandbox.clock import RealClock
from bot.sandbox.faults import Faults
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.vps import faults as provider_faults

LONGEST_WAIT = 30.0
"""Seconds an answer is late at most, before it is scaled."""

PROVIDER: Mapping[str, frozenset[str]] = {
    "GET": provider_faults.ALL_FAULTS - {"unauthorized", "forbidden", "not_found"},
    # A restore that was accepted and not begun looks like any other: nobody could tell.
    "POST": provider_faults.ALL_FAULTS - provider_faults.ALTERED.keys() - {"accepted"} | {"wrong_types"},
    "DELETE": provider_faults.ALL_FAULTS - provider_faults.ALTERED.keys(),
}
"""What may happen to a request. A list that is refused for good is a setting, not misfortune."""

_PASSING = (
    "ratelimited",
    "internal_error",
    "fatal_error",
    "down",
    "500",
    "503",
    "html",
    "wrong_types",
    "timeout_before_acting",
)
_LOST = (
    "cut",
    "reset_after_acting",
    "timeout_after_acting",
    "internal_error_after_acting",
    "500_after_acting",
)
_FOR_SIZE = frozenset({"msg_too_long"})
"""Not met twice in a row: whoever is refused says less the next time."""
_NOWHERE = ("channel_not_found", "not_in_channel", "is_archived")

SLACK: Mapping[str, tuple[str, ...]] = {
    "chat.postMessage": (*_PASSING, *_LOST, *_NOWHERE, "msg_too_long"),
    "chat.postEphemeral": (*_PASSING, *_NOWHERE, "user_not_in_channel"),
    "chat.update": (*_PASSING, *_LOST, "msg_too_long"),
    "views.open": (*_PASSING, "expired_trigger_id"),
    "views.push": (*_PASSING, "expired_trigger_id"),
    "views.update": (*_PASSING, "hash_conflict", "not_found"),
    "conversations.history": _PASSING,
    "conversations.replies": _PASSING,
    "apps.connections.open": _PASSING,
}
"""What may happen to a call, by method; the others go well. Nothing that is there is said to be gone."""


@dataclass
class FaultPlan:
    """Spoils a share (`rate`, 0 to 1) of all requests; `met` counts what happened, by fault.

    `only` leaves no other faults than these. Answers are late by up to 30 s times `scale`. `skew` is how
    many seconds the provider's clock is ahead of ours, see `skewed_clock`.
    """

    seed: int
    rate: float = 0.1
    scale: float = 0.01
    only: frozenset[str] | None = None
    skew: float = 0.0

    def __post_init__(self) -> None:
        self.met: Counter[str] = Counter()
        self._random = Random(self.seed)  # noqa: S311
        self._last: dict[str, str] = {}

    def for_provider(self, method: str, path: str) -> str | None:
        """Return what goes wrong with this request to the provider; nothing with the token's check."""
        known = () if path == "/account/me/" else PROVIDER.get(method, ())
        return self._draw(f"{method} ", sorted(known))

    def for_slack(self, method: str, channel: str) -> str | None:
        """Return what goes wrong with this call of a Web API method. Direct messages are never closed."""
        closed = () if channel.startswith("C") else _NOWHERE
        return self._draw(f"{method} ", [each for each in SLACK.get(method, ()) if each not in closed])

    def wait(self) -> float:
        """Return how many seconds later than usual a request is answered; most are in time."""
        late = self._random.random() < self.rate
        return self._random.uniform(0, LONGEST_WAIT * self.scale) if late else 0.0

    def skewed_clock(self) -> RealClock:
        """Return the provider's clock."""
        return RealClock(ahead=self.skew)

    async def trouble_sockets(self, slack: PretendSlack, faults: Faults, *, every: float) -> None:
        """Until cancelled, let something happen to the sockets about every so many seconds.

        Each trouble lasts as long; afterwards all is well until the next.
        """
        try:
            while True:
                await asyncio.sleep(self._random.uniform(0.5, 1.5) * every)
                await self._trouble(self._random.choice(SOCKET), slack, faults)
                await asyncio.sleep(every)
                _calm(faults)
        finally:
            _calm(faults)

    async def _trouble(self, what: str, slack: PretendSlack, faults: Faults) -> None:
        self.met[f"socket {what}"] += 1
        match what:
            case "reset":
                slack.socket_mode.drop()
            case "refused":
                faults.socket_refused = True
                slack.socket_mode.drop()
            case "silence":
                faults.socket_deaf = True
            case "duplicates":
                faults.socket_duplicates = 2
            case "reordered":
                faults.socket_holds = 0.2
            case "warning" | "refresh_requested" | "link_disabled" | "too_many_websockets":
                with suppress(ConnectionError):
                    await slack.socket_mode.disconnect(what)

    def _draw(self, where: str, known: list[str]) -> str | None:
        chosen = [fault for fault in known if self.only is None or fault in self.only]
        if not chosen or self._random.random() >= self.rate:
            return None
        fault = self._random.choice(chosen)
        if fault in _FOR_SIZE and self._last.get(where) == fault:
            self._last[where] = ""
            return None
        self._last[where] = fault
        self.met[where + fault] += 1
        return fault


SOCKET = (
    "reset",
    "refused",
    "silence",
    "duplicates",
    "reordered",
    "warning",
    "refresh_requested",
    "link_disabled",
    "too_many_websockets",
)
"""What may happen to sockets: cut off, refused at the handshake, deaf without a FIN, and so on."""


def _calm(faults: Faults) -> None:
    faults.socket_refused = faults.socket_deaf = False
    faults.socket_duplicates, faults.socket_holds = 0, 0.0
