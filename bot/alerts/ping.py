"""A sign of life to a service that notices when it stays away (a dead man's switch)."""

import aiohttp
import structlog
from pydantic import SecretStr

from bot.network import proxy_for, trusted

log = structlog.get_logger()

TIMEOUT_SECONDS = 10.0


async def ping(address: SecretStr) -> bool:
    """Call the address; tell whether it took it. Raises nothing: what goes wrong is logged, without it."""
    url = address.get_secret_value()
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, ssl=trusted(), proxy=proxy_for(url)) as answer,
        ):
            status = answer.status
    except Exception as error:  # Whatever it is, an alert must not depend on it.
        log.warning("ping_failed", error=type(error).__name__)
        return False
    if status >= 400:
        log.warning("ping_failed", status=status)
    return status < 400
