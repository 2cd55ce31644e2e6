"""What is said of whether somebody has changed the trail, and of entries that can't be read."""

from collections.abc import Sequence

from bot.audit.model import Broken, Intact, Tampering

NOTHING_FITS = "0 entries: there is none of that server and time.\n"


def intact(found: Intact) -> str:
    """Return the line for a trail in which nothing was changed."""
    return f"{found.entries} entries, unbroken, last hash {found.last_hash}\n"


def unreadable_entries(numbers: Sequence[str]) -> str:
    """Return the lines about entries that can't be read, and so were left out."""
    if len(numbers) == 1:
        which = f"Entry {numbers[0]} can't be read."
    else:
        which = f"{len(numbers)} entries can't be read; the first of them is entry {numbers[0]}."
    return f"{which} See why with `backup-bot audit verify`.\n"


_BROKEN: dict[Tampering, str] = {
    Tampering.OUT_OF_ORDER: "it was inserted or moved: its number comes out of order",
    Tampering.HASH: "it was edited: its hash doesn't fit what it says",
    Tampering.PREVIOUS: "the entry before it is another one: one was edited, removed, inserted or moved here",
    Tampering.COLUMNS: "it was edited: its columns don't fit what it says",
    Tampering.ODD: "it was edited: a column holds something that I never write there",
    Tampering.CUT_OFF: "the entry with the hash {hash} is gone: the end was cut off or written anew",
}


def broken(found: Broken) -> str:
    """Return where a trail was tampered with, and how that shows."""
    if found.how is Tampering.REMOVED:
        gone = f"entries {found.seq} to {found.until} were" if found.until > found.seq else "it was"
        how = f"{gone} removed"
    else:
        how = _BROKEN[found.how].format(hash=found.hash)
    return f"The audit trail is broken at entry {found.seq}: {how}."


def alarm(found: Broken) -> str:
    """Return what is said in the channel of a trail that was tampered with."""
    return (
        f":rotating_light: *{broken(found)}*\nOnly a person who can write to my database can do that. "
        "Compare it with the messages in this channel, and see `backup-bot audit verify`."
    )
