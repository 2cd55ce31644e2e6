"""HTTP mode: one address that takes everything Slack sends, and nothing that Slack did not sign.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import json
import re
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.slack.payload import parse

PATH = "/slack/events"
MAX_BODY_BYTES = 1024 * 1024
"""Slack's largest payloads carry a view (250 kB) or a message with its blocks."""
BODY_SECONDS = 3.0
"""Slack gives up after 3 s, so a body that takes longer is of no use to anybody."""

TIMESTAMP_HEADER = "X-Slack-Request-Timestamp"
SIGNATURE_HEADER = "X-Slack-Signature"
# The verifier raises on anything else, be it letters, other scripts' digits or numbers beyond reason.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def routes(
    app: AsyncApp, signing_secret: SecretStr, *, body_seconds: float = BODY_SECONDS
) -> list[web.AbstractRouteDef]:
    """Return the route for events, commands and interactions, all at `/slack/events`.

    A request is verified before anything reads it (401), Slack's retries are passed on, and Bolt answers.
    Only the check of the certificate is answered unsigned, with nothing. Too long a body is a 413, too slow
    a one a 408.
    """
    verifier = SignatureVerifier(signing_secret.get_secret_value())

    async def receive(request: web.Request) -> web.StreamResponse:
        body = await _read(request, body_seconds)
        if _is_certificate_check(request, body):
            return web.Response()
        if not _is_signed(verifier, request, body):
            return web.json_response({"error": "invalid request"}, status=401)
        try:
            text = body.decode()
            payload = parse(text, request.content_type)
        except ValueError:
            return web.json_response({"error": "unreadable request"}, status=400)
        bolt_request = AsyncBoltRequest(
            body=json.dumps(payload), query=request.query_string, headers=dict(request.headers)
        )
        # What was signed, for an app that verifies it once more.
        bolt_request.raw_body = text
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return [web.post(PATH, receive)]


async def _read(request: web.Request, seconds: float) -> bytes:
    # Bounded here as well, whatever the server around it allows; aiohttp answers with 413.
    bounded = request.clone(client_max_size=MAX_BODY_BYTES)
    try:
        async with asyncio.timeout(seconds):
            return await bounded.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def _is_certificate_check(request: web.Request, body: bytes) -> bool:
    """Slack looks at the certificate with `ssl_check=1`, a form it need not sign; it never reaches Bolt.

    https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    if SIGNATURE_HEADER in request.headers or len(body) > 1024 or not body.isascii():
        return False
    return dict(parse_qsl(body.decode())).get("ssl_check") == "1"


def _is_signed(verifier: SignatureVerifier, request: web.Request, body: bytes) -> bool:
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
        return False
    try:
        return verifier.is_valid(body, timestamp, signature)
    except UnicodeDecodeError:
        # The verifier signs text, and Slack sends nothing but UTF-8.
        return False
