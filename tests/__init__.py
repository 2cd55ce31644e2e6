"""Tests of the bot and of its sandbox."""
