"""What people do in the pretend Slack."""
