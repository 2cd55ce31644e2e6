"""Counting, at the provider and in the workspace, what became of every ask."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields

from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Message
from tests.torture.asks import Ask

ENDINGS = {
    ":white_check_mark:": "done",
    ":ballot_box_with_check:": "done",
    ":no_entry_sign:": "refused",
    ":x:": "failed",
    ":grey_question:": "unknown",
}
"""How a message that tells an outcome begins, and what it says."""


@dataclass
class Tally:
    """Figures. Those from `lost` to `untrue` are broken promises; `problems` says which asks they are.

    `refused`, `failed` and `unknown` count operations by how their end is told.
    """

    kills: int = 0
    operations: int = 0
    acked: int = 0
    done: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    lost: int = 0
    doubled: int = 0
    notices_lost: int = 0
    duplicates: int = 0
    untrue: int = 0

    def __post_init__(self) -> None:
        self.problems: list[str] = []

    def add(self, other: "Tally") -> None:
        """Add the figures of another."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        self.problems += other.problems

    @property
    def broken(self) -> int:
        """How many promises were broken."""
        return self.lost + self.doubled + self.notices_lost + self.duplicates + self.untrue


@dataclass(frozen=True)
class _Traces:
    tops: list[Message]
    replies: list[Message]
    calls: int
    safeties: int

    @property
    def ending(self) -> str:
        told = [ENDINGS[mark] for top in self.tops for mark in ENDINGS if top.text.startswith(mark)]
        return told[-1] if told else ""


def count(sandbox: Sandbox, asks: Iterable[Ask], stuck: Iterable[str] = ()) -> Tally:
    """Return what became of these asks, all of which should have ended."""
    tally = Tally()
    said = _said(sandbox)
    for ask in asks:
        _judge(tally, ask, _traces(sandbox, said, ask), refused=_is_refused(sandbox, ask))
    for workflow in stuck:
        tally.lost += 1
        tally.problems.append(f"workflow {workflow} broke or never ended")
    return tally


def _judge(tally: Tally, ask: Ask, seen: _Traces, *, refused: bool) -> None:
    begun = bool(seen.tops or seen.calls or seen.safeties)
    tally.operations += begun
    tally.acked += ask.acked
    told = seen.ending
    tally.done += told == "done"
    tally.refused += told == "refused"
    tally.failed += told == "failed"
    tally.unknown += told == "unknown"
    untrue = (told == "done" and not seen.calls) or (told in {"refused", "failed"} and seen.calls > 0)
    owed = begun or (ask.acked and not refused)
    _add(tally, "lost", ask, seen, owed and not told)
    _add(tally, "doubled", ask, seen, max(seen.calls, seen.safeties) > 1)
    _add(tally, "notices_lost", ask, seen, bool(told) and not seen.replies)
    _add(tally, "duplicates", ask, seen, len(seen.tops) > 1 or len(seen.replies) > 1)
    _add(tally, "untrue", ask, seen, untrue)


def _add(tally: Tally, figure: str, ask: Ask, seen: _Traces, broken: bool) -> None:
    if broken:
        setattr(tally, figure, getattr(tally, figure) + 1)
        texts = [message.text.splitlines()[0] for message in (*seen.tops, *seen.replies)]
        tally.problems.append(
            f"{figure}: {ask.word} {ask.kind} acked={ask.acked} calls={seen.calls} "
            f"safeties={seen.safeties} told={seen.ending!r} {texts}"
        )


def _traces(sandbox: Sandbox, said: dict[str, list[Message]], ask: Ask) -> _Traces:
    known = [messages for messages in said.values() if any(_names(message, ask) for message in messages)]
    ours = [message for messages in known for message in messages]
    provider = sandbox.provider
    creates = [backup for backup in provider.creates if ask.word in backup.description]
    calls = {
        "create": len(creates),
        "delete": provider.deletes.count(ask.backup_id),
        "restore": provider.restores.count((ask.server, ask.backup_id)),
    }
    return _Traces(
        tops=[message for message in ours if not message.is_reply and not _is_reply_by_key(message)],
        replies=[message for message in ours if message.is_reply or _is_reply_by_key(message)],
        calls=calls["restore" if ask.kind == "safe restore" else ask.kind],
        safeties=0 if ask.kind == "create" else len(creates),
    )


def _said(sandbox: Sandbox) -> dict[str, list[Message]]:
    """Return what the bot told, by operation: the messages' metadata name it."""
    said = defaultdict(list)
    for messages in sandbox.workspace.messages.values():
        for message in messages:
            if message.by_bot and not message.ephemeral_to:
                said[_key(message).rpartition(":")[0]].append(message)
    return said


def _names(message: Message, ask: Ask) -> bool:
    return ask.word in message.text or ask.word in str(message.blocks)


def _key(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))


def _is_reply_by_key(message: Message) -> bool:
    return _key(message).endswith(":reply")


def _is_refused(sandbox: Sandbox, ask: Ask) -> bool:
    """True where the person was told, alone and while they asked, that nothing was begun."""
    return any(
        message.by_bot and message.ephemeral_to == ask.person and ask.began <= float(message.ts) <= ask.ended
        for messages in sandbox.workspace.messages.values()
        for message in messages
    )
