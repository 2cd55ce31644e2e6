"""The steps that the bot offers in Slack's Workflow Builder, which Slack calls functions."""
