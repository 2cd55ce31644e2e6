"""Backups by the clock: schedules, their runs, and who answers for them."""
