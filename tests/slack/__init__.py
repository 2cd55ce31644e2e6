"""Tests of the connection to Slack."""
