"""Which of its own backups a schedule deletes: pure, so that what must never go can be proven never to."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.backups.model import Backup, has_tag, newest_first

Made = Mapping[str, int | None]
"""By the tags of a schedule's operations on a server, the ids of the backups they made, as is on record; None
if that is not, as while one runs."""


def own_backups(server_id: int, made: Made, found: Iterable[Backup]) -> list[Backup]:
    """Return the backups of a server that a schedule made, as far as can be told, newest first."""
    return newest_first(
        each for each in found if each.server.id == server_id and each.is_manual and _fits(each, made)
    )


def unproven(made: Made, own: Iterable[Backup]) -> frozenset[int]:
    """Return the ids of those that may be others': anybody can write a description, so it proves nothing.

    They count as its own, but never go.
    """
    return frozenset(each.id for each in own if each.id not in _ids_by_tag(each, made))


def _fits(backup: Backup, made: Made) -> bool:
    return not _ids_by_tag(backup, made).isdisjoint({None, backup.id})


def _ids_by_tag(backup: Backup, made: Made) -> set[int | None]:
    """Return what is on record for the tags that a backup carries."""
    return {an_id for tag, an_id in made.items() if tag and has_tag(backup.description, tag)}


def to_delete(own: Sequence[Backup], keep: int, stays: Collection[int]) -> list[Backup]:
    """Return those of a schedule's own backups of a server, newest first, that go: oldest first.

    The newest `keep` complete ones stay, and whatever is newer than the oldest of these. Nothing goes while
    the newest one is not complete, so that the server's last good backup never does; nor what `stays`, by
    their ids: what an operation uses, and what is not proven to be its own.
    """
    if not own or not own[0].is_complete:
        return []
    complete = [place for place, each in enumerate(own) if each.is_complete]
    if len(complete) <= max(keep, 1):
        return []
    older = own[complete[max(keep, 1) - 1] + 1 :]
    return [each for each in reversed(older) if each.is_final and each.id not in stays]


def to_make_room(own: Sequence[Backup], stays: Collection[int]) -> Backup | None:
    """Return the one of a schedule's own backups of a server, newest first, that goes if no slot is free.

    One that failed if there is any, else the oldest; never the newest, and none while that is not complete.
    """
    if not own or not own[0].is_complete:
        return None
    spare = [each for each in reversed(own[1:]) if each.is_final and each.id not in stays]
    failed = [each for each in spare if each.has_failed]
    return next(iter(failed or spare), None)
