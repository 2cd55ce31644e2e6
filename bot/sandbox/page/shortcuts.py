"""What the bot's manifest offers a person to type and to pick."""

from typing import Literal

from bot.sandbox.slack.workspace import Json


def commands(manifest: Json) -> list[Json]:
    """Return the slash commands."""
    return list(_features(manifest).get("slash_commands") or [])


def shortcuts(manifest: Json, kind: Literal["global", "message"]) -> list[Json]:
    """Return the shortcuts of one kind."""
    offered = _features(manifest).get("shortcuts") or []
    return [shortcut for shortcut in offered if shortcut.get("type") == kind]


def _features(manifest: Json) -> Json:
    return manifest.get("features") or {}
