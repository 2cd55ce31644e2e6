"""The doctor's report as a page for people, or as JSON for programs."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TextIO

from bot.doctor.messages import POLICY_TITLE, summary, waiting_for
from bot.doctor.model import Level, Report

MARKS = {Level.PROBLEM: "✗", Level.WARNING: "!", Level.WELL: "✓"}
_COLOURS = {Level.PROBLEM: 31, Level.WARNING: 33, Level.WELL: 32}
_ASCII = str.maketrans({"✗": "x", "✓": "+", "…": "...", "–": "-", "“": '"', "”": '"', "’": "'"})


def as_text(report: Report, *, colour: bool = False, encoding: str = "utf-8") -> str:
    """Return the report as lines, the gravest first, and a summary at the end, where people look first.

    What `encoding` lacks is written in ASCII. Nothing in it can steer a terminal but our own colours.
    """
    lines = []
    for finding in report.sorted:
        mark = _in_colour(MARKS[finding.level], _COLOURS[finding.level], colour)
        lines.append(f"{mark} {_harmless(finding.what)}")
        lines += [f"    {_harmless(finding.advice)}"] if finding.advice else []
    if report.policies:
        lines += ["", _in_colour(POLICY_TITLE, 1, colour)]
    for policy in report.policies:
        lines += [f"  {_harmless(policy.about)}", *(f"    {_harmless(line)}" for line in policy.lines)]
    worst = report.sorted[0].level if report.findings else Level.WELL
    lines += ["", _in_colour(summary(report), _COLOURS[worst], colour)]
    return _encodable("".join(f"{line}\n" for line in lines), encoding)


def as_json(report: Report) -> str:
    """Return the report as one JSON object, for CI and monitoring."""
    counts = {f"{level}s": report.count(level) for level in (Level.PROBLEM, Level.WARNING)}
    found = [asdict(finding) for finding in report.sorted]
    policies = [asdict(policy) for policy in report.policies]
    return json.dumps({**counts, "findings": found, "policy": policies}, indent=2) + "\n"


def wants_colour(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that people want colours on (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


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
        words = waiting_for(sorted(waiting), time.monotonic() - began)
        stream.write(f"\r{_encodable(words, stream.encoding)}\x1b[K")
        stream.flush()
        await asyncio.sleep(1)


def _in_colour(text: str, code: int, wanted: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if wanted else text


def _harmless(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text
