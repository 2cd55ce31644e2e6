"""The calls of the pretend VPS.org. What its documentation leaves open, Django REST framework decides."""

import re

from aiohttp import web

from bot.sandbox.vps.input import LONGEST_NUMBER, allowed, fields_of, integer, required_integer, text
from bot.sandbox.vps.model import Json, forbidden, not_found
from bot.sandbox.vps.provider import Provider

BASE_PATH = "/vps/api/v1"

CREATED = "Backup is being created. This may take several minutes depending on server size."
RESTORING = "Server restore has been started. This may take several minutes depending on backup size."

BACKUP_TYPES = ("manual", "automatic")
SERVER_STATUSES = ("active", "stopped", "suspended", "restoring")

_PAGE = re.compile(r"[0-9]{1,9}")


class Api:
    """The documented calls. Each raises Refused where VPS.org would refuse."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, relative to `BASE_PATH`."""
        return [
            web.get("/account/me/", self.account),
            web.get("/servers/", self.list_servers),
            web.get("/backups/", self.list_backups),
            web.post("/backups/", self.create_backup),
            web.delete(r"/backups/{backup_id:[0-9]+}/", self.delete_backup),
            web.post(r"/servers/{server_id:[0-9]+}/restore/", self.restore),
        ]

    async def account(self, _: web.Request) -> web.Response:
        """Tell whose token it is and what it may do."""
        account = {
            "email": "ops@example.net",
            "first_name": "Olive",
            "last_name": "Peters",
            "company_name": "Example Ltd",
            "created_at": "2024-02-01",
        }
        token = {"name": "backup-bot", "permissions": self._provider.permissions}
        return web.json_response({"account": account, "token": token})

    async def list_servers(self, request: web.Request) -> web.Response:
        """List the servers, filtered by status and location."""
        status = allowed("status", request.query.get("status"), SERVER_STATUSES)
        location = request.query.get("location") or None
        found = [
            server.as_json()
            for server in self._provider.servers.values()
            if status in {None, server.status} and location in {None, server.location}
        ]
        return self._listing(request, found)

    async def list_backups(self, request: web.Request) -> web.Response:
        """List the backups, filtered by server and type."""
        server_id = request.query.get("server_id")
        wanted = integer("server_id", server_id) if server_id else None
        backup_type = allowed("backup_type", request.query.get("backup_type"), BACKUP_TYPES)
        found = [
            backup.as_json()
            for backup in self._provider.listed()
            if wanted in {None, backup.server.id} and backup_type in {None, backup.backup_type}
        ]
        return self._listing(request, found)

    async def create_backup(self, request: web.Request) -> web.Response:
        """Start a backup."""
        self._needs_write()
        fields = await fields_of(request)
        server_id = required_integer("server_id", fields)
        backup = self._provider.create(server_id, text("description", fields.get("description", "")))
        return web.json_response({**backup.as_json(), "message": CREATED}, status=201)

    async def delete_backup(self, request: web.Request) -> web.Response:
        """Delete a backup."""
        self._needs_write()
        self._provider.delete(_id_in_path(request, "backup_id"))
        return web.Response(status=204)

    async def restore(self, request: web.Request) -> web.Response:
        """Start a restore; its answer, which nobody documents, is that of a snapshot's restore."""
        self._needs_write()
        fields = await fields_of(request)
        backup_id = required_integer("backup_id", fields)
        server = self._provider.restore(_id_in_path(request, "server_id"), backup_id)
        shown = {"id": server.id, "name": server.name, "status": server.status}
        return web.json_response({"status": "success", "message": RESTORING, "server": shown})

    def _needs_write(self) -> None:
        if "write" not in self._provider.permissions:
            raise forbidden()

    def _listing(self, request: web.Request, found: list[Json]) -> web.Response:
        size = self._provider.page_size
        if size is None:
            shown = found[: self._provider.cut_lists_at]
            return web.json_response({"count": len(found), "results": shown})
        page = request.query.get("page", "1")
        number = int(page) if _PAGE.fullmatch(page) else 0
        first = (number - 1) * size
        if number < 1 or (number > 1 and first >= len(found)):
            raise not_found("Invalid page.")
        later = first + size < len(found)
        following = str(request.url.update_query(page=str(number + 1))) if later else None
        return web.json_response(
            {"count": len(found), "next": following, "results": found[first : first + size]}
        )


def _id_in_path(request: web.Request, name: str) -> int:
    digits = request.match_info[name]
    if len(digits) > LONGEST_NUMBER:
        raise not_found()
    return int(digits)
