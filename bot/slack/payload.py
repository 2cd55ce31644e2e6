"""Reading what Slack sends: as it is, without the characters that no database takes.

https://docs.slack.dev/reference/interaction-payloads and https://docs.slack.dev/reference/events
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InvalidPayload(ValueError):
    """It is nothing that Slack sends."""


def parse(body: str, content_type: str) -> Json:
    """Return the payload that a request's body holds; {} for an empty body.

    Bolt's own parser takes a command that speaks of a "payload" for an empty one.

    Raises:
        InvalidPayload: there is none in it.
    """
    try:
        if content_type == "application/json" or body.startswith("{"):
            return storable(json.loads(body))
        form = dict(parse_qsl(body, keep_blank_values=True))
        return storable(json.loads(form["payload"]) if "payload" in form else form)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidPayload(type(error).__name__) from None


def storable(payload: object) -> Json:
    """Return the payload without NUL and halves of characters; raises InvalidPayload if it is no object."""
    if not isinstance(payload, dict):
        raise InvalidPayload(type(payload).__name__)
    try:
        cleaned: Json = _cleaned(payload)
    except RecursionError:
        raise InvalidPayload("nested too deeply") from None
    return cleaned


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return _UNSTORABLE.sub("", part)
    if isinstance(part, dict):
        return {_cleaned(key): _cleaned(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_cleaned(each) for each in part]
    return part
