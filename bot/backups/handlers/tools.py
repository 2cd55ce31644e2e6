"""What all handlers of backups need."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.audit.refusals import noting_refusals
from bot.authority import Authority
from bot.backups.api import BackupList, BackupsApi
from bot.backups.checks import check_nothing_newer, check_target
from bot.errors import NotChecked, ProviderError, Unreachable
from bot.operations import records
from bot.operations.model import Operation, Verb
from bot.permissions import AskFirst, Go, Risk
from bot.servers.directory import ServerDirectory
from bot.servers.model import Server
from bot.slack.interaction import Interaction


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tools:
    """The provider, the known servers, who may do what, and the clock."""

    api: BackupsApi
    directory: ServerDirectory
    authority: Authority
    now: Callable[[], datetime] = utc_now

    async def decide(
        self, interaction: Interaction, risk: Risk, server: str | None, channel: str = ""
    ) -> Go | AskFirst:
        """Return whether whoever did this may, on a server or (None) on any; raises NotAllowed."""
        person, team, place = interaction.person, interaction.team, channel or interaction.channel
        async with noting_refusals(interaction, risk.value, server or "", channel=place):
            try:
                async with interaction.looking_up():
                    if server is not None:
                        return await self.authority.decide(person, team, risk, server, place)
                    await self.authority.decide_somewhere(person, team, risk, place)
            except TimeoutError:
                raise NotChecked(
                    "I could not find out in time whether you may, so nothing was started.",
                    "Try again in a moment.",
                ) from None
        return Go()

    async def server(self, interaction: Interaction, wanted: str) -> Server:
        """Return the server a person means, in time for Slack's ack.

        Raises:
            UnknownServer: none or several fit.
            ProviderError: the servers aren't known, and VPS.org did not tell in time.
        """
        try:
            async with interaction.looking_up():
                return await self.directory.find(wanted)
        except TimeoutError as error:
            raise Unreachable(
                "VPS.org did not say in time which servers there are, so nothing was started.",
                "Try again in a moment.",
            ) from error

    async def quick_list(self, interaction: Interaction, server_id: int) -> BackupList:
        """Return a server's backups, in time for Slack's ack; raises ProviderError or TimeoutError."""
        async with interaction.looking_up():
            return await self.api.list(server_id)

    async def check_still_so(self, interaction: Interaction, operation: Operation) -> None:
        """Raise Outdated where what was asked for is no longer as it was shown, as far as can be told now."""
        with suppress(ProviderError, TimeoutError):
            listing = await self.quick_list(interaction, operation.server_id)
            if not listing.may_hide(operation.backup_id):
                check_target(operation, listing.backups)
        if operation.shown_at:
            ended = await records.ended_since(operation.server_id, operation.shown_at)
            check_nothing_newer(operation, ended)

    def operation(
        self, interaction: Interaction, verb: Verb, server: Server, channel: str, **more: Any
    ) -> Operation:
        """Return an operation under an id that is the same when Slack delivers the same thing twice."""
        return Operation(
            id=f"{verb}:{interaction.once}",
            verb=verb,
            server_id=server.id,
            server_name=server.name,
            asked_by=interaction.person,
            asked_by_name=interaction.person_name,
            channel=channel or interaction.person,
            asked_at=self.now(),
            team=interaction.team,
            **more,
        )


def needs(decision: Go | AskFirst) -> dict[str, Any]:
    """Return what an operation says of the second person it needs."""
    if isinstance(decision, Go):
        return {}
    return {"approval_minutes": decision.minutes, "break_glass": decision.break_glass}
