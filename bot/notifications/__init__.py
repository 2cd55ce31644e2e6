"""Posting and editing what the bot says by itself, at Slack's pace and through its outages."""
