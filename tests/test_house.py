"""What the project says about itself and what it is agree."""

import dataclasses
import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

import bot
from bot.audit.model import RestoreProof
from bot.services import Timeouts
from bot.settings import Settings
from tests.house_kit import bound, logged, reads_like_a_sentence, sentences, speaks_of, touched_by

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES = 400
MOST_FILES_FOR_A_VERB = 8
SAYS_SENTENCES = re.compile(r"(?:.*_)?messages\.py|(?:form_)?views\.py|settings\.py|formats\.py|__main__\.py")
"""Names of files in which sentences stand."""
SAY_SENTENCES_TOO = (
    "doctor/",
    "sandbox/",
    "audit/command_line.py",
    "metrics/instruments.py",
    "slack/manifest.py",
)
"""Where they stand besides, below bot/: what is printed."""


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


def test_readmes_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    files = {link for link in links if not link.startswith(("#", "http"))}
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_no_file_is_long() -> None:
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}


def test_sentences_stand_only_where_words_are_kept() -> None:
    bot = ROOT / "bot"
    files = {str(path.relative_to(bot)): path for path in sorted(bot.rglob("*.py"))}
    elsewhere = [
        f"bot/{name}:{found.line}: {found.text}"
        for name, path in files.items()
        if not SAYS_SENTENCES.fullmatch(path.name) and not name.startswith(SAY_SENTENCES_TOO)
        for found in sentences(path.read_text())
    ]
    assert not elsewhere, "\n".join(["sentences outside of messages.py:", *elsewhere])


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("The form took too long.", True),
        (":warning: {} has no free slot", False),
        (":warning: No free slot in {}", True),
        ("nothing was done, try again.", True),
        ("SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing", True),
        ("Try again soon", False),
        ("operation_suspended", False),
        ("select a from b where c = d", False),
        ("PRAGMA a b c d", False),
        ("used before they are set", False),
    ],
)
def test_what_reads_like_a_sentence(text: str, is_one: bool) -> None:
    assert reads_like_a_sentence(text) is is_one


CODE = '''
"""What this module is for, in full."""
LIMIT = 3
"""What this limit is for, in full."""
def told(name: str) -> str:
    """Return what is said of a name."""
    log.warning("This is only for the log.")
    if not name:
        raise ValueError("this is only ever a bug of ours.")
    if name == "x":
        raise BotError(f"There is no {name!r} at all.")
    return f"Hello {name}, { {'a': 'How are you doing today?'}['a'] }, and good bye."
'''


def test_sentences_are_found_in_code_but_not_in_docstrings_logs_and_bugs() -> None:
    assert [(found.line, found.text) for found in sentences(CODE)] == [
        (11, "There is no {} at all."),
        (12, "Hello {}, {}, and good bye."),
        (12, "How are you doing today?"),
    ]


def test_adding_a_verb_that_changes_something_touches_the_files_that_readme_lists_and_no_others() -> None:
    [section] = re.findall(r"^### Adding a verb\n(.*?)^#", README, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"^\d+\. `(bot/\S+?\.py)`", section, re.MULTILINE)
    assert 0 < len(listed) <= MOST_FILES_FOR_A_VERB
    assert [name for name in listed if not (ROOT / name).is_file()] == []
    # Settings are a thing of their own, which a verb may have; so is what was proved by restores of the past.
    settings = frozenset({*Settings.model_fields, *(each.name for each in dataclasses.fields(Timeouts))})
    touched = touched_by(ROOT / "bot", "restore", besides=settings | {RestoreProof.__name__})
    unlisted = {
        name: sorted(names)
        for name, names in touched.items()
        if name not in listed and not name.startswith("bot/sandbox/")
    }
    assert not unlisted, f"README does not list these files, which speak of restore: {unlisted}"
    assert [name for name in listed if name not in touched] == [], "these do not speak of restore"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("Verb.RESTORE", {"RESTORE"}),
        ("def call_restore(a: RestoreReply) -> None: ...", {"call_restore", "RestoreReply"}),
        ("match x:\n    case A(restore=1): ...", {"restore"}),
        ("from bot.backups.restore import restored", {"restore"}),
        ("f(safety_restore=1)", {"safety_restore"}),
        ("x = {'restore': 1}", {'"restore"'}),
        ("x = restored, Restored, prerestore, 'a restore', restorer", set()),
    ],
)
def test_a_verb_is_found_as_a_word_of_names(code: str, names: set[str]) -> None:
    assert speaks_of(code, "restore") == names


def test_the_changelog_has_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", bot.__version__]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-otel.lock", "requirements-dev.lock"])
def test_locks_carry_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


def test_each_lock_has_all_of_the_smaller_one_at_the_same_versions() -> None:
    pin = re.compile(r"^[a-z0-9._-]+==\S+", re.MULTILINE | re.IGNORECASE)
    runtime, traced, development = (
        set(pin.findall((ROOT / f"requirements{kind}.lock").read_text())) for kind in ("", "-otel", "-dev")
    )
    assert runtime < traced < development
    assert not [pinned for pinned in runtime if pinned.startswith("opentelemetry")]


EVENTS = (ROOT / "docs" / "events.md").read_text()


def _sources() -> list[str]:
    paths = (ROOT / "bot").rglob("*.py")
    return [path.read_text() for path in paths if "sandbox" not in path.parts]


def test_every_event_of_the_log_is_explained_as_the_code_logs_it_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \| (.*?) \| \S.*\|$", EVENTS, re.MULTILINE)
    told = {
        name: (set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields))) for name, levels, fields in rows
    }
    assert told == {name: (event.levels, event.fields) for name, event in logged(_sources()).items()}
    assert len(told) == len(rows)


def test_every_field_of_the_log_is_explained_once() -> None:
    everywhere, some = (
        EVENTS.split(f"| {title} |")[1].split("\n\n")[0] for title in ("bound field", "field")
    )
    named, told = (re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) for table in (everywhere, some))
    assert sorted(named) == sorted(bound(_sources()))
    assert told == sorted({field for event in logged(_sources()).values() for field in event.fields})


@pytest.mark.parametrize(
    "call",
    ["log.info(name)", 'log.log(level, "a")', 'log.info("a", **more)', 'log.warn("a")', "x.log.info(a)"],
)
def test_what_can_t_be_read_of_an_event_is_not_passed_over(call: str) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        logged([call])
