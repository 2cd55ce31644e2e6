"""Whether the bot could work as it is set up, and what to do if not."""
