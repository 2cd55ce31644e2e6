"""The pretend VPS.org as an application: its calls, with records, faults, slashes and tokens around them."""

import json

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.faults import Faults
from bot.sandbox.slack.silence import Silence
from bot.sandbox.vps.api import BASE_PATH, Api
from bot.sandbox.vps.faults import spoil, spoiled_how
from bot.sandbox.vps.model import Call, Refused
from bot.sandbox.vps.provider import Provider

PAGE_NOT_FOUND = "<!doctype html><title>Not Found</title><h1>Not Found</h1>"


def application(provider: Provider, faults: Faults) -> web.Application:
    """Return the API as an application, to be added under `BASE_PATH`."""
    silence = Silence()
    around = [_recorded(provider, faults, silence), _refusals, _slashes, _authenticated(provider)]
    app = web.Application(middlewares=around)
    app.add_routes(Api(provider).routes())
    app.on_shutdown.append(silence.stop)
    return app


def _recorded(provider: Provider, faults: Faults, silence: Silence) -> Middleware:
    """Keep each call in `provider.calls`, and spoil it if it is to be."""

    @web.middleware
    async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix(BASE_PATH)
        call = Call(request.method, path, dict(request.query), _as_json(await request.read()))
        call.fault = spoiled_how(faults, call.method, path)
        provider.calls.append(call)
        provider.changed()
        if seconds := faults.provider_wait():
            await silence.keep(seconds)
        if call.fault:
            answer = await spoil(call.fault, request, lambda: handler(request), silence)
        else:
            answer = await handler(request)
        gone = request.transport is None or request.transport.is_closing()
        call.status = None if gone else answer.status
        provider.changed()
        return answer

    return recorded


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals, and addresses that don't exist, into answers."""
    try:
        return await handler(request)
    except Refused as refused:
        headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
        return web.json_response(refused.body, status=refused.status, headers=headers)
    except web.HTTPMethodNotAllowed as refused:
        words = f'Method "{request.method}" not allowed.'
        headers = {"Allow": refused.headers["Allow"]}
        return web.json_response({"detail": words}, status=405, headers=headers)
    except web.HTTPNotFound:
        return web.Response(text=PAGE_NOT_FOUND, status=404, content_type="text/html")


@web.middleware
async def _slashes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send a request without the final slash to the address with it, as Django does for every method."""
    if request.path.endswith("/"):
        return await handler(request)
    location = str(request.rel_url.with_path(f"{request.path}/", keep_query=True))
    return web.Response(status=301, headers={"Location": location})


def _authenticated(provider: Provider) -> Middleware:
    """Let nobody in without the token."""

    @web.middleware
    async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer"):
            raise Refused(401, {"detail": "Authentication credentials were not provided."})
        if given != f"Bearer {provider.token}":
            raise Refused(401, {"detail": "Invalid token."})
        return await handler(request)

    return authenticated


def _as_json(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
