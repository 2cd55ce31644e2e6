"""The pretend VPS.org."""
