"""The part of VPS.org's API that is about backups (VPS-API.md)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import structlog
from pydantic import ValidationError

from bot.backups.model import Backup, freshness_by_server, read_backup
from bot.errors import BadRequest, Nonsense, ProviderError, SlotsFull
from bot.metrics.instruments import LISTINGS
from bot.servers.model import MANUAL_SLOTS, Freshness
from bot.vps.client import VpsClient
from bot.vps.refusals import invalid_response, plain

_log = structlog.get_logger()

_AT_ONCE = 1000
"""Backups read before others get their turn on the event loop."""


_Wanted = tuple[int | None, str | None]


@dataclass(frozen=True)
class BackupList:
    """Backups in no particular order, and how many more there are that VPS.org did not show readably.

    `unreadable` of these it did show.
    """

    backups: list[Backup]
    not_shown: int = 0
    unreadable: int = 0

    @cached_property
    def by_id(self) -> dict[int, Backup]:
        """The backups by their id."""
        return {backup.id: backup for backup in self.backups}

    def is_incomplete_for(self, backup_id: int) -> bool:
        """True if that backup is not shown, but may be there all the same."""
        return self.not_shown > 0 and backup_id not in self.by_id


class BackupsApi:
    """Backups at VPS.org. Every method raises nothing but subclasses of `ProviderError`.

    Each call waits for its `turn`, but those of people who only look.
    """

    def __init__(
        self,
        client: VpsClient,
        turn: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
        *,
        keep_seconds: float = 0.0,
    ) -> None:
        self._client = client
        self._turn = turn
        self._keep_seconds = keep_seconds
        self._shared: dict[_Wanted, asyncio.Task[BackupList]] = {}

    async def list_to_show(self, server_id: int | None = None, backup_type: str | None = None) -> BackupList:
        """Return what `list` returns, perhaps as it was `keep_seconds` ago, but not before our own last call.

        However many ask for the same at once, VPS.org is asked once. For looking alone: what is decided by a
        list must not rest on one that was asked for before.
        """
        key = server_id, backup_type
        task = self._shared.get(key)
        if task is None:
            task = self._shared[key] = asyncio.create_task(self._list(server_id, backup_type))
            task.add_done_callback(lambda done: self._keep(key, done))
        # A caller that gives up does not take the answer from the others.
        return await asyncio.shield(task)

    async def list(self, server_id: int | None = None, backup_type: str | None = None) -> BackupList:
        """Return the backups of one server or of all, each id once, of one type or of both."""
        async with self._turn():
            return await self._list(server_id, backup_type)

    async def _list(self, server_id: int | None, backup_type: str | None) -> BackupList:
        params: dict[str, str | int] = {}
        if server_id is not None:
            params["server_id"] = server_id
        if backup_type is not None:
            params["backup_type"] = backup_type
        scope = "all" if server_id is None else "one"
        try:
            listing = await self._client.list_all("/backups/", params)
        except ProviderError:
            LISTINGS.labels(scope, "failed").inc()
            raise
        backups, unreadable = await _read(listing.results)
        # Pages of an unordered list overlap, so that one row may come twice and hide another.
        not_shown = max(unreadable, listing.announced - len(backups))
        LISTINGS.labels(scope, "partial" if not_shown else "ok").inc()
        # Asked again here, as an API that does not know a filter shows everything.
        wanted = [
            backup
            for backup in backups.values()
            if server_id in {None, backup.server.id} and backup_type in {None, backup.backup_type}
        ]
        return BackupList(wanted, not_shown, unreadable)

    def _keep(self, key: _Wanted, done: "asyncio.Task[BackupList]") -> None:
        # Its error is looked at, as all who asked may have given up; asyncio would complain that nobody did.
        has_failed = done.cancelled() or done.exception() is not None
        # What VPS.org left out may be there at the next look.
        if has_failed or done.result().not_shown or not self._keep_seconds:
            self._forget(key, done)
        else:
            asyncio.get_running_loop().call_later(self._keep_seconds, self._forget, key, done)

    def _forget(self, key: _Wanted, done: "asyncio.Task[BackupList]") -> None:
        if self._shared.get(key) is done:
            del self._shared[key]

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Wait for the turn; whoever looks after the call is shown what was listed after it."""
        async with self._turn():
            try:
                yield
            finally:
                self._shared.clear()

    async def freshness(self) -> tuple[dict[int, Freshness], int]:
        """Return, by server id, how well each server is backed up, and how many backups were not shown."""
        found = await self.list_to_show()
        return freshness_by_server(found.backups), found.not_shown

    async def create(self, server_id: int, description: str) -> Backup:
        """Start a backup and return it, in progress.

        Raises:
            SlotsFull: the server has all the manual backups it can have.
            NotFound: there is no such server.
            ProviderError: with `may_have_acted` if the backup may have been started all the same.
        """
        body = {"server_id": server_id, "description": description}
        try:
            async with self._writing():
                answer = await self._client.post("/backups/", body)
        except BadRequest as error:
            if await self._is_full(server_id):
                raise SlotsFull(used=MANUAL_SLOTS, limit=MANUAL_SLOTS) from error
            raise
        try:
            return read_backup(answer)
        except ValidationError:
            raise invalid_response(Nonsense.NOT_A_BACKUP, "POST") from None

    async def delete(self, backup_id: int) -> None:
        """Delete a backup permanently.

        Raises:
            NotFound: there is no such backup.
            ProviderError: with `may_have_acted` if it may be gone all the same.
        """
        async with self._writing():
            await self._client.delete(f"/backups/{backup_id}/")

    async def restore(self, server_id: int, backup_id: int) -> str:
        """Ask for a restore and return VPS.org's own words about it, "" if there are none.

        That they came means the request was accepted, not that the server is restored.
        """
        async with self._writing():
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
            backup = read_backup(result)
        except ValidationError as error:
            problems.append(error)
        else:
            backups[backup.id] = backup
        # Let go of at once: of a long list there would be two copies at the end.
        results[place] = None
    if problems:
        _log.warning("backups_unreadable", count=len(problems), fields=_fields(problems[0]))
    return backups, len(problems)


def _fields(error: ValidationError) -> list[str]:
    return [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
