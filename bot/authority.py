"""Who may, asked with people and groups as Slack knows them now."""

from collections.abc import Iterable
from typing import Protocol

from bot.errors import NotAllowed
from bot.operations.ports import Port
from bot.permissions import (
    AskFirst,
    Go,
    Risk,
    Rules,
    Who,
    check_approval,
    check_asker,
    check_audit,
    decide,
    decide_somewhere,
    visible,
)


class _People(Protocol):
    async def who(self, user_id: str, team_id: str = "") -> Who: ...
    async def members(self, ids: Iterable[str]) -> frozenset[str]: ...


class Authority:
    """Decides for a person. `asks_directly`: approvers are written to as well as asked in the channel."""

    def __init__(self, people: _People, rules: Rules, *, asks_directly: bool = False) -> None:
        self._people = people
        self._rules = rules
        self.asks_directly = asks_directly

    async def decide(self, person: str, team: str, risk: Risk, server: str, channel: str) -> Go | AskFirst:
        """Return whether the person may; `AskFirst.approvers` are user ids, the person left out.

        Raises:
            NotAllowed: they may not, or nobody is there to agree.
        """
        decision = decide(await self._people.who(person, team), risk, server, channel, self._rules)
        if isinstance(decision, Go):
            return decision
        others = await self._people.members(decision.approvers) - {person}
        if not others:
            raise NotAllowed(
                f"To {risk.value} here needs a second person, and I know of nobody else who may approve it.",
                "Whoever runs me names people in the setting `BOT_APPROVERS`.",
            )
        return AskFirst(others, decision.minutes, decision.break_glass)

    async def decide_somewhere(self, person: str, team: str, risk: Risk, channel: str) -> None:
        """Raise NotAllowed where the person may not do this on any server."""
        decide_somewhere(await self._people.who(person, team), risk, channel, self._rules)

    async def visible(
        self, person: str, team: str, servers: Iterable[str], channel: str | None
    ) -> frozenset[str]:
        """Return which of these servers, by name, the person may look at from a channel (None: anywhere).

        Raises:
            NotAllowed: they are no full member.
        """
        return visible(await self._people.who(person, team), servers, channel, self._rules)

    async def check_approval(self, person: str, team: str, asked_by: str, server: str) -> None:
        """Raise NotAllowed unless the person may decide on what somebody else asked for."""
        check_approval(await self._people.who(person, team), asked_by, server, self._rules)

    async def check_asker(self, person: str, team: str, asked_by: str) -> None:
        """Raise NotAllowed unless the person is whoever asked, and a full member still."""
        check_asker(await self._people.who(person, team), asked_by)

    async def check_audit(self, person: str, team: str) -> None:
        """Raise NotAllowed unless the person may read the audit trail."""
        check_audit(await self._people.who(person, team), self._rules)


authority: Port[Authority] = Port("the authority")
