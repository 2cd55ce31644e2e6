"""Backups of several servers at once: one message for all, one summary, one button that cancels the rest."""
