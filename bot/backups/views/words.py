"""A backup in words."""

from bot.backups.model import Backup
from bot.slack.text import ago, called, in_utc, label, quote, size, when

_EMOJI = {"completed": ":floppy_disk:", "in_progress": ":hourglass_flowing_sand:"}


def line(backup: Backup, *, with_server: bool) -> str:
    """Return a backup in two lines: when and where, then what is known of it."""
    emoji = ":x:" if backup.has_failed else _EMOJI.get(backup.status, ":grey_question:")
    where = f" · *{called(backup.server.name)}*" if with_server else ""
    return f"{emoji} *{when(backup.created_at)}* · {ago(backup.created_at)}{where}\n{facts(backup)}"


def facts(backup: Backup) -> str:
    """Return number, type, size, status, expiry and description."""
    parts = [f"`{backup.id}`", quote(backup.backup_type, 30)]
    if backup.size_mb is not None:
        parts.append(size(backup.size_mb))
    if not backup.is_complete:
        parts.append(quote(backup.status.replace("_", " "), 30))
    if backup.expires_at:
        parts.append(f"expires {ago(backup.expires_at)}")
    if backup.description:
        parts.append(f"“{quote(backup.description, 150)}”")
    return " · ".join(parts)


def option_label(backup: Backup) -> str:
    """Return a backup as an option of a menu: plain text, at most 75 characters."""
    known = f", {size(backup.size_mb)}" if backup.size_mb is not None else ""
    return f"{backup.id}: {in_utc(backup.created_at)}, {label(backup.backup_type, 12)}{known}"[:75]
