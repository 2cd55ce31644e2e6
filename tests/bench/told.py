"""Who was told how a backup ended, and when: in its message, and in a reply."""

import re
import time
from collections.abc import Iterable

from bot.sandbox.slack.workspace import Change, Workspace

SERVER = re.compile(r"srv-\d{4}")


class Told:
    """Listens for what the bot says of some servers from `begin` on; moments are seconds of `perf_counter`.

    `shown` is when a server's message was edited, or posted anew; `replied` when a reply named it. No words
    are looked for but the servers' names, so nothing else may be going on with them.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.began = 0.0
        self.shown: dict[str, float] = {}
        self.replied: dict[str, float] = {}
        self._servers: frozenset[str] = frozenset()
        self._workspace = workspace
        workspace.listen(self._heard)

    def begin(self, servers: Iterable[str]) -> None:
        """Forget what was said, and listen from now on for what is said of these servers."""
        self._servers = frozenset(servers)
        self.began = time.perf_counter()
        self.shown, self.replied = {}, {}

    @property
    def both(self) -> dict[str, float]:
        """When each server's outcome was both shown and told, by the server's name."""
        return {
            name: max(shown, self.replied[name]) for name, shown in self.shown.items() if name in self.replied
        }

    def count(self, seconds: float) -> int:
        """Return for how many servers that was so within so many seconds."""
        return sum(moment - self.began <= seconds for moment in self.both.values())

    def last(self) -> float:
        """Return the seconds until the last of those that were; infinite where none was."""
        return max(self.both.values()) - self.began if self.both else float("inf")

    def _heard(self, change: Change) -> None:
        if change.kind != "message" or change.channel is None or change.person is not None:
            return
        message = self._workspace.find(change.channel, change.ts)
        if message is None or not message.by_bot:
            return
        names = self.replied if message.is_reply else self.shown
        for name in SERVER.findall(f"{message.text} {message.blocks}"):
            if name in self._servers:
                names.setdefault(name, time.perf_counter())
