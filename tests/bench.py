"""How much our own work costs beside the JSON it can't do without; `make bench` prints it.

Ratios, as seconds say more about the machine than about the code. Each is the best of several rounds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
from pydantic import SecretStr

from bot import logs
from bot.backups.api import BackupsApi
from bot.backups.views.listing import backup_list
from bot.slack.forms import ListForm
from bot.vps.client import VpsClient

BACKUPS = 30_000
ROUNDS = 7


def _backup(number: int) -> dict[str, object]:
    return {
        "id": number,
        "server": {"id": number % 50, "name": f"web-{number % 50}"},
        "backup_type": "automatic" if number % 3 else "manual",
        "status": "completed",
        "size_mb": 4523,
        "created_at": f"2025-{number % 12 + 1:02}-16T03:00:{number % 60:02}Z",
        "expires_at": None,
        "description": "Automatic daily backup",
    }


async def _best(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds that the quickest of several rounds took."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await work()
        rounds.append(time.perf_counter() - began)
    return min(rounds)


async def _measure() -> list[tuple[str, float, float]]:
    """Return what was done, the seconds it took, and the seconds JSON alone took."""
    body = json.dumps({"count": BACKUPS, "results": [_backup(number) for number in range(BACKUPS)]}).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = VpsClient("https://vps.example/api/v1", SecretStr("bench"), transport=transport)
    api = BackupsApi(client)
    found = (await api.list()).backups
    page = backup_list(found[:10], ListForm(), None, 0).arguments()

    async def listed() -> object:
        return await api.list()

    async def loaded() -> object:
        return json.loads(body)

    async def drawn() -> object:
        return [backup_list(found[:10], ListForm(), None, 0).arguments() for _ in range(100)]

    async def dumped() -> object:
        return [json.dumps(page) for _ in range(100)]

    rows = [
        (f"listing {BACKUPS:,} backups : json.loads", await _best(listed), await _best(loaded)),
        ("drawing a page of the list : json.dumps", await _best(drawn), await _best(dumped)),
    ]
    await client.aclose()
    return rows


def main() -> None:
    """Print a line per measurement."""
    logs.set_up("WARNING", "text")
    for name, ours, alone in asyncio.run(_measure()):
        sys.stdout.write(
            f"{name:45} {ours / alone:6.1f} : 1   ({ours * 1000:.1f} ms, {alone * 1000:.1f} ms)\n"
        )


if __name__ == "__main__":
    main()
