"""Odd input: JSON of any shape, texts that no keyboard writes, and payloads with something wrong in them."""

import os
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Json = dict[str, Any]

MORE = int(os.environ.get("FUZZ", "0"))
"""`FUZZ=100 make test ARGS="tests/fuzz --timeout 3600"`: so many times the examples, other ones each time."""


def examples(count: int) -> settings:
    """Return settings for so many examples, always the same ones unless more are wanted.

    One world serves all examples of a test: what one leaves behind is part of what the next has to bear.
    """
    return settings(
        max_examples=count * (MORE or 1),
        derandomize=not MORE,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )


HUGE = "x" * 40_000
DEEP: Any = []
for _ in range(300):
    DEEP = [DEEP]

_TEXTS = [
    "<!channel> <@UEVIL|e> <!subteam^SEVIL> <#CEVIL|c> <https://evil.example|docs> @here https://evil.example",
    "*bold* _italic_ ~gone~ `code` ```block``` &amp; &lt;!here&gt; <@UEVIL>",
    "\u202e\u2066\u2069\u0301 \U0001f525 \x00 \x1b[2J \r\n \u2028",
    "\ud83d",
    "{server} %s %(x)s $x ../../etc \\ ' OR 1=1 --",
    HUGE,
    "<" * 40_000,
    "7" * 5000,
    "",
    "null",
    "-1",
]


def _nasty(number: int) -> str:
    return _TEXTS[number]


def _deep(_: None) -> Any:
    return DEEP


nasty = st.sampled_from(range(len(_TEXTS))).map(_nasty)
texts = st.text(st.characters(exclude_categories=[]), max_size=60) | nasty
"""Any text, surrogates and control characters included, and some that are meant badly."""

scalars: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, 0, -1])
    | st.floats()
    | texts
)

values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
"""Any JSON that Python can write, with NaN, endless numbers and half characters."""

anything: st.SearchStrategy[Any] = (
    values | st.none().map(_deep) | st.sampled_from([{}, [], [None], [[]], {"": {}}])
)


def places(part: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every part of a payload."""
    found = [here] if here else []
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        found += places(value, (*here, key))
    return found


Spoiling = list[tuple[int, bool, Any]]

spoilings: st.SearchStrategy[Spoiling] = st.lists(
    st.tuples(st.integers(0, 999), st.booleans(), anything), min_size=1, max_size=3
)
"""One to three parts, by their number, and what becomes of each: it is taken out, or replaced."""


def spoilt(payload: Json, spoiling: Spoiling) -> Json:
    """Return the payload with parts missing, of other types, huge or nested."""
    found = deepcopy(payload)
    for number, is_taken_out, value in spoiling:
        ways = places(found)
        if not ways:
            break
        *way, last = ways[number % len(ways)]
        holder: Any = found
        for key in way:
            holder = holder[key]
        if is_taken_out:
            del holder[last]
        else:
            holder[last] = deepcopy(value)
    return found
