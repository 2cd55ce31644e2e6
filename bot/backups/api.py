"""The part of VPS.org's API that is about backups (VPS-API.md)."""

import asyncio
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from bot.backups.model import MANUAL_SLOTS, Backup
from bot.errors import BadRequest, ProviderError, SlotsFull
from bot.vps.client import VpsClient
from bot.vps.refusals import nonsense, plain

_log = structlog.get_logger()

_AT_ONCE = 1000
"""Backups read before others get their turn on the event loop."""


@dataclass(frozen=True)
class BackupList:
    """Backups in no particular order, and how many more there are that VPS.org did not show readably."""

    backups: list[Backup]
    missing: int = 0

    def may_hide(self, backup_id: int | None) -> bool:
        """True where that backup is not shown, but may be there all the same."""
        return self.missing > 0 and all(backup.id != backup_id for backup in self.backups)


class BackupsApi:
    """Backups at VPS.org. Every method raises nothing but subclasses of `ProviderError`."""

    def __init__(self, client: VpsClient) -> None:
        self._client = client

    async def list(self, server_id: int | None = None, backup_type: str | None = None) -> BackupList:
        """Return the backups of one server or of all, each id once, of one type or of both."""
        params: dict[str, str | int] = {}
        if server_id is not None:
            params["server_id"] = server_id
        if backup_type is not None:
            params["backup_type"] = backup_type
        listing = await self._client.list_all("/backups/", params)
        backups, unreadable = await _read(listing.results)
        # Asked again here, as an API that does not know a filter shows everything.
        wanted = [
            backup
            for backup in backups.values()
            if server_id in {None, backup.server.id} and backup_type in {None, backup.backup_type}
        ]
        return BackupList(wanted, unreadable + listing.announced - len(listing.results))

    async def create(self, server_id: int, description: str) -> Backup:
        """Start a backup and return it, in progress.

        Raises:
            SlotsFull: the server has all the manual backups it may have.
            Missing: there is no such server.
            ProviderError: with `may_have_acted` where the backup may have been started all the same.
        """
        body = {"server_id": server_id, "description": description}
        try:
            answer = await self._client.post("/backups/", body)
        except BadRequest as error:
            if await self._is_full(server_id):
                raise SlotsFull(
                    f"The server already has {MANUAL_SLOTS} manual backups, as many as VPS.org keeps; "
                    "no backup was made.",
                    "Delete one of them first.",
                ) from error
            raise
        try:
            return Backup.model_validate(answer)
        except ValidationError:
            raise nonsense("with something that is not a backup", "POST") from None

    async def delete(self, backup_id: int) -> None:
        """Delete a backup for ever.

        Raises:
            Missing: there is no such backup.
            ProviderError: with `may_have_acted` where it may be gone all the same.
        """
        await self._client.delete(f"/backups/{backup_id}/")

    async def restore(self, server_id: int, backup_id: int) -> str:
        """Ask for a restore and return VPS.org's own words about it, "" if there are none.

        That they came means the request was accepted, not that the server is restored.
        """
        answer = await self._client.post(f"/servers/{server_id}/restore/", {"backup_id": backup_id})
        match answer:
            case {"message": str(words)} | {"detail": str(words)}:
                return plain(words)
        return ""

    async def _is_full(self, server_id: int) -> bool:
        try:
            return len((await self.list(server_id, "manual")).backups) >= MANUAL_SLOTS
        except ProviderError:
            return False


async def _read(results: list[object]) -> tuple[dict[int, Backup], int]:
    """Return the backups by id, and how many could not be read."""
    backups: dict[int, Backup] = {}
    problems: list[ValidationError] = []
    for place, result in enumerate(results):
        if place % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        try:
            backup = Backup.model_validate(result)
        except ValidationError as error:
            problems.append(error)
        else:
            backups[backup.id] = backup
    if problems:
        _log.warning("backups_unreadable", count=len(problems), first=_fields(problems[0]))
    return backups, len(problems)


def _fields(error: ValidationError) -> list[str]:
    return [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
