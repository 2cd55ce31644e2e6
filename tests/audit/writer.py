"""A process that appends entries: `python -m tests.audit.writer DATABASE_URL NAME COUNT`."""

import asyncio
import sys

from bot.audit.store import AuditTrail
from bot.operations.database import open_database
from tests.audit.facts import entry


async def main(database_url: str, name: str, count: int) -> None:
    """Prepare the trail, wait for a line on stdin, and append."""
    database = open_database(database_url)
    trail = AuditTrail(database)
    await trail.prepare()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(count):
        await trail.append(entry(number, key=f"{name}:{number}"))
    await trail.aclose()
    database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
