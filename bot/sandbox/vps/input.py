"""Reading what a client sent to the pretend VPS.org, and finding fault with it."""

import json
from collections.abc import Sequence

from aiohttp import web

from bot.sandbox.vps.model import Json, Refused

LONGEST_DESCRIPTION = 255
"""Characters. Not documented: the length such frameworks usually give a line of text."""


async def fields_of(request: web.Request) -> Json:
    """Return the JSON object in the body.

    Raises:
        Refused: another content type, no JSON, or no object.
    """
    if request.content_type != "application/json":
        raise Refused(415, {"detail": f'Unsupported media type "{request.content_type}" in request.'})
    try:
        fields = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise Refused(400, {"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(fields, dict):
        words = f"Invalid data. Expected a dictionary, but got {type(fields).__name__}."
        raise Refused(400, {"non_field_errors": [words]})
    return fields


def integer(name: str, value: object) -> int:
    """Return the whole number in a field, given as a number or as digits; raise Refused otherwise."""
    if value is None:
        raise field_error(name, "This field is required.")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise field_error(name, "A valid integer is required.")


def text(name: str, value: object) -> str:
    """Return the line of text in a field; raise Refused if it is none, or too long."""
    if not isinstance(value, str):
        raise field_error(name, "Not a valid string.")
    if len(value) > LONGEST_DESCRIPTION:
        raise field_error(name, f"Ensure this field has no more than {LONGEST_DESCRIPTION} characters.")
    return value


def allowed(name: str, value: str | None, choices: Sequence[str]) -> str | None:
    """Return the value, which may be left out; raise Refused if it is not one of the choices."""
    if value is None or value in choices:
        return value
    raise field_error(name, f"Select a valid choice. {value} is not one of the available choices.")


def field_error(name: str, words: str) -> Refused:
    """Return the refusal that finds fault with one field."""
    return Refused(400, {name: [words]})
