"""What is wrong with a setting, in words for the person who sets it."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from annotated_types import Ge, Gt, Le
from pydantic_core import ErrorDetails

from bot.slack.text import join_words, pluralize

NO_WAY_IN = "no_way_in"
"""The type of pydantic's error if Slack could not reach the bot in either mode."""

PERSON_ID = ("Slack id", "U012AB3CD, or S012AB3CD for a user group")
CHANNEL_ID = ("channel's id", "C012AB3CD")
"""What ids are called, and examples of them."""

_COPY_ID = "Open a person's profile in Slack, “…”, “Copy member ID”; or a user group, “…”, “Copy group ID”."
_COPY_CHANNEL_ID = "Click the channel's name in Slack; its id is at the end of “About”."
_HOW_TO_GET = {
    "slack_bot_token": "Open your app on api.slack.com/apps, “OAuth & Permissions”, “Bot User OAuth Token”.",
    "slack_app_token": "Open your app on api.slack.com/apps, “Basic Information”, “App-Level Tokens”, and "
    "make one with the scope connections:write.",
    "slack_signing_secret": "Open your app on api.slack.com/apps, “Basic Information”, “Signing Secret”.",
    "vps_api_token": "Make one in VPS.org's control panel, on the page for API tokens.",
    "bot_viewers": _COPY_ID,
    "bot_operators": _COPY_ID,
    "bot_approvers": _COPY_ID,
    "bot_auditors": _COPY_ID,
    "bot_channels": _COPY_CHANNEL_ID,
    "bot_audit_channel": _COPY_CHANNEL_ID,
    "bot_alert_channel": _COPY_CHANNEL_ID,
    "bot_digest_channel": _COPY_CHANNEL_ID,
}
_ENUM_OR_QUOTES = re.compile(r"<[\w.]+: '?(\w+)'?>|'")
_NOT_A_NUMBER = {"int_parsing", "int_from_float", "float_parsing", "finite_number"}
_OUT_OF_RANGE = {"greater_than", "greater_than_equal", "less_than_equal", "int_parsing_size"}


def in_words(problem: ErrorDetails, limits: Iterable[Any]) -> str:
    """Return what pydantic found wrong with a setting; `limits` are its annotated types."""
    field = str(problem["loc"][0])
    name, how = field.upper(), _HOW_TO_GET.get(field, "")
    kind = problem["type"]
    if kind == "missing":
        said = f"{name} is missing."
    elif kind == NO_WAY_IN:
        said = "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing."
    elif kind in _NOT_A_NUMBER | _OUT_OF_RANGE:
        said = f"{name} must be a number{_range(limits)}."
    elif kind == "bool_parsing":
        said = f"{name} must be true or false."
    elif kind == "literal_error":
        allowed = _ENUM_OR_QUOTES.sub(r"\1", str(problem.get("ctx", {}).get("expected", "")))
        said = f"{name} takes {allowed}, and nothing else."
    else:
        said = _sentence(name, problem["msg"].removeprefix("Value error, "))
    return f"{said} {how}".rstrip()


def not_ids(shown: Collection[str], count: int, kind: str, example: str) -> str:
    """Return that some of a list aren't ids of a kind; `shown` are those of them that can be repeated."""
    hidden = count - len(shown)
    quoted = [f"“{each}”" for each in shown] + [pluralize(hidden, "value")] * bool(hidden)
    are = f"isn't a {kind}" if count == 1 else f"aren't {kind}s"
    return f"{join_words(quoted)} {are} ({example})"


def unknown(name: str, near: str) -> str:
    """Return that there is no such setting; `near` is one that looks like it, or empty."""
    return f"{name} is not a setting. {f'Did you mean {near}?' if near else 'Remove it.'}"


NOBODY_CAN_LOOK = "BOT_VIEWERS is empty. Name who can look, or say * for every full member."


def _range(limits: Iterable[Any]) -> str:
    least = most = ""
    for limit in limits:
        match limit:
            case Ge(ge=number):
                least = f" from {number:g}"
            case Gt(gt=number):
                least = f" above {number:g}"
            case Le(le=number):
                most = f" to {number}" if least.startswith(" from") else f", at most {number:,}"
    return least + most


def _sentence(name: str, reason: str) -> str:
    end = "" if reason.endswith(("?", ".")) else "."
    return f"{name} {reason[3:]}{end}" if reason.startswith("it ") else f"{name}: {reason}{end}"
