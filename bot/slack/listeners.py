"""Knows which Bolt listeners are still running.

Bolt runs a listener in a task of its own and forgets it after the ack, so that a closing connection would cut
it off in the middle (https://github.com/slackapi/bolt-python/issues/964). Lazy listeners are not counted.
"""

import asyncio

from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncCustomListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncCustomListenerStartHandler


class RunningListeners:
    """Counts an app's listeners from their first line to their last, the part after the ack included."""

    def __init__(self, app: AsyncApp) -> None:
        self.count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        runner = app.listener_runner
        runner.listener_start_handler = AsyncCustomListenerStartHandler(app.logger, self._started)
        runner.listener_completion_handler = AsyncCustomListenerCompletionHandler(app.logger, self._ended)

    async def finished(self) -> None:
        """Return once no listener runs."""
        await self._idle.wait()

    async def _started(self) -> None:
        self.count += 1
        self._idle.clear()

    async def _ended(self) -> None:
        self.count -= 1
        if not self.count:
            self._idle.set()
