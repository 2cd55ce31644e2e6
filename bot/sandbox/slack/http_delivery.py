"""The same deliveries POSTed to the app's request URL, signed, as in HTTP mode.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.delivery import Delivery, Unanswered
from bot.sandbox.slack.workspace import Json, Workspace

FORM = "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `X-Slack-Signature` holds for a body sent at `timestamp` (UTC seconds)."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpDelivery:
    """Sends each delivery to `workspace.app.request_url`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, delivery: Delivery) -> Json:
        """POST it and give the answer's JSON (plain text becomes `{"text": …}`).

        Raises:
            Unanswered: no answer in time, no connection, or a status other than 200.
        """
        body, content_type = _body(delivery)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(
                self._workspace.app.request_url or "",
                data=body,
                headers=self._headers(delivery, body, content_type),
                timeout=aiohttp.ClientTimeout(total=self._workspace.ack_seconds),
            ) as response:
                if response.status != 200:
                    raise Unanswered("dispatch_failed")
                return _answer(await response.text())
        except TimeoutError:
            raise Unanswered("operation_timeout") from None
        except aiohttp.ClientError:
            raise Unanswered("dispatch_failed") from None

    async def stop(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()

    def _headers(self, delivery: Delivery, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(self._workspace.now()))
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._workspace.app.signing_secret, timestamp, body),
        }
        if delivery.retry:
            headers |= {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": "http_timeout"}
        return headers


def _body(delivery: Delivery) -> tuple[bytes, str]:
    match delivery.kind:
        case "slash_commands":
            return urlencode(delivery.payload).encode(), FORM
        case "interactive":
            return urlencode({"payload": json.dumps(delivery.payload)}).encode(), FORM
        case "events_api":
            return json.dumps(delivery.payload).encode(), "application/json"


def _answer(text: str) -> Json:
    if not text:
        return {}
    try:
        answer = json.loads(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else {"text": text}
