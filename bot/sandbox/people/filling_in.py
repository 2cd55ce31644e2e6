"""How a person's words become an element's value, and what Slack's client says when they can't."""

import re
from collections.abc import Iterable
from hashlib import blake2s

from bot.sandbox.slack.form_state import Placed, placed, state_key
from bot.sandbox.slack.workspace import Json, OpenView

EMPTY_INPUT = "Please complete this required field."
_TEXTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")


class NotPossible(Exception):
    """A person could not do this in Slack. `str()` says why."""


def options_of(element: Json) -> list[Json]:
    """The options of a select, also those in groups."""
    grouped = [option for group in element.get("option_groups") or [] for option in group["options"]]
    return [*(element.get("options") or []), *grouped]


def is_offered(wanted: object, options: Iterable[Json]) -> bool:
    """Whether an option has that label or value."""
    return any(_names(option, wanted) for option in options)


def pick(options: Iterable[Json], wanted: object) -> Json:
    """The option with that label or value.

    Raises:
        NotPossible: there is none.
    """
    known = list(options)
    for option in known:
        if _names(option, wanted):
            return option
    labels = ", ".join(repr(option["text"]["text"]) for option in known) or "none at all"
    raise NotPossible(f"There is no option {wanted!r}; there are: {labels}.")


def filled(at: Placed, value: object, options: Iterable[Json] | None = None) -> Json:
    """The state of an element after somebody entered or chose `value` (None: cleared).

    Raises:
        NotPossible: Slack's client would not let them.
    """
    key = state_key(at.kind)
    if key is None:
        raise NotPossible(f"A {at.kind} can't be filled in.")
    return {"type": at.kind, key: _state_value(at, key, value, options)}


def _state_value(at: Placed, key: str, value: object, options: Iterable[Json] | None) -> object:
    choices = options_of(at.element) if options is None else list(options)
    if key == "selected_options":
        chosen = [pick(choices, one) for one in _several(value, choices)]
        most = at.element.get("max_selected_items")
        if most is not None and len(chosen) > most:
            raise NotPossible(f"No more than {most} can be chosen.")
        return chosen
    if value is None:
        return [] if key.endswith("s") else None
    if key == "selected_option":
        return pick(choices, value)
    return _entered(at, key, value)


def _entered(at: Placed, key: str, value: object) -> object:
    if key == "files":
        return [_uploaded(str(name)) for name in _several(value, [])]
    if key == "rich_text_value" and isinstance(value, str):
        return rich_text_of(value) if value else None
    if at.kind in _TEXTS:
        text = str(value)
        if len(text) > at.element.get("max_length", 3000):
            raise NotPossible(f"The text is longer than {at.element.get('max_length', 3000)} characters.")
        return text or None
    return value


def rich_text_of(text: str) -> Json:
    """Return a rich_text block that says just this, without any style."""
    words = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [words]}]}


def plain_of(rich_text: Json) -> str:
    """Return the words of a rich_text block, a line for each of its parts."""
    return "\n".join(map(_plain, rich_text.get("elements") or []))


def _plain(part: Json) -> str:
    inner = part.get("elements")
    return str(part.get("text", "")) if inner is None else "".join(map(_plain, inner))


def _uploaded(name: str) -> Json:
    """Return a file as Slack describes it, of which only the name is real."""
    kind = name.rpartition(".")[2]
    digest = blake2s(name.encode(), digest_size=4).hexdigest().upper()
    return {"id": f"F{digest}", "name": name, "title": name, "filetype": kind, "is_external": False}


def _several(value: object, choices: list[Json]) -> list[object]:
    if isinstance(value, bool):
        return list(choices) if value else []
    if value is None:
        return []
    return [value] if isinstance(value, (str, dict)) or not isinstance(value, Iterable) else list(value)


def input_errors(view: OpenView) -> dict[str, str]:
    """What Slack's client finds wrong before it submits, by block id."""
    errors = {}
    for at in placed(view.payload["blocks"]):
        if at.block["type"] == "input" and (words := _error(view, at)):
            errors[at.block_id] = words
    return errors


def _error(view: OpenView, at: Placed) -> str | None:
    key = state_key(at.kind) or ""
    value = view.values.get(at.block_id, {}).get(at.action_id, {}).get(key)
    if not value and value != 0:
        return None if at.block.get("optional") else EMPTY_INPUT
    check = {
        "plain_text_input": _text_error,
        "number_input": _number_error,
        "email_text_input": _email_error,
        "url_text_input": _url_error,
    }.get(at.kind)
    return check(at.element, str(value)) if check else None


def _text_error(element: Json, value: str) -> str | None:
    least = element.get("min_length", 0)
    if len(value) < least:
        return f"Must be at least {least} characters."
    return None if value.strip() or least else EMPTY_INPUT


def _number_error(element: Json, value: str) -> str | None:
    whole = not element.get("is_decimal_allowed")
    if not re.fullmatch(r"-?\d+" if whole else r"-?\d+(\.\d+)?", value):
        return "Enter a whole number." if whole else "Enter a number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and float(value) < float(least):
        return f"Must be at least {least}."
    if most is not None and float(value) > float(most):
        return f"Must be at most {most}."
    return None


def _email_error(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else "Enter a valid email address."


def _url_error(_: Json, value: str) -> str | None:
    return None if re.match(r"https?://\S+$", value) else "Enter a valid URL."


def _names(option: Json, wanted: object) -> bool:
    return wanted in (option.get("value"), option["text"]["text"], option)
