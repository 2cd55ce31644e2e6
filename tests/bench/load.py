"""Typing commands, as fast as they are acked or at a steady pace; and whether we keep up ourselves."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.stage import Command, Stage

AT_ONCE = 8
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.02
BEAT_SECONDS = 0.01


@dataclass(frozen=True)
class Burst:
    """Commands that were sent as fast as they were acked, from `began` on (seconds of `perf_counter`)."""

    began: float
    commands: list[Command]

    @property
    def ack_seconds(self) -> list[float]:
        """How long each ack took."""
        return [command.ack_seconds for command in self.commands]

    @property
    def acked_rate(self) -> float:
        """How many were acked a second, until the last was."""
        return self._rate([command.acked for command in self.commands])

    @property
    def answered_rate(self) -> float:
        """How many people a second were shown something, until the last was."""
        return self._rate([command.answered for command in self.commands])

    def _rate(self, moments: Sequence[float | None]) -> float:
        came = [moment for moment in moments if moment is not None]
        return len(came) / (max(came) - self.began) if came else 0.0


async def burst(stage: Stage, texts: Sequence[str], *, answered: bool = False) -> Burst:
    """Type these commands, 8 at a time, the next as soon as one is acked.

    `answered`: whether to wait until people were shown something for each, 30 s at most.
    """
    done = Burst(time.perf_counter(), [])
    numbered = iter(enumerate(texts))
    await asyncio.gather(*(_one_by_one(stage, numbered, done.commands) for _ in range(AT_ONCE)))
    if answered:
        await asyncio.gather(*(command.until_answered(ANSWER_SECONDS) for command in done.commands))
    return done


async def steadily(stage: Stage, text: str, times: int, every: float) -> list[Command]:
    """Type a command every so many seconds, whether or not the last was answered; wait for all answers."""
    typing = []
    for number in range(times):
        typing.append(asyncio.create_task(stage.command(text, number)))
        await asyncio.sleep(every)
    commands = await asyncio.gather(*typing)
    await asyncio.gather(*(command.until_answered(ANSWER_SECONDS) for command in commands))
    return commands


@asynccontextmanager
async def typing_all_the_while(stage: Stage, text: str, every: float) -> AsyncIterator[list[Command]]:
    """Type a command every so many seconds until the end of the block, after which the list is complete."""
    typing: list[asyncio.Task[Command]] = []
    commands: list[Command] = []

    async def go_on() -> None:
        while True:
            typing.append(asyncio.create_task(stage.command(text, len(typing))))
            await asyncio.sleep(every)

    going_on = asyncio.create_task(go_on())
    try:
        yield commands
    finally:
        going_on.cancel()
        commands += await asyncio.gather(*typing)


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, that many seconds at most; return whether it is."""
    for _ in range(int(seconds / LOOK_SECONDS)):
        if condition():
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return condition()


@dataclass
class Driver:
    """How well this process kept up: its share of a core (0 to 1), and by how long it was late at most."""

    share: float = 0.0
    late_seconds: float = 0.0
    _began: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def end(self) -> None:
        """Compute the share."""
        wall, cpu = self._began
        self.share = (time.process_time() - cpu) / (time.perf_counter() - wall)


@asynccontextmanager
async def watching_ourselves() -> AsyncIterator[Driver]:
    """Watch this process until the end of the block."""
    driver = Driver()

    async def beat() -> None:
        while True:
            due = time.perf_counter() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            driver.late_seconds = max(driver.late_seconds, time.perf_counter() - due)

    beating = asyncio.create_task(beat())
    try:
        yield driver
    finally:
        beating.cancel()
        driver.end()


async def _one_by_one(stage: Stage, numbered: Iterator[tuple[int, str]], done: list[Command]) -> None:
    for number, text in numbered:
        done.append(await stage.command(text, number))
