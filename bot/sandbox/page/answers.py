"""How the endpoints read a request and answer it."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.page.guard import HEADERS
from bot.sandbox.people.actors import NotPossible
from bot.sandbox.slack.workspace import Json


class BadBody(Exception):
    """The request's JSON is not what the endpoint takes. `str()` says what is wrong."""


Action = Callable[[Json], Awaitable[Json]]


def endpoint(action: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make a handler of an action: JSON object in, JSON object out.

    200 `{"ok": true, …}`; 409 `{"ok": false, "error": …}` where a person could not do that in Slack;
    400 likewise where the request makes no sense.
    """

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return _answer(200, {"ok": True} | await action(await _json_object(request)))
        except NotPossible as refusal:
            return _answer(409, {"ok": False, "error": str(refusal)})
        except json.JSONDecodeError:
            return _answer(400, {"ok": False, "error": "This is not JSON."})
        except BadBody as mistake:
            return _answer(400, {"ok": False, "error": str(mistake)})

    return handler


async def _json_object(request: web.Request) -> Json:
    body = await request.json()
    if not isinstance(body, dict):
        raise BadBody("Send a JSON object.")
    return body


def text_in(body: Json, name: str) -> str:
    """Return a text the body must have.

    Raises:
        BadBody: it has none.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise BadBody(f"{name!r} must be a text.")
    return value


def _answer(status: int, body: Json) -> web.Response:
    return web.json_response(body, status=status, headers=HEADERS)
