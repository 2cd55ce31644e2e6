"""Something that tells others when it has changed, and can be waited for."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Observable:
    """Keeps listeners, and tells them of each change."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` at each change, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener()

    async def until(self, condition: Callable[[], T], *, seconds: float = 10.0) -> T:
        """Wait until the condition holds and return what it returned; raise TimeoutError after that long."""
        happened = asyncio.Event()
        forget = self.listen(happened.set)
        try:
            async with asyncio.timeout(seconds):
                while not (result := condition()):
                    happened.clear()
                    await happened.wait()
                return result
        finally:
            forget()
