"""Slack's faults: calls of the Web API spoiled on purpose, before or after they were carried out."""

import math
from collections.abc import Callable

from aiohttp import web

from bot.sandbox.slack.silence import Silence, half_of, page, reset
from bot.sandbox.slack.workspace import Json

SLACK_PAGE = "<!DOCTYPE html><html><head><title>Server Error | Slack</title></head><body></body></html>"

BEFORE_ACTING: dict[str, Callable[[], web.Response]] = {
    "500": lambda: page(SLACK_PAGE, 500),
    "503": lambda: page(SLACK_PAGE, 503),
    "html": lambda: page(SLACK_PAGE, 200),
    "ratelimited_without_retry_after": lambda: web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429
    ),
    "wrong_types": lambda: web.json_response(["ok"]),
    "number": lambda: web.json_response(7),
    "broken_json": lambda: web.Response(text='{"ok": tru', content_type="application/json"),
}

WITHOUT_ANSWER = frozenset({"down", "reset_after_acting", "timeout_before_acting", "timeout_after_acting"})
"""`down`: the connection is cut at once."""

AFTER_ACTING = frozenset(
    {"reset_after_acting", "timeout_after_acting", "internal_error_after_acting", "500_after_acting", "cut"}
)
"""`cut`: half of the answer is sent."""

ALL_FAULTS = frozenset({*BEFORE_ACTING, *WITHOUT_ANSWER, *AFTER_ACTING})
"""Every fault there is besides Slack's own error names."""


async def spoil(
    fault: str, request: web.Request, act: Callable[[], web.Response], silence: Silence
) -> web.Response:
    """Answer with that fault, or with Slack's error of that name; `act` does what was asked."""
    if fault not in ALL_FAULTS:
        return refusal(fault, {})
    if fault in BEFORE_ACTING:
        return BEFORE_ACTING[fault]()
    answer = act() if fault in AFTER_ACTING else web.Response()
    if fault.startswith("timeout"):
        return await silence.hang(request)
    return _broken(fault, answer, request)


def _broken(fault: str, answer: web.Response, request: web.Request) -> web.Response:
    match fault:
        case "cut":
            return half_of(answer)
        case "internal_error_after_acting":
            return refusal("internal_error", {})
        case "500_after_acting":
            return page(SLACK_PAGE, 500)
    return reset(request)


def refusal(error: str, fields: Json) -> web.Response:
    """Return Slack's "no" of that name: HTTP 200, but for rate limits."""
    if error != "ratelimited":
        return web.json_response({"ok": False, "error": error} | fields)
    seconds = max(1, math.ceil(fields.get("retry_after", 1)))
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": error}, status=429, headers=headers)
