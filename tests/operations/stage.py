"""A stage for tiny workflows: the engine on a file, a log of what they did, and gates they wait at."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from bot.operations.launch import Engine

PACE = 0.01


class Order(BaseModel):
    """What a test's workflow is asked to do."""

    name: str
    server: int = 1
    at: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Told(BaseModel):
    """What came of it."""

    order: Order
    is_replayed: bool


class Log:
    """What the steps did, in order, and the gates they wait at."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self._changed = asyncio.Event()

    def add(self, line: str) -> None:
        self.lines.append(line)
        self._changed.set()

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def until(self, condition: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition(self.lines):
                self._changed.clear()
                await self._changed.wait()


class Stage:
    """The engine, and the log of the test that uses it."""

    log = Log()

    def __init__(self, database: Path) -> None:
        self._database = database
        self._engine: Engine | None = None

    async def start(self) -> None:
        self._engine = Engine(f"sqlite:///{self._database}", pace=PACE)
        await self._engine.launch()

    async def stop(self) -> None:
        if self._engine is not None:
            await self._engine.stop()
            self._engine = None
