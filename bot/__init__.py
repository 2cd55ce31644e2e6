"""A Slack bot for the backups of VPS.org servers."""

__version__ = "0.2.0"
