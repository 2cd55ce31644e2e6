"""What the project says about itself and what it is agree."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from bot.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES = 250


def _default_in_words(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is PydanticUndefined:
        return "needed"
    if default is None or default == frozenset():
        return ""
    if isinstance(default, bool):
        return f"`{default}`".lower()
    if isinstance(default, frozenset):
        return f"`{','.join(sorted(default))}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def settings_row(name: str) -> str:
    """Return the row that README has to have for a setting."""
    description = (Settings.model_fields[name].description or "").replace("|", r"\|")
    return f"| `{name.upper()}` | {_default_in_words(name)} | {description} |"


def test_readme_has_every_setting_as_the_code_has_it_and_no_other() -> None:
    rows = [line for line in README.splitlines() if re.match(r"\| `[A-Z_]+` \|", line)]
    assert rows == [settings_row(name) for name in Settings.model_fields]


def test_readmes_picture_of_the_house_has_every_folder_and_file_at_the_top() -> None:
    [picture] = re.findall(r"^```\nbot/\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    pictured = set(re.findall(r"^ +(\S+)", picture.split("tests/\n")[0], re.MULTILINE))
    bot = ROOT / "bot"
    folders = {f"{path.parent.name}/" for path in bot.rglob("__init__.py")} - {"bot/"}
    files = {path.name for path in bot.glob("*.py")} - {"__init__.py"}
    assert pictured == folders | files


def test_no_file_is_long() -> None:
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert not {name: count for name, count in lines.items() if count >= MOST_LINES}


def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", version]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


def test_the_development_lock_has_all_of_the_other_at_the_same_versions() -> None:
    pin = re.compile(r"^[a-z0-9._-]+==\S+", re.MULTILINE | re.IGNORECASE)
    runtime, development = (
        set(pin.findall((ROOT / name).read_text())) for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= development
