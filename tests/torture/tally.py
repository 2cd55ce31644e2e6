"""Counting, at the provider and in the workspace, what became of every ask."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Message
from tests.torture.asks import QUEUED, Ask, server_id, told_alone

_Said = defaultdict[str, defaultdict[str, list[Message]]]

ENDINGS = {
    ":white_check_mark:": "done",
    ":ballot_box_with_check:": "done",
    ":no_entry_sign:": "refused",
    ":x:": "failed",
    ":grey_question:": "unknown",
}
"""How a message that tells an outcome begins, and what it says."""
_PARTLY = re.compile(r":warning: \*\d+ of \d+ servers\*")
"""How a batch's message begins that tells that not all servers are backed up."""
UNDONE = frozenset({"refused", "failed", "cancelled"})
"""Ends that say that nothing was changed."""

PROMISES = ("I'll write to you when", "I'll cancel the", ":information_source: I'll tell you")
"""What people are told alone that takes nothing back."""

_KEY = re.compile(r"(.+?):(card|outcome|news|reply|late|alarm|remind:.+|ask:.+|alarm:.+|uncounted:.+)")


@dataclass
class Tally:
    """Figures. Those from `lost` to `untrue` are broken promises; `problems` says which asks they are.

    `done`, `refused`, `cancelled`, `failed` and `unknown` count operations by how their end is told.
    `kinds` has the same of each kind of ask alone.
    """

    kills: int = 0
    operations: int = 0
    acked: int = 0
    done: int = 0
    refused: int = 0
    cancelled: int = 0
    failed: int = 0
    unknown: int = 0
    lost: int = 0
    doubled: int = 0
    notices_lost: int = 0
    duplicates: int = 0
    untrue: int = 0

    def __post_init__(self) -> None:
        self.problems: list[str] = []
        self.kinds: dict[str, Tally] = {}

    def add(self, other: "Tally") -> None:
        """Add the figures of another."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        self.problems += other.problems
        for kind, tally in other.kinds.items():
            self.kinds.setdefault(kind, Tally()).add(tally)

    @property
    def broken(self) -> int:
        """How many promises were broken."""
        return self.lost + self.doubled + self.notices_lost + self.duplicates + self.untrue


@dataclass(frozen=True)
class _Traces:
    """What is seen of an ask. `calls` are those for one server; `missing` are servers that had none."""

    said: dict[str, list[Message]]
    calls: int
    safeties: int
    missing: int = 0

    @property
    def messages(self) -> list[Message]:
        return [message for messages in self.said.values() for message in messages]

    @property
    def ending(self) -> str:
        told = [ending(each.text) for each in self.messages]
        return next((each for each in reversed(told) if each), "")

    @property
    def is_told(self) -> bool:
        return "reply" in self.said

    @property
    def is_in_channel(self) -> bool:
        return not all(message.channel.startswith("D") for message in self.messages)

    @property
    def is_doubled(self) -> bool:
        shown = len(self.said.get("card", [])) + len(self.said.get("outcome", []))
        return shown > 1 or any(len(messages) > 1 for messages in self.said.values())


def count(sandbox: Sandbox, asks: Sequence[Ask], stuck: Iterable[str] = ()) -> Tally:
    """Return what became of these asks, all of which should have ended."""
    tally = Tally()
    said = _said(sandbox)
    traces = {ask.number: _traces(sandbox, said, ask) for ask in asks}
    for ask in asks:
        seen, ahead = traces[ask.number], traces.get(ask.ahead.number) if ask.ahead else None
        judged = Tally()
        _judge(judged, ask, seen, ahead, refused=_is_refused(sandbox, ask))
        tally.add(judged)
        tally.kinds.setdefault(ask.kind, Tally()).add(judged)
    for workflow in stuck:
        tally.lost += 1
        tally.problems.append(f"workflow {workflow} broke or never ended")
    return tally


def _judge(tally: Tally, ask: Ask, seen: _Traces, ahead: _Traces | None, *, refused: bool) -> None:
    begun = bool(seen.said or seen.calls or seen.safeties)
    tally.operations += begun
    tally.acked += ask.acked
    # Those who watch are told once, and nothing else is shown.
    told = seen.ending if ask.kind != "watch" else "done" if seen.is_told else ""
    tally.done += told == "done"
    tally.refused += told == "refused"
    tally.cancelled += told == "cancelled"
    tally.failed += told == "failed"
    tally.unknown += told == "unknown"
    owed = begun or (ask.acked and not refused)
    _add(tally, "lost", ask, seen, owed and not told)
    _add(tally, "doubled", ask, seen, max(seen.calls, seen.safeties) > 1)
    # Who cancels sees it on the card, and is told nothing besides.
    _add(tally, "notices_lost", ask, seen, told not in {"", "cancelled"} and not seen.is_told)
    is_news = told not in {"", "cancelled", "refused"} and ask.kind != "watch"
    _add(tally, "notices_lost", ask, seen, is_news and not seen.is_in_channel)
    _add(tally, "notices_lost", ask, seen, _waits_in_vain(ask, begun=begun))
    _add(tally, "duplicates", ask, seen, seen.is_doubled)
    is_untrue = _is_untrue(ask, seen, told) or _is_not_cancelled(ask, ahead, told)
    _add(tally, "untrue", ask, seen, is_untrue or _goes_on_wrongly(ask, told))


def _waits_in_vain(ask: Ask, *, begun: bool) -> bool:
    """True if a workflow still waits for a step that was begun."""
    return begun and ask.run is not None and ask.run.status == "running"


def _goes_on_wrongly(ask: Ask, told: str) -> bool:
    """True if a workflow was told another end than people were."""
    ends = {"done": "completed", "": "failed"}
    is_over = ask.run is not None and ask.run.status != "running"
    return is_over and ask.run is not None and ask.run.status != ends.get(told, "failed")


def _is_untrue(ask: Ask, seen: _Traces, told: str) -> bool:
    if ask.kind == "watch":
        return False
    return (told == "done" and (not seen.calls or bool(seen.missing))) or (told in UNDONE and seen.calls > 0)


def _is_not_cancelled(ask: Ask, ahead: _Traces | None, told: str) -> bool:
    """True if it ended otherwise, though its cancellation was promised while it could not act yet.

    The turn of the operation ahead lasts as long as its backup only if it saw that one end.
    """
    if not ask.cancelled or (ahead is not None and ahead.ending != "done"):
        return False
    return told != "cancelled" if ask.kind in QUEUED else told not in {"cancelled", "refused"}


def ending(text: str) -> str:
    """Return what end a message tells, if any."""
    mark = next((mark for mark in ENDINGS if mark in text.split(maxsplit=2)[:2]), "")
    if mark == ":no_entry_sign:" and " cancelled the " in text.splitlines()[0]:
        return "cancelled"
    if _PARTLY.match(text):
        return "failed"
    return ENDINGS.get(mark, "")


def _add(tally: Tally, figure: str, ask: Ask, seen: _Traces, broken: bool) -> None:
    if broken:
        setattr(tally, figure, getattr(tally, figure) + 1)
        texts = {part: [each.text.splitlines()[0] for each in them] for part, them in seen.said.items()}
        tally.problems.append(
            f"{figure}: {ask.word} {ask.kind} acked={ask.acked} calls={seen.calls} "
            f"safeties={seen.safeties} told={seen.ending!r} {texts}"
        )


def _traces(sandbox: Sandbox, said: _Said, ask: Ask) -> _Traces:
    provider = sandbox.provider
    creates = [backup for backup in provider.creates if ask.word in backup.description]
    per_server = Counter(backup.server.name for backup in creates)
    calls = {
        "create": max(per_server.values(), default=0),
        "delete": provider.deletes.count(ask.backup_id),
        "restore": provider.restores.count((ask.server, ask.backup_id)),
        "watch": 0,
    }
    return _Traces(
        said=next((parts for operation, parts in said.items() if _is_of(sandbox, operation, parts, ask)), {}),
        calls=calls[ask.verb],
        safeties=0 if ask.verb == "create" else len(creates),
        missing=len(ask.servers - per_server.keys()) if ask.verb == "create" else 0,
    )


def _said(sandbox: Sandbox) -> _Said:
    """Return what the bot told, by operation and part: the messages' metadata name them."""
    said: _Said = defaultdict(lambda: defaultdict(list))
    for messages in sandbox.workspace.messages.values():
        for message in messages:
            if (key := part_of(message)) and message.by_bot and not message.ephemeral_to:
                said[key[0]][key[1]].append(message)
    return said


def _is_of(sandbox: Sandbox, operation: str, parts: dict[str, list[Message]], ask: Ask) -> bool:
    if ask.kind == "watch":
        return operation.startswith(f"{server_id(sandbox, ask)}:watch:{ask.backup_id}:{ask.person}")
    told = [message for messages in parts.values() for message in messages]
    return any(ask.word in message.text or ask.word in str(message.blocks) for message in told)


def part_of(message: Message) -> tuple[str, str] | None:
    """Return the operation of which a message of the bot tells, and which part; None if of none."""
    found = _KEY.fullmatch(str(((message.metadata or {}).get("event_payload") or {}).get("key", "")))
    return (found[1], found[2]) if found else None


def _is_refused(sandbox: Sandbox, ask: Ask) -> bool:
    """True if the person was told, alone and meanwhile, that nothing was begun."""
    told = told_alone(sandbox, ask.person, ask.began, ask.ended)
    return not all(text.startswith(PROMISES) for text in told)
