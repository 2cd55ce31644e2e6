"""Is what a person confirmed still so? Asked when they submit, and again just before the call."""

from collections.abc import Sequence
from datetime import datetime

from bot.backups.model import Backup, newest_first
from bot.errors import Outdated
from bot.operations.model import Operation, State
from bot.operations.records import Ended

_CHANGED_NOTHING = frozenset({State.REFUSED})


def check_backup(backup_id: int, server_id: int, moment: datetime | None, found: Sequence[Backup]) -> Backup:
    """Return the backup a person was shown, as it is listed now.

    Raises:
        Outdated: it is gone, belongs to another server, or is another one than was shown.
    """
    for backup in found:
        if backup.id == backup_id and backup.server.id == server_id:
            if moment is not None and backup.created_at != moment:
                raise Outdated(f"Backup {backup_id} is not the one you were shown: its date has changed.")
            return backup
    raise Outdated(
        f"Backup {backup_id} is gone: VPS.org does not list it any more.",
        "See what there is with `/backup list`.",
    )


def check_restorable(backup: Backup) -> None:
    """Raise Outdated unless the backup is complete."""
    if not backup.is_complete:
        raise Outdated(
            f"Backup {backup.id} can't be restored: its status is “{backup.status}”, not “completed”.",
            "Choose another with `/backup restore`.",
        )


def check_target(operation: Operation, found: Sequence[Backup]) -> None:
    """Raise Outdated unless the operation's backup is there as it was shown, and can be used for it."""
    if operation.backup_id is None:
        return
    backup = check_backup(operation.backup_id, operation.server_id, operation.backup_moment, found)
    if operation.verb == "restore":
        check_restorable(backup)


def check_nothing_newer(operation: Operation, ended: Sequence[Ended]) -> None:
    """Raise Outdated where another operation changed the server after the person was shown what is lost.

    A newer backup does no harm; a newer restore or delete makes what was shown untrue.
    """
    for other in ended:
        same = other.operation.id == operation.id
        harmless = other.operation.verb == "create" or other.outcome.state in _CHANGED_NOTHING
        if not (same or harmless):
            raise Outdated(
                f"A newer {other.operation.verb} on {other.operation.server_name} has ended since you were "
                "shown what would be lost.",
                "Look at its outcome, then ask again if you still want this.",
            )


def is_last_good(backup: Backup, found: Sequence[Backup]) -> bool:
    """True when the server has no other complete backup."""
    complete = [each for each in found if each.is_complete and each.server.id == backup.server.id]
    return [each.id for each in complete] == [backup.id]


def oldest_manual(server_id: int, found: Sequence[Backup]) -> Backup | None:
    """Return the manual backup that would be missed least: the server's oldest."""
    manual = [each for each in found if each.is_manual and each.server.id == server_id]
    return newest_first(manual)[-1] if manual else None
