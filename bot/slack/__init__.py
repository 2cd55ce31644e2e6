"""What is particular to Slack: ids, forms, text, replies, the connection."""
