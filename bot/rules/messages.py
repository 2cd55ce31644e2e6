"""What is wrong with a rules file, in words for whoever wrote it."""

from collections.abc import Sequence
from difflib import get_close_matches

from pydantic_core import ErrorDetails

NO_RULE = "each rule begins with a line [[rule]], with two brackets, and there must be one"
KEYS = (
    "servers",
    "channels",
    "viewers",
    "operators",
    "approvers",
    "second_person",
    "break_glass",
    "approval_minutes",
    "backup_hours",
    "alert_channel",
)
GROUP_KEYS = ("name", "servers")
CHANNEL_KEYS = ("id", "notify")

_KINDS = {
    "list_type": 'needs a list, even for one: {key} = ["…"]',
    "string_type": 'takes texts in quotes: {key} = ["…"]',
    "bool_type": "is either true or false, without quotes",
    "float_type": "is a number of {unit}, without quotes",
    "finite_number": "is a number of {unit}",
    "greater_than": "must be more than 0 {unit}",
    "less_than_equal": "is too large a number of {unit}",
    "too_short": "is empty; name at least one server, or “*” for all",
    "literal_error": "can name “create”, “delete” and “restore”, and nothing else",
}


def in_words(problem: ErrorDetails) -> str:
    """Return what is wrong, without a full stop; the line is told elsewhere."""
    match problem["loc"]:
        case ("rule",):
            return NO_RULE
        case ("group",) | ("group", _):
            return "each group begins with a line [[group]], and its name and servers follow below"
        case ("group", _, key, *_):
            return _about(str(key), problem, "group", GROUP_KEYS)
        case ("channel",) | ("channel", _):
            return "each channel begins with a line [[channel]], and its id and what it is told follow below"
        case ("channel", _, key, *_):
            return _about_channel(str(key), problem)
        case ("rule", _):
            return "each rule begins with a line [[rule]], and its keys follow below"
        case ("rule", _, key, *_):
            return _about(str(key), problem, "rule", KEYS)
        case (key, *_):
            return f"“{key}” stands outside the rules; each rule begins with a line [[rule]]"
    return problem["msg"]


def never_reached(pattern: str, wide: str) -> str:
    """Return why a rule never decides about a pattern's servers: an earlier one for `wide` does."""
    return f"“{pattern}” never gets here, as the rule for “{wide}” comes first; put this rule above it"


def named_twice(name: str) -> str:
    """Return why a group can't have a name: another one has it."""
    return f"there is a group “{name}” already; give each group a name of its own"


def channel_twice(channel_id: str) -> str:
    """Return why a channel can't be named: it is already."""
    return f"the channel {channel_id} has a [[channel]] already; say all of it there"


def _about_channel(key: str, problem: ErrorDetails) -> str:
    match problem["type"], key:
        case "missing", "id":
            return 'the channel has no id: id = "C012AB3CD"'
        case (("missing" | "literal_error"), "notify"):
            return 'notify is “all”, “outcomes” or “failures”: notify = "failures"'
        case "string_type", "id":
            return 'id takes a text in quotes: id = "C012AB3CD"'
    return _about(key, problem, "channel", CHANNEL_KEYS)


def _about(key: str, problem: ErrorDetails, table: str, keys: Sequence[str]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"a {table} has no “{key}”; {_meant(key, keys)}"
    if kind == "missing" and key == "name":
        return 'the group has no name: name = "databases"'
    if kind == "string_type" and key == "alert_channel":
        return f'{key} takes a text in quotes: {key} = "C012AB3CD"'
    if kind == "string_type" and key == "name":
        return 'name takes a text in quotes: name = "databases"'
    if kind == "missing":
        return f'the {table} does not say which servers it is for: {key} = ["db-*"]'
    if kind in _KINDS:
        unit = "hours" if key == "backup_hours" else "minutes"
        return f"{key} {_KINDS[kind].format(key=key, unit=unit)}"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"


def _meant(key: str, keys: Sequence[str]) -> str:
    near = get_close_matches(key, keys, n=1)
    return f"perhaps “{near[0]}” is meant" if near else f"its keys are {', '.join(keys)}"
