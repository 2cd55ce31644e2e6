"""A Slack bot for the backups of VPS.org servers."""
