"""A pretend VPS.org: its servers and backups, which really take time, and what was done to them."""

from datetime import timedelta
from itertools import count
from secrets import token_hex

from bot.sandbox.clock import Clock, RealClock
from bot.sandbox.observable import Observable
from bot.sandbox.vps.jobs import Jobs
from bot.sandbox.vps.model import (
    MANUAL_SLOTS,
    STANDARD_DISK_MB,
    Backup,
    Call,
    Outcome,
    Refused,
    Server,
    not_found,
)

_NETWORKS = ("203.0.113", "198.51.100", "192.0.2")
"""Addresses that are nobody's (RFC 5737)."""


class Provider(Observable):
    """The provider's state, with helpers for tests and a word to listeners at each change.

    `token` is the one it accepts and `permissions` what that token may do. `page_size` makes lists come
    in pages; `cut_lists_at` leaves out what is beyond that many without a word but `count`;
    `shorten_descriptions_to` keeps only so many characters of each.
    `calls` are all requests in order, spoiled ones included; `creates`, `deletes` (backup ids) and
    `restores` (server name, backup id) are what was actually carried out through the API.
    """

    def __init__(self, *, speed: float = 1.0, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock or RealClock()
        self.token = token_hex(20)
        self.permissions = ["read", "write"]
        self.page_size: int | None = None
        self.cut_lists_at: int | None = None
        self.shorten_descriptions_to: int | None = None
        self.servers: dict[int, Server] = {}
        self.backups: dict[int, Backup] = {}
        self.calls: list[Call] = []
        self.creates: list[Backup] = []
        self.deletes: list[int] = []
        self.restores: list[tuple[str, int]] = []
        self._server_ids = count(101)
        self._backup_ids = count(5001)
        self._jobs = Jobs(self.clock, speed)

    @property
    def speed(self) -> float:
        """How many times faster than usual backups and restores go; a change takes effect at once."""
        return self._jobs.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._jobs.speed = speed

    def add_server(self, name: str, *, disk_mb: int = STANDARD_DISK_MB, status: str = "active") -> Server:
        """Add a server that is 400 days old; ids count up from 101."""
        number = next(self._server_ids)
        server = Server(
            number,
            name,
            created_at=self.clock.now() - timedelta(days=400),
            hostname=f"{name}.example.net",
            status=status,
            ip_address=_address(number - 100),
            disk_mb=disk_mb,
        )
        self.servers[number] = server
        self.changed()
        return server

    def add_backup(
        self,
        server: Server | str,
        *,
        backup_type: str = "manual",
        status: str = "completed",
        age: timedelta = timedelta(hours=1),
        kept: timedelta | None = None,
        size_mb: int | None = None,
        description: str = "",
    ) -> Backup:
        """Add a backup made `age` ago and kept for `kept` (None: for ever); ids count up from 5001.

        One that is in progress does not end by itself: see `finish`.
        """
        owner = self.server(server) if isinstance(server, str) else server
        made = self.clock.now() - age
        backup = Backup(
            next(self._backup_ids),
            owner,
            backup_type,
            status,
            made,
            size_mb=(size_mb or owner.disk_mb) if status == "completed" else None,
            expires_at=made + kept if kept else None,
            description=description,
        )
        self.backups[backup.id] = backup
        self.changed()
        return backup

    def server(self, name: str) -> Server:
        """Return the server of that name, or raise KeyError."""
        for server in self.servers.values():
            if server.name == name:
                return server
        raise KeyError(name)

    def backups_of(self, name: str) -> list[Backup]:
        """Return a server's backups, oldest first, those not listed yet included."""
        own = [backup for backup in self.backups.values() if backup.server.name == name]
        return sorted(own, key=lambda backup: (backup.created_at, backup.id))

    def listed(self) -> list[Backup]:
        """Return the backups the API lists, in an order that is always the same and means nothing."""
        now = self.clock.now()
        shown = [b for b in self.backups.values() if not (b.is_late or b.has_expired(now))]
        return sorted(shown, key=lambda backup: (backup.id * 2654435761) % 2**32)

    def create(self, server_id: int, description: str) -> Backup:
        """Start a manual backup, as the API does; raise Refused: no such server, or no free slot."""
        server = self._existing_server(server_id)
        manual = [backup for backup in self.backups_of(server.name) if backup.backup_type == "manual"]
        if len(manual) >= MANUAL_SLOTS:
            words = f"Maximum number of manual backups ({MANUAL_SLOTS}) reached for this server."
            raise Refused(400, {"detail": words})
        kept = description[: self.shorten_descriptions_to]
        backup = self.add_backup(server, status="in_progress", age=timedelta(0), description=kept)
        backup.ends = server.backups_end
        backup.is_late = server.backups_appear_after > 0
        self.creates.append(backup)
        if backup.is_late:
            self.clock.call_later(server.backups_appear_after, lambda: self.show(backup.id))
        if backup.ends != "never":
            self._jobs.start(backup.id, server.seconds_of_work, lambda: self.finish(backup.id, backup.ends))
        self.changed()
        return backup

    def delete(self, backup_id: int) -> None:
        """Delete a backup for ever, as the API does; raise Refused: no such backup."""
        self._existing_backup(backup_id)
        self._remove(backup_id)
        self.deletes.append(backup_id)
        self.changed()

    def restore(self, server_id: int, backup_id: int) -> Server:
        """Start putting a server back to one of its backups, as the API does, and return it.

        Raises:
            Refused: no such server, no such backup of it, an incomplete one, or a server that is busy or
                suspended.
        """
        server = self._existing_server(server_id)
        backup = self._existing_backup(backup_id)
        if backup.server is not server:
            raise not_found()
        if backup.status != "completed":
            raise Refused(400, {"backup_id": ["Only a completed backup can be restored."]})
        if server.status in ("restoring", "suspended"):
            raise Refused(400, {"detail": "Server is not in a valid state for restoration."})
        if self._is_busy(server):
            raise Refused(409, {"detail": "Another operation is in progress on this server."})
        server.status = "restoring"
        server.restoring = backup.id
        self.restores.append((server.name, backup.id))
        if server.restores_end is not None:
            self._jobs.start(server.name, server.seconds_of_work, lambda: self._end_restore(server))
        self.changed()
        return server

    def hold(self) -> None:
        """Let backups and restores end only when told (`finish`, `finish_restores`)."""
        self._jobs.hold()

    def release(self) -> None:
        """Let backups and restores end by themselves again, in their full time from now."""
        self._jobs.release()

    def finish(self, backup_id: int | None = None, status: Outcome = "completed") -> None:
        """End this backup, or all that are in progress, at once; `never` leaves it as it is."""
        running = [
            backup
            for backup in self.backups.values()
            if backup.status == "in_progress" and backup_id in {None, backup.id}
        ]
        for backup in running:
            self._jobs.drop(backup.id)
            if status == "vanishes":
                self._remove(backup.id)
            elif status != "never":
                backup.status = status
                backup.size_mb = backup.server.disk_mb if status == "completed" else None
        self.changed()

    def finish_restores(self) -> None:
        """End all restores at once: each server takes the status its `restores_end` says."""
        for server in self.servers.values():
            if server.status == "restoring":
                self._jobs.drop(server.name)
                self._end_restore(server)

    def show(self, backup_id: int) -> None:
        """Let a backup that appears late show up in the list now."""
        if backup_id in self.backups:
            self.backups[backup_id].is_late = False
        self.changed()

    def _existing_server(self, server_id: int) -> Server:
        if server_id not in self.servers:
            raise not_found()
        return self.servers[server_id]

    def _existing_backup(self, backup_id: int) -> Backup:
        backup = self.backups.get(backup_id)
        if backup is None or backup.has_expired(self.clock.now()):
            raise not_found()
        return backup

    def _is_busy(self, server: Server) -> bool:
        return any(backup.status == "in_progress" for backup in self.backups_of(server.name))

    def _remove(self, backup_id: int) -> None:
        self._jobs.drop(backup_id)
        del self.backups[backup_id]

    def _end_restore(self, server: Server) -> None:
        server.status = server.restores_end or "active"
        server.restored_from, server.restoring = server.restoring, None
        self.changed()


def _address(number: int) -> str:
    network, host = divmod(number - 1, 254)
    return f"{_NETWORKS[network % len(_NETWORKS)]}.{host + 1}"
