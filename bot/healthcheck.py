"""`python -m bot.healthcheck`: exit code 0 if the bot on this machine is alive; for Docker.

It reads the two variables by itself, as reading all settings twice a minute would take more than asking.
"""

import os
import sys
import urllib.request
from collections.abc import Mapping
from ipaddress import ip_address

SECONDS = 4.0


def address(environment: Mapping[str, str]) -> str:
    """Return where `/healthz` answers; a bot that listens on all addresses is asked at loopback."""
    host, port = environment.get("BOT_BIND") or "127.0.0.1", environment.get("BOT_PORT") or "8080"
    try:
        bound = ip_address(host)
    except ValueError:
        return f"http://{host}:{port}/healthz"
    if bound.version == 4:
        return f"http://{'127.0.0.1' if bound.is_unspecified else bound}:{port}/healthz"
    return f"http://[{'::1' if bound.is_unspecified else bound}]:{port}/healthz"


def is_alive(url: str) -> bool:
    """Ask, past any proxy."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(address(os.environ)) else 1)
