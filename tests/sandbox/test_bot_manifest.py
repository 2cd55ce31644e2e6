"""The bot is asked for its manifest, and may have none."""

import sys

import pytest

from bot.sandbox.bot_manifest import read_manifest


async def printed_by(program: str) -> object:
    return await read_manifest((sys.executable, "-c", program))


async def test_it_is_read_as_yaml() -> None:
    assert await printed_by("print('features: {bot_user: {display_name: backup-bot}}')") == {
        "features": {"bot_user": {"display_name": "backup-bot"}}
    }


@pytest.mark.parametrize(
    "program", ["", "import sys; sys.exit('no such command')", "print('{')", "print('7')"]
)
async def test_none_where_it_prints_none(program: str) -> None:
    assert await printed_by(program) is None


async def test_it_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sandbox.bot_manifest.SECONDS", 0.05)
    assert await printed_by("import time; time.sleep(600)") is None
