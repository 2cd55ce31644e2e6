"""Who can do what, asked with people and groups as Slack knows them now; what is denied goes on record."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from typing import Protocol

import stamina
import structlog

from bot import permissions
from bot.audit.model import Entry
from bot.audit.store import AuditTrail
from bot.errors import Denial, Failure, HiddenBackup, HiddenServer, NotAllowed, NotChecked, NotRecorded
from bot.operations.model import BackingUpOperation, CreateOperation, Operation
from bot.permissions import Allowed, AuditSight, Decision, NeedsApproval, Person, Rights, Rules, Sight
from bot.slack.interaction import Interaction
from bot.verbs import Verb

log = structlog.get_logger()

until_known = stamina.retry(on=NotChecked, attempts=None, timeout=None, wait_initial=0.5, wait_max=30.0)
"""Tries again while it can't be told who somebody is: no outage of Slack decides anything."""


class _People(Protocol):
    async def who(self, user_id: str, team_id: str = "") -> Person: ...
    async def members(self, ids: Iterable[str], besides: str = "") -> frozenset[str]: ...
    async def names(self, ids: Iterable[str]) -> dict[str, str]: ...
    def zone(self, user_id: str) -> tzinfo: ...
    def name(self, user_id: str) -> str: ...


class Authorizer:
    """Decides for a person, by the rules and people of this moment."""

    def __init__(self, people: _People, rules: Rules, audit: AuditTrail) -> None:
        self._people = people
        self._rules = rules
        self._audit = audit

    async def require(
        self, interaction: Interaction, verb: Verb, server: str | None = None, channel: str = ""
    ) -> Decision:
        """Return whether the person may do this at once, on a server by name or (None) on any.

        Answers in time for Slack's ack. `channel` is where it is to be done, if not where the person is.

        Raises:
            NotAllowed: they can't, which is put on record; NotChecked if it can't be told in time.
        """
        place = channel or interaction.channel
        async with self.audit_denials(interaction, verb, server or "", channel=place):
            try:
                async with interaction.ack_deadline():
                    person = await self._people.who(interaction.person, interaction.team)
                    if server is not None:
                        return await self._decide(person, verb, server, place)
                    permissions.decide_somewhere(person, verb, place, self._rules)
            except TimeoutError:
                raise NotChecked(Denial.NOT_IN_TIME) from None
        return Allowed()

    async def require_any(
        self, interaction: Interaction, verb: Verb, servers: Sequence[str], channel: str
    ) -> None:
        """Do as `require` does for several servers, if the person may do it at once on none of them.

        Raises:
            NotAllowed: why not on the first; it is put on record.
        """
        async with self.audit_denials(interaction, verb, servers[0], channel=channel):
            try:
                async with interaction.ack_deadline():
                    person = await self._people.who(interaction.person, interaction.team)
            except TimeoutError:
                raise NotChecked(Denial.NOT_IN_TIME) from None
            refusals = [self._refusal(person, verb, server, channel) for server in servers]
            if refusals[0] and all(refusals):
                raise refusals[0]

    def _refusal(self, person: Person, verb: Verb, server: str, channel: str) -> NotAllowed | None:
        try:
            decision = permissions.decide(person, verb, server, channel, self._rules)
        except NotAllowed as refusal:
            return refusal
        return None if isinstance(decision, Allowed) else NotAllowed(Denial.NEEDS_APPROVAL_ALONE, verb)

    def zone(self, interaction: Interaction) -> tzinfo:
        """Return the person's own time zone, known once something was required of them; else UTC."""
        return self.zone_of(interaction.person)

    def name(self, interaction: Interaction) -> str:
        """Return the person's name as Slack gives it, known like their time zone; else ""."""
        return interaction.person_name or self._people.name(interaction.person)

    async def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return what these people call themselves, by id, as far as Slack tells; for people to read."""
        return await self._people.names(ids)

    async def audit_sight(self, interaction: Interaction) -> AuditSight:
        """Return what of the audit trail the person can read where they are.

        Raises:
            NotAllowed: nothing of it, which is put on record.
        """
        async with self.audit_denials(interaction, Verb.AUDIT):
            person = await self._people.who(interaction.person, interaction.team)
            return permissions.audit_sight(person, interaction.channel, self._rules)

    async def require_cancel(self, interaction: Interaction, operation: Operation) -> None:
        """Raise NotAllowed unless the person can cancel an operation: its requester, and approvers."""
        async with self.audit_denials(interaction, "cancel", operation.server_name, operation=operation.id):
            person = await self._people.who(interaction.person, interaction.team)
            permissions.check_cancel(person, operation.requested_by, operation.server_name, self._rules)

    async def require_answer(self, interaction: Interaction, servers: Iterable[str | None]) -> None:
        """Raise NotAllowed, put on record, unless the person can answer the alerts of all these servers.

        None stands for what is about no server.
        """
        for server in servers:
            async with self.audit_denials(interaction, "answer_alert", server or ""):
                try:
                    async with interaction.ack_deadline():
                        person = await self._people.who(interaction.person, interaction.team)
                        permissions.check_answer(person, server, self._rules)
                except TimeoutError:
                    raise NotChecked(Denial.NOT_IN_TIME) from None

    @property
    def operators(self) -> list[str]:
        """The ids of the people and user groups who can change something on some server."""
        return sorted(self._rules.operators)

    async def able(self, interaction: Interaction, server: str | None = None) -> frozenset[Verb]:
        """Return what the person can do where they are, on a server by name or (None) on any.

        For what is offered to them; nothing is put on record. Raises NotChecked if it can't be told.
        """
        person = await self._people.who(interaction.person, interaction.team)
        return permissions.able(person, server, interaction.channel, self._rules)

    async def sight(self, interaction: Interaction, channel: str | None = None) -> Sight:
        """Return what tells which servers the person can look at, from a channel or (None) from any.

        Raises:
            NotAllowed: there can be none, which is put on record.
        """
        async with self.audit_denials(interaction, Verb.LIST):
            person = await self._people.who(interaction.person, interaction.team)
            if channel is not None:
                permissions.decide_somewhere(person, Verb.LIST, channel, self._rules)
            return permissions.sight(person, channel, self._rules)

    async def rights(self, person: str, team: str) -> Rights:
        """Return what a person can see and do where nobody else is: for what is shown to them unasked.

        Raises:
            NotAllowed: they can look at nothing there, which is not put on record.
        """
        return permissions.rights(await self._people.who(person, team), person, self._rules)

    def zone_of(self, person: str) -> tzinfo:
        """Return a person's time zone as far as it is known; else UTC."""
        return self._people.zone(person)

    async def cancellable(self, interaction: Interaction, operations: Iterable[Operation]) -> frozenset[str]:
        """Return the ids of those among these that the person can cancel, as far as rights go."""
        person = await self._people.who(interaction.person, interaction.team)
        return frozenset(each.id for each in operations if self._can_cancel(person, each))

    def _can_cancel(self, person: Person, operation: Operation) -> bool:
        try:
            permissions.check_cancel(person, operation.requested_by, operation.server_name, self._rules)
        except NotAllowed:
            return False
        return True

    @until_known
    async def decide_for(self, operation: Operation) -> Decision:
        """Return what the rules say of the requester, now; outlasts an outage of Slack.

        Raises:
            NotAllowed: they can't do it any more.
        """
        person = await self._people.who(operation.requested_by, operation.team)
        place = operation.server_name, operation.channel
        decision = await self._decide(person, operation.verb, *place)
        makes_room = isinstance(operation, CreateOperation) and operation.makes_room
        if makes_room or (isinstance(operation, BackingUpOperation) and operation.delete_first):
            return permissions.stricter(decision, await self._decide(person, Verb.DELETE, *place))
        return decision

    @until_known
    async def decide_by_clock(self, person: str, team: str, verb: Verb, server: str, channel: str) -> None:
        """Raise NotAllowed unless a person can do this now with nobody asked; outlasts an outage of Slack."""
        permissions.check_by_clock(await self._people.who(person, team), verb, server, channel, self._rules)

    @until_known
    async def sight_of(self, person: str, team: str, channel: str) -> Sight:
        """Return which servers a person can look at from a channel; outlasts an outage of Slack.

        Raises:
            NotAllowed: there can be none.
        """
        return permissions.sight(await self._people.who(person, team), channel, self._rules)

    async def require_by_clock(self, interaction: Interaction, verb: Verb, server: str, channel: str) -> None:
        """Raise NotAllowed unless the person can have this done by the clock; else as `require` does."""
        async with self.audit_denials(interaction, verb, server, channel=channel):
            try:
                async with interaction.ack_deadline():
                    person = await self._people.who(interaction.person, interaction.team)
            except TimeoutError:
                raise NotChecked(Denial.NOT_IN_TIME) from None
            permissions.check_by_clock(person, verb, server, channel, self._rules)

    async def check_approver(self, person: str, team: str, operation: Operation) -> None:
        """Raise NotAllowed unless the person can approve this operation, and NotChecked for now."""
        known = await self._people.who(person, team)
        permissions.check_approval(known, operation.requested_by, operation.server_name, self._rules)

    @until_known
    async def check_approver_surely(self, person: str, team: str, operation: Operation) -> None:
        """Do as `check_approver` does; outlasts an outage of Slack."""
        await self.check_approver(person, team, operation)

    async def check_requester(self, person: str, team: str, operation: Operation) -> None:
        """Raise NotAllowed unless the person is the requester, and NotChecked for now."""
        permissions.check_requester(await self._people.who(person, team), operation.requested_by)

    @asynccontextmanager
    async def audit_denials(
        self,
        interaction: Interaction,
        action: str,
        server: str = "",
        *,
        operation: str = "",
        channel: str = "",
    ) -> AsyncIterator[None]:
        """Put what is denied inside on record, and let the error pass.

        So is what is hidden from the person, under its own name. If it can't be written it is logged: nothing
        goes ahead that would need it.
        """
        try:
            yield
        except (NotAllowed, HiddenServer, HiddenBackup) as denial:
            entry = Entry(
                event="refused",
                key=f"refused:{action}:{interaction.delivery_id}",
                at=datetime.now(UTC),
                person=interaction.person,
                operation=operation,
                verb=action,
                server_name=server if isinstance(denial, NotAllowed) else denial.server_name,
                channel=channel or interaction.channel,
                failure=Failure.of(denial),
                function_execution_id=interaction.function_execution_id,
            )
            try:
                await self._audit.append(entry)
            except NotRecorded:
                log.exception("denial_not_recorded", entry=entry.brief())
            raise

    async def _decide(self, person: Person, verb: Verb, server: str, channel: str) -> Decision:
        decision = permissions.decide(person, verb, server, channel, self._rules)
        if isinstance(decision, Allowed):
            return decision
        others = await self._people.members(decision.approvers, besides=person.id)
        if not others:
            raise NotAllowed(Denial.NO_APPROVER, verb, "BOT_APPROVERS")
        return NeedsApproval(others, decision.minutes, decision.break_glass)
