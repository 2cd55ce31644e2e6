"""Reading what a client sent to the pretend VPS.org, and finding fault with it."""

import json
import re
from collections.abc import Sequence

from aiohttp import web

from bot.sandbox.vps.model import Json, Refused

LONGEST_DESCRIPTION = 255
"""Characters. Not documented: the length such frameworks usually give a line of text."""

LONGEST_NUMBER = 1000
"""Characters. What is longer is not even tried to be read."""

_WHOLE = re.compile(r"\s*([+-]?[0-9]+)(?:\.0*)?\s*")


async def fields_of(request: web.Request) -> Json:
    """Return the JSON object in the body; without a body there are no fields, whatever the content type.

    Raises:
        Refused: another content type, no JSON, or no object.
    """
    if not await request.read():
        return {}
    if request.content_type != "application/json":
        raise Refused(415, {"detail": f'Unsupported media type "{request.content_type}" in request.'})
    try:
        fields = json.loads(await request.text(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, {"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(fields, dict):
        words = f"Invalid data. Expected a dictionary, but got {type(fields).__name__}."
        raise Refused(400, {"non_field_errors": [words]})
    return fields


def _no_number(name: str) -> None:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


def required_integer(name: str, fields: Json) -> int:
    """Return the whole number in a field that can't be left out; raise Refused otherwise."""
    if name not in fields:
        raise field_error(name, "This field is required.")
    return integer(name, fields[name])


def integer(name: str, value: object) -> int:
    """Return a whole number, given as a number or as text such as "-5" or "7.0"; raise Refused otherwise."""
    if value is None:
        raise field_error(name, "This field may not be null.")
    found = _WHOLE.fullmatch(str(value))
    if found is None:
        raise field_error(name, "A valid integer is required.")
    if len(found[1]) > LONGEST_NUMBER:
        raise field_error(name, "String value too large.")
    return int(found[1])


def text(name: str, value: object) -> str:
    """Return the line of text in a field; raise Refused if it is none, or too long."""
    if value is None:
        raise field_error(name, "This field may not be null.")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise field_error(name, "Not a valid string.")
    line = str(value).strip()
    if "\0" in line:
        raise field_error(name, "Null characters are not allowed.")
    if len(line) > LONGEST_DESCRIPTION:
        raise field_error(name, f"Ensure this field has no more than {LONGEST_DESCRIPTION} characters.")
    return line


def allowed(name: str, value: str | None, choices: Sequence[str]) -> str | None:
    """Return the value, None where it is left out or empty; raise Refused if it is not one of the choices."""
    if not value or value in choices:
        return value or None
    raise field_error(name, f"Select a valid choice. {value} is not one of the available choices.")


def field_error(name: str, words: str) -> Refused:
    """Return the refusal that finds fault with one field."""
    return Refused(400, {name: [words]})
