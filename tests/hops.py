"""How far a reader travels along a piece of work: the functions of ours, and the changes of file.

`python -m tests.hops` runs a restore in a small world and prints them. Counted is what runs in the thread of
the event loop, from the command to the last message, without the sandbox and the logs.
"""

import asyncio
import dis
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import structlog

from tests.world import World

BOT = Path(__file__).parents[1] / "bot"
LEFT_OUT = (str(BOT / "sandbox"), str(BOT / "logs.py"))
NOT_FUNCTIONS = frozenset({"<module>", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})
RESUMED, YIELDED = dis.opmap["RESUME"], dis.opmap["YIELD_VALUE"]
TOLD = "*web-1* is back: restored to"
RUNS = 5
SECONDS_BETWEEN_LOOKS = 0.1
"""Long enough that no look more is taken than is needed."""


@dataclass
class Hops:
    """What was called, and how often that led into another file: by a call or, on returning, back.

    A coroutine counts once, however often it pauses, and each task is followed by itself. `first_changes` are
    those of a reader who reads each function once, where it is first met.
    """

    calls: int = 0
    changes: int = 0
    first_changes: int = 0
    functions: set[CodeType] = field(default_factory=set)
    files: dict[str, int] = field(default_factory=dict)
    """How often each file was come to."""
    _first_in: str = ""
    _now_in: dict[asyncio.Task[Any] | None, str] = field(default_factory=dict)

    def observe(self, frame: FrameType, event: str, _: object) -> None:
        """Take note of an event, as `sys.setprofile` tells of it."""
        if not _is_ours(frame.f_code):
            return
        if event == "call" and _begins(frame):
            self.calls += 1
            self._meet(frame.f_code)
            self._come_to(frame.f_code.co_filename)
        elif event == "return" and not _pauses(frame):
            caller = frame.f_back
            while caller and not _is_ours(caller.f_code):
                caller = caller.f_back
            if caller:
                self._come_to(caller.f_code.co_filename)

    def __str__(self) -> str:
        """Return the figures, on a line."""
        return (
            f"{self.calls} calls of {len(self.functions)} functions in {len(self.files)} files, "
            f"{self.changes} changes of file; {self.first_changes} if each function is read once"
        )

    def _meet(self, function: CodeType) -> None:
        if function not in self.functions:
            self.functions.add(function)
            self.first_changes += function.co_filename != self._first_in
            self._first_in = function.co_filename

    def _come_to(self, file: str) -> None:
        task = _current_task()
        if self._now_in.get(task) != file:
            self.changes += 1
            self._now_in[task] = file
            self.files[file] = self.files.get(file, 0) + 1


@contextmanager
def counted() -> Iterator[Hops]:
    """Count what this thread does, for as long as the context lasts."""
    hops = Hops()
    sys.setprofile(hops.observe)
    try:
        yield hops
    finally:
        sys.setprofile(None)


async def restore_counted(folder: Path) -> Hops:
    """Return what a restore without a safety backup goes through."""
    world = World(folder / "bot.sqlite")
    await world.begin(bot_poll_seconds=SECONDS_BETWEEN_LOOKS, bot_poll_max_seconds=SECONDS_BETWEEN_LOOKS)
    try:
        backup = world.provider.add_backup("web-1", age=timedelta(hours=7))
        with counted() as hops:
            await world.person("ana").types(f"/backup restore {backup.id}")
            await world.confirms("ana", safety=False)
            await world.until(lambda: world.provider.restores, "the restore begins")
            await world.until_looked_at_servers()
            world.provider.finish_restores()
            await world.until_reply(TOLD)
    finally:
        await world.end()
    return hops


def main() -> None:
    """Print what a restore goes through, in the run that had least to wait for, and its files."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        runs = [asyncio.run(restore_counted(_folder(folder, number))) for number in range(RUNS)]
    least = min(runs, key=lambda hops: (hops.changes, hops.calls))
    print(f"a restore: {least}")  # noqa: T201
    for file, times in sorted(least.files.items(), key=lambda item: (-item[1], item[0])):
        print(f"{times:5} {Path(file).relative_to(BOT.parent)}")  # noqa: T201


def _folder(parent: str, number: int) -> Path:
    folder = Path(parent) / str(number)
    folder.mkdir()
    return folder


def _is_ours(code: CodeType) -> bool:
    return (
        code.co_filename.startswith(str(BOT))
        and not code.co_filename.startswith(LEFT_OUT)
        and code.co_name not in NOT_FUNCTIONS
    )


def _begins(frame: FrameType) -> bool:
    """Tell whether a function begins, rather than going on after a pause."""
    instruction, argument = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return not (instruction == RESUMED and argument & 3)


def _pauses(frame: FrameType) -> bool:
    """Tell whether a function pauses, rather than returning."""
    return frame.f_code.co_code[frame.f_lasti] == YIELDED


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


if __name__ == "__main__":
    main()
