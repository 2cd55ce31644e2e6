"""What the reader of the rules file says about mistakes, and on which lines."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.errors import ConfigurationError
from bot.rules.file import ChannelTable, GroupTable, RuleTable, covers, line_of, read_rules
from bot.rules.messages import CHANNEL_KEYS, GROUP_KEYS, KEYS


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        read_rules(text, "rules.toml")
    return [*refusal.value.problems]


MISTAKES = """\
# Who can do what.
rules = 3
[[rule]]
servers = "db-*"
operatrs = ["UANA"]
[[rule]]
servers = [
  "mail",
  " ",
]
second_person = ["look"]
approvers = ["@ana", 3]
viewers = ["*", "C012AB3CD"]
channels = ["#ops"]
break_glass = "yes"
approval_minutes = 0
colour = "red"
[[rule]]
servers = []
operators = ["*"]
approval_minutes = inf
[[rule]]
servers = ["web-[12]"]
[[rule]]
"""


def test_all_mistakes_are_told_at_once_each_with_its_line(snapshot: SnapshotAssertion) -> None:
    told = problems(MISTAKES)
    lines = [int(each.split("line ")[1].split(":")[0]) for each in told]
    assert lines == [2, 4, 5, 7, 11, 12, 12, 13, 14, 15, 16, 17, 19, 20, 21, 23, 24]
    assert "\n".join(told) == snapshot


@pytest.mark.parametrize("text", ["", "# nothing\n", "[rule]\nservers = ['*']", "rule = []", "rule = [1]"])
def test_a_file_without_rules_is_told_how_one_is_written(text: str) -> None:
    [line] = problems(text)
    assert line.startswith("rules.toml, line 1: each rule begins with a line [[rule]]")


def test_what_is_no_toml_is_told_with_the_line() -> None:
    [line] = problems('[[rule]]\nservers = ["db-*"\noperators = 1')
    assert line.startswith("rules.toml: this can't be read as TOML")
    assert "line 3" in line


@pytest.mark.parametrize(
    ("earlier", "later"), [("*", "web-1"), ("db-*", "DB-main"), ("db-*", "db-?"), ("mail", "mail")]
)
def test_a_rule_that_never_decides_is_a_mistake(earlier: str, later: str) -> None:
    told = problems(f"[[rule]]\nservers = ['{earlier}']\n\n[[rule]]\nservers = ['{later}',\n 'x']")
    assert told[0].startswith(f"rules.toml, line 5: “{later}” never gets here, as the rule for “{earlier}”")
    assert len(told) == (2 if earlier == "*" else 1)


def test_a_wider_rule_may_come_after_a_narrower_one() -> None:
    text = "[[rule]]\nservers = ['db-?']\n[[rule]]\nservers = ['db-*', 'db-main']\n[[rule]]\nservers = ['*']"
    assert [rule.servers for rule in read_rules(text, "").rules] == [["db-?"], ["db-*", "db-main"], ["*"]]


def test_the_keys_that_are_told_are_those_there_are() -> None:
    assert tuple(RuleTable.model_fields) == KEYS
    assert tuple(GroupTable.model_fields) == GROUP_KEYS
    assert tuple(ChannelTable.model_fields) == CHANNEL_KEYS


def test_readme_s_example_is_right_and_its_table_has_every_key() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    [example] = re.findall(r"^```toml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    written = read_rules(example, "README.md")
    assert len(written.rules) == example.count("[[rule]]")
    assert len(written.groups) == example.count("[[group]]") > 0
    assert len(written.channels) == example.count("[[channel]]") > 0
    [table] = re.findall(r"^\| key \|.*?\n\n", readme, re.MULTILINE | re.DOTALL)
    rows = table.strip().splitlines()[2:]
    keys = [key for row in rows for key in re.findall(r"\w+", row.split("|")[1])]
    assert sorted(keys) == sorted(KEYS)


def test_groups_have_names_and_servers() -> None:
    text = (
        "[[group]]\nname = 'databases'\nservers = ['db-*', 'mail']\n[[group]]\nname='Web_2'\nservers=['w?']"
    )
    written = read_rules(text, "")
    assert written.rules == []
    assert [(group.name, group.servers) for group in written.groups] == [
        ("databases", ["db-*", "mail"]),
        ("Web_2", ["w?"]),
    ]


WRONG_GROUPS = """\
[[group]]
name = "db"
servers = ["db-*"]
[[group]]
servers = ["x"]
nme = "y"
[[group]]
name = "restore"
servers = []
[[group]]
name = "db-*"
servers = "db-1"
[[group]]
name = " "
servers = ["a[1]"]
[[group]]
name = "two words"
servers = ["a"]
[[group]]
name = 5
servers = ["a"]
"""


def test_mistakes_in_groups_are_told_each_with_its_line(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(problems(WRONG_GROUPS)) == snapshot
    assert problems("[group]\nname = 'x'")[0].startswith("rules.toml, line 1: each group begins with")


@pytest.mark.parametrize("again", ["db", "DB"])
def test_two_groups_of_one_name_are_a_mistake(again: str) -> None:
    one = "[[group]]\nname = 'db'\nservers = ['a']\n"
    [told] = problems(one + f"[[group]]\n\nname = '{again}'\nservers = ['b']")
    assert told.startswith(f"rules.toml, line 6: there is a group “{again}” already")


WRONG_CHANNELS = """\
[[channel]]
id = "COPS1"
notify = "failures"
[[channel]]
id = "#ops"
notify = "loud"
[[channel]]
id = 5
[[channel]]
notify = 1
nottify = "all"
"""


def test_mistakes_in_channels_are_told_each_with_its_line(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(problems(WRONG_CHANNELS)) == snapshot
    assert problems("channel = 1")[0].startswith("rules.toml, line 1: each channel begins with")


def test_two_levels_for_one_channel_are_a_mistake() -> None:
    one = "[[channel]]\nid = 'COPS1'\nnotify = 'all'\n"
    [told] = problems(one + one)
    assert told.startswith("rules.toml, line 5: the channel COPS1 has a [[channel]] already")


globs = st.text("ab*?", max_size=5)


@given(globs, globs, st.text("abc*", max_size=6))
def test_a_pattern_that_covers_another_fits_all_the_other_fits(wide: str, narrow: str, name: str) -> None:
    if covers(wide, narrow) and fnmatchcase(name, narrow):
        assert fnmatchcase(name, wide)


@given(globs)
def test_a_pattern_covers_itself_and_a_star_covers_all(pattern: str) -> None:
    assert covers(pattern, pattern)
    assert covers("*", pattern)


noise = st.sampled_from(["", "# [[rule]]", "  ", "\t# servers = 1"])
values = st.sampled_from(
    ["1", '"a"', "[]", '[\n  "x", # a comment\n\n  "y",\n]', '"""\n[[rule]]\nservers = 1\n"""', "'''\n\n'''"]
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[tuple[int | str, ...], int]]:
    """A text, and the line on which each rule and each of its keys begins."""
    lines: list[str] = []
    places: dict[tuple[int | str, ...], int] = {}
    for at in range(draw(st.integers(1, 3))):
        lines += draw(st.lists(noise, max_size=2))
        lines.append(draw(st.sampled_from(["[[rule]]", "  [[ rule ]] # one", '[["rule"]]'])))
        places["rule", at] = len(lines)
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4)):
            lines += draw(st.lists(noise, max_size=2))
            places["rule", at, key] = len(lines) + 1
            lines += f"{draw(st.sampled_from(['', '  ']))}{key} = {draw(values)}".split("\n")
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"])), places


@given(documents())
def test_every_key_is_found_on_its_line(written: tuple[str, dict[tuple[int | str, ...], int]]) -> None:
    text, places = written
    assert tomllib.loads(text)
    for place, line in places.items():
        assert line_of(text, place) == line
        assert line_of(text, (*place, "missing")) == line
