"""A person's Home in Slack: their servers at risk first, what waits for them, what they did."""
