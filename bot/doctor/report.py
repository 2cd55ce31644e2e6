"""The doctor's report as a page for people, or as JSON for programs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TextIO

from bot.doctor.messages import POLICY_TITLE, summary, waiting_for
from bot.doctor.model import Level, Report
from bot.terminal import encodable, in_colour, on_one_line

MARKS = {Level.PROBLEM: "✗", Level.WARNING: "!", Level.WELL: "✓"}
_COLOURS = {Level.PROBLEM: 31, Level.WARNING: 33, Level.WELL: 32}
_BOLD = 1


def as_text(report: Report, *, colour: bool = False) -> list[str]:
    """Return the report as lines, the gravest first, and a summary at the end, where people look first."""
    lines = []
    for finding in report.sorted:
        mark = in_colour(MARKS[finding.level], _COLOURS[finding.level], wanted=colour)
        lines.append(f"{mark} {on_one_line(finding.what)}")
        lines += [f"    {on_one_line(finding.advice)}"] if finding.advice else []
    if report.policies:
        lines += ["", in_colour(POLICY_TITLE, _BOLD, wanted=colour)]
    for policy in report.policies:
        lines.append(f"  {on_one_line(policy.about)}")
        lines += [f"    {on_one_line(line)}" for line in policy.lines]
    worst = report.sorted[0].level if report.findings else Level.WELL
    return [*lines, "", in_colour(summary(report), _COLOURS[worst], wanted=colour)]


def as_json(report: Report) -> str:
    """Return the report as one JSON object, for CI and monitoring."""
    counts = {f"{level}s": report.count(level) for level in (Level.PROBLEM, Level.WARNING)}
    found = [asdict(finding) for finding in report.sorted]
    policies = [asdict(policy) for policy in report.policies]
    return json.dumps({**counts, "findings": found, "policy": policies}, indent=2)


@asynccontextmanager
async def progress(
    waiting: Collection[str], stream: TextIO, *, after_seconds: float = 0.5
) -> AsyncIterator[None]:
    """Show on a terminal, second by second, who has not answered yet; elsewhere nothing."""
    if not stream.isatty():
        yield
        return
    task = asyncio.create_task(_show(waiting, stream, after_seconds))
    try:
        yield
    finally:
        task.cancel()
        stream.write("\r\x1b[K")
        stream.flush()


async def _show(waiting: Collection[str], stream: TextIO, after_seconds: float) -> None:
    began = time.monotonic()
    await asyncio.sleep(after_seconds)
    while waiting:
        words = waiting_for(sorted(set(waiting)), time.monotonic() - began)
        stream.write(f"\r{encodable(words, stream.encoding)}\x1b[K")
        stream.flush()
        await asyncio.sleep(1)
