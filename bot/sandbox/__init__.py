"""A pretend VPS.org, a pretend Slack and a page to use them from. Shares no code with the bot."""
