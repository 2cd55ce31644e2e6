"""Starts bots quickly: a process that has loaded the bot's code, and forks it into each new bot.

Everything a bot does of its own (settings, database, connections) still happens after the fork.
Reads a line of JSON for each order on stdin, and answers each with a line.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from bot import app, logs, settings
from bot.__main__ import main

LOADED = (app, logs, settings)


def start(environment: dict[str, str], directory: str, log: str) -> int:
    """Fork a bot; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        with Path(log).open("ab") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        code = main(["run"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def kill(pid: int) -> int:
    """End a bot at once, if it has not ended by itself; return how it ended, as `waitpid` says."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def serve() -> None:
    """Follow orders until there are no more; then end every bot."""
    pids: set[int] = set()
    try:
        for line in sys.stdin:
            order: dict[str, Any] = json.loads(line)
            if "kill" in order:
                pids.discard(order["kill"])
                answer = kill(order["kill"])
            else:
                answer = start(**order)
                pids.add(answer)
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()
    finally:
        for pid in pids:
            kill(pid)


if __name__ == "__main__":
    serve()
