"""The pretend Slack: its workspace, Web API, Socket Mode, and the limits it enforces."""
