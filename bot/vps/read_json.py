"""JSON as an API should send it, or with a byte order mark, or with characters that are none."""

import json
import re
from typing import NoReturn

from pydantic_core import from_json

_HALF = re.compile("[\ud800-\udfff]")


def read_json(body: bytes | bytearray) -> object:
    """Return what a JSON text says; raises ValueError if it is none.

    What is no character becomes U+FFFD: one in a description must not hide all the rest.
    """
    try:
        answer: object = from_json(body)
    except ValueError:
        return _read_patiently(body)
    return answer


def _read_patiently(body: bytes | bytearray) -> object:
    try:
        answer = json.loads(body.decode("utf-8-sig", errors="replace"), parse_constant=_refuse)
        # Halves of characters, which JSON can name one by one, can't be stored nor sent on.
        return from_json(_HALF.sub("\ufffd", json.dumps(answer, ensure_ascii=False)))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
