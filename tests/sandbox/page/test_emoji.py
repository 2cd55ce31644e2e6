"""Every emoji the bot writes is one the page can draw."""

import re
from pathlib import Path

from bot.sandbox.page.emoji import BY_NAME

BOT = Path(__file__).parents[3] / "bot"
WRITTEN = re.compile(r"(?<![\w:}]):([a-z][a-z0-9_+-]*[a-z0-9]):(?![\w:])")
NOT_EMOJI = {"memory"}


def test_every_emoji_of_the_bots_is_drawn() -> None:
    ours = [path for path in BOT.rglob("*.py") if "sandbox" not in path.parts]
    written = {name for path in ours for name in WRITTEN.findall(path.read_text(encoding="utf-8"))}
    assert "white_check_mark" in written
    assert written - NOT_EMOJI <= BY_NAME.keys()
