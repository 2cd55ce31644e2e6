"""HTTP mode: one address that takes everything Slack sends, and nothing that Slack did not sign.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import json
import re
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.slack.acks import AckTimer, Outcome, PendingAcks, outcome_of
from bot.slack.dispatch import RunningListeners
from bot.slack.payload import parse

log = structlog.get_logger()

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


CLOSE_SECONDS = 4.0
"""How long running listeners may take to finish when the bot stops."""


class HttpConnection:
    """Takes what Slack sends to `/slack/events`: events, commands and interactions.

    A request is verified before anything reads it (401), Slack's retries are passed on, and Bolt answers.
    Only the check of the certificate is answered unsigned, with nothing. Too long a body is a 413, too slow
    a one a 408, a packed one, which Slack never sends, a 415; while the bot stops all is a 503, so that Slack
    or a balancer tries elsewhere.
    """

    def __init__(
        self,
        app: AsyncApp,
        signing_secret: SecretStr,
        *,
        acks: PendingAcks | None = None,
        body_seconds: float = BODY_SECONDS,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        self._app = app
        self._acks = acks or PendingAcks()
        self._verifier = SignatureVerifier(signing_secret.get_secret_value())
        self._body_seconds = body_seconds
        self._close_seconds = close_seconds
        self._listeners = RunningListeners(app)
        self._is_listening = False
        self.connected = asyncio.Event()
        """Set once requests are taken."""
        self.routes = [web.post(PATH, self._receive)]

    @property
    def is_ready(self) -> bool:
        """True while requests are taken."""
        return self._is_listening

    async def listen(self) -> None:
        """Take requests until cancelled."""
        self._is_listening = True
        self.connected.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Take no more requests, and let running listeners finish within 4 s."""
        self._is_listening = False
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._listeners.finished()
        except TimeoutError:
            log.warning("slack_listeners_cut_off", count=self._listeners.count)

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        timer = AckTimer()
        outcome: Outcome | None = "failed"
        try:
            response = await self._answer(request, timer)
            outcome = _outcome(response, timer, is_gone=request.transport is None)
        except Exception:
            # Strangers can cause whatever breaks before a request is known to be Slack's.
            outcome = "failed" if timer.is_read else "refused"
            raise
        finally:
            if outcome:
                timer.ended(outcome)
        return response

    async def _answer(self, request: web.Request, timer: AckTimer) -> web.StreamResponse:
        if not self._is_listening:
            return web.json_response({"error": "stopping"}, status=503)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return web.json_response({"error": "unsupported encoding"}, status=415)
        body = await _read(request, self._body_seconds)
        if _is_certificate_check(request, body):
            return web.Response()
        if not _is_signed(self._verifier, request, body):
            return web.json_response({"error": "invalid request"}, status=401)
        try:
            text = body.decode()
            payload = parse(text, request.content_type)
        except ValueError:
            return web.json_response({"error": "unreadable request"}, status=400)
        timer.read(payload)
        bolt_request = AsyncBoltRequest(
            body=json.dumps(payload), query=request.query_string, headers=dict(request.headers)
        )
        # What was signed, for an app that verifies it once more.
        bolt_request.raw_body = text
        with self._acks.pending():
            return await to_aiohttp_response(await self._app.async_dispatch(bolt_request))


def _outcome(response: web.StreamResponse, timer: AckTimer, *, is_gone: bool) -> Outcome | None:
    """Return what came of a request; None for a check of the certificate. `is_gone`: nobody waits."""
    if not timer.is_read:
        return None if response.status == 200 else "refused"
    return "lost" if is_gone else outcome_of(response.status)


async def _read(request: web.Request, seconds: float) -> bytes:
    # Bounded here as well, whatever the server around it allows; aiohttp answers with 413.
    bounded = request.clone(client_max_size=MAX_BODY_BYTES)
    try:
        async with asyncio.timeout(seconds):
            return await bounded.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ConnectionError:
        raise web.HTTPBadRequest from None
    except RuntimeError:
        # What aiohttp raises for a connection that was closed before its body was asked for.
        if request.transport is not None:
            raise
        raise web.HTTPBadRequest from None


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
