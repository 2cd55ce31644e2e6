"""What is said of what a person confirmed and that is no longer so."""

from bot.errors import Stale

_AGAIN = "Request it again if you still want it."
SEE_BACKUPS = "See what there is with `/backup list`."

STALE: dict[Stale, tuple[str, str]] = {
    Stale.GONE: ("Backup {backup} is gone: VPS.org doesn't list it any more.", SEE_BACKUPS),
    Stale.DATE_CHANGED: (
        "Backup {backup} is not the one you were shown: its date has changed.",
        SEE_BACKUPS,
    ),
    Stale.NOT_RESTORABLE: (
        "Backup {backup} can't be restored: its status is “{status}”, not “completed”.",
        "Choose another with `/backup restore`.",
    ),
    Stale.NOT_THE_OLDEST: (
        "Backup {backup} is no longer the oldest manual backup that can go.",
        "Request it again to choose anew.",
    ),
    Stale.NOT_SURPLUS: ("Backup {backup} is none that its schedule can delete any more.", ""),
    Stale.RENAMED: (
        "The server you were shown as “{shown}” is called “{server}” now.",
        "Start again with its new name.",
    ),
    Stale.NEWER_OPERATION: (
        "A newer {verb} on {server} has ended since you were shown what would be lost.",
        "Check `/backup status`, then request it again if you still want it.",
    ),
    Stale.STARTED_TOO_LATE: ("I couldn't start until {passed} after you requested it, so I didn't.", _AGAIN),
    Stale.TOO_OLD: ("It was confirmed {passed} ago, which is too long ago to act on.", _AGAIN),
}
