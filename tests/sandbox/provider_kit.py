"""A client of the pretend VPS.org, and the clock it lives by."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from bot.sandbox.clock import ManualClock
from bot.sandbox.vps.model import Server
from bot.sandbox.vps.provider import Provider

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Api:
    """The provider from within (`provider`, `clock`, `web`) and from without (`http`)."""

    provider: Provider
    clock: ManualClock
    http: httpx.AsyncClient
    web: Server

    async def create(self, description: str = "") -> httpx.Response:
        return await self.http.post("/backups/", json={"server_id": self.web.id, "description": description})

    async def restore(self, backup_id: object, server_id: int | None = None) -> httpx.Response:
        return await self.http.post(
            f"/servers/{server_id or self.web.id}/restore/", json={"backup_id": backup_id}
        )

    async def listed(self, **query: str | int) -> list[int]:
        answer = await self.http.get("/backups/", params=query)
        return [backup["id"] for backup in answer.json()["results"]]
