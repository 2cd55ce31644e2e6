"""The provider's faults: answers spoiled on purpose, before or after it has acted."""

import json
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase

from aiohttp import web

from bot.sandbox.faults import Faults
from bot.sandbox.slack.silence import Silence, half_of, page, reset
from bot.sandbox.slack.workspace import Json

NGINX_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body><h1>{0}</h1><hr>nginx</body>\r\n</html>\r\n"

Answer = Callable[[], web.Response]

BEFORE_ACTING: dict[str, Answer] = {
    "500": lambda: page("<h1>Server Error (500)</h1>", 500),
    "502": lambda: page(NGINX_PAGE.format("502 Bad Gateway"), 502),
    "503": lambda: page(NGINX_PAGE.format("503 Service Temporarily Unavailable"), 503),
    "429": lambda: _refused(
        429, "Request was throttled. Expected available in 1 second.", {"Retry-After": "1"}
    ),
    "429_without_retry_after": lambda: _refused(429, "Request was throttled."),
    "html": lambda: page("<!doctype html><title>Sign in</title><p>Please sign in.</p>", 200),
    "unauthorized": lambda: _refused(401, "Invalid token."),
    "forbidden": lambda: _refused(403, "You do not have permission to perform this action."),
    "not_found": lambda: _refused(404, "Not found."),
    "conflict": lambda: _refused(409, "Another operation is in progress on this server."),
    "success_false": lambda: web.json_response({"success": False, "error": "The disk is busy."}),
    "error_in_200": lambda: web.json_response({"error": "The disk is busy."}),
    "accepted": lambda: web.json_response({"message": "Accepted."}, status=202),
}

AFTER_ACTING: dict[str, Answer] = {
    "500_after_acting": BEFORE_ACTING["500"],
    "502_after_acting": BEFORE_ACTING["502"],
    "html_after_acting": BEFORE_ACTING["html"],
    "accepted_after_acting": BEFORE_ACTING["accepted"],
}

WITHOUT_ANSWER = frozenset({"reset", "reset_after_acting", "timeout_before_acting", "timeout_after_acting"})


def _wrong_types(body: Json) -> object:
    if "results" in body:
        return {"count": "many", "results": {"id": "one"}}
    return {name: [value] for name, value in body.items()}


def _without_last(body: Json) -> object:
    return {**body, "results": body["results"][:-1]} if "results" in body else body


def _with_repeats(body: Json) -> object:
    return {**body, "results": [*body["results"], *body["results"][:3]]} if "results" in body else body


ALTERED: dict[str, Callable[[Json], object]] = {
    "wrong_types": _wrong_types,
    "list_misses": _without_last,
    "list_repeats": _with_repeats,
}
"""It acts, then answers JSON that is not as it should be; `list_misses` says so in its `count` alone."""

ALL_FAULTS = frozenset({*BEFORE_ACTING, *AFTER_ACTING, *WITHOUT_ANSWER, *ALTERED, "cut"})
"""Every fault there is. `cut`: it acts, then sends half of its JSON."""


def spoiled_how(faults: Faults, method: str, path: str) -> str | None:
    """Return the fault this request meets, using up a one-shot one.

    The paths in `faults.next_provider` may be patterns such as `/backups/*/`.

    Raises:
        ValueError: there is no fault of that name.
    """
    patterns = [
        pattern
        for (wanted, pattern), queue in faults.next_provider.items()
        if queue and wanted == method and fnmatchcase(path, pattern)
    ]
    fault = faults.for_provider(method, patterns[0] if patterns else path)
    if fault is not None and fault not in ALL_FAULTS:
        raise ValueError(f"no such fault: {fault}")
    return fault


async def spoil(
    fault: str, request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]], silence: Silence
) -> web.StreamResponse:
    """Answer with that fault; `act` does what was asked and gives the proper answer."""
    if fault in BEFORE_ACTING:
        return BEFORE_ACTING[fault]()
    answer = web.Response() if fault in {"reset", "timeout_before_acting"} else await act()
    if fault.startswith("timeout"):
        return await silence.hang(request)
    if fault.startswith("reset"):
        return reset(request)
    if fault in ALTERED:
        return _altered(answer, ALTERED[fault])
    return half_of(answer) if fault == "cut" else AFTER_ACTING[fault]()


def _altered(answer: web.StreamResponse, alter: Callable[[Json], object]) -> web.StreamResponse:
    if not isinstance(answer, web.Response) or not answer.text:
        return answer
    return web.json_response(alter(json.loads(answer.text)), status=answer.status)


def _refused(status: int, words: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"detail": words}, status=status, headers=headers)
