"""`response_url`: answering an interaction without posting rights, 5 times within 30 minutes.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from dataclasses import dataclass
from secrets import token_hex

from aiohttp import web

from bot.sandbox.slack.posting import Content, MessageRefused, content
from bot.sandbox.slack.workspace import Json, Message, Workspace

LIFE_SECONDS = 30 * 60
MOST_USES = 5
PATH = "/slack/response/"


@dataclass
class ResponseUrl:
    """For whom and where an address answers; `original` is the time stamp of the message acted on."""

    person: str
    channel: str
    minted: float
    original: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """Mints response addresses and does what is POSTed to them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._minted: dict[str, ResponseUrl] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        """Where the addresses lead."""
        return [web.post(PATH + "{token}", self._handle)]

    def mint(self, person: str, channel: str, original: Message | None = None) -> str:
        """Give a fresh address."""
        token = token_hex(12)
        stamp, thread = (original.ts, original.thread_ts) if original else (None, None)
        self._minted[token] = ResponseUrl(person, channel, self._workspace.now(), stamp, thread)
        return f"{self._workspace.base_url}{PATH}{token}"

    async def _handle(self, request: web.Request) -> web.Response:
        known = self._minted.get(request.match_info["token"])
        if known is None or self._workspace.now() - known.minted > LIFE_SECONDS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if known.uses >= MOST_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        if fault := self._workspace.faults.for_slack("response_url"):
            return web.json_response({"ok": False, "error": fault}, status=500)
        known.uses += 1
        try:
            self.respond(known, await request.json())
        except MessageRefused as refused:
            body = {"ok": False, "error": str(refused), "response_metadata": {"messages": refused.messages}}
            return web.json_response(body, status=400)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        return web.json_response({"ok": True})

    def respond(self, known: ResponseUrl, payload: Json) -> None:
        """Post, replace or delete, as the payload says.

        Raises:
            MessageRefused: its content is not acceptable.
        """
        original = self._original(known)
        if payload.get("delete_original"):
            if original is not None:
                self._workspace.remove(original)
            return
        accepted = content(self._workspace, payload)
        if payload.get("replace_original") and original is not None:
            self._replace(original, accepted, payload)
        else:
            self._post(known, accepted, payload)

    def _original(self, known: ResponseUrl) -> Message | None:
        return self._workspace.find(known.channel, known.original) if known.original else None

    def _replace(self, original: Message, accepted: Content, payload: Json) -> None:
        original.text, original.blocks = accepted.text, accepted.blocks
        original.metadata = payload.get("metadata") or original.metadata
        self._workspace.edited(original)

    def _post(self, known: ResponseUrl, accepted: Content, payload: Json) -> None:
        public = payload.get("response_type") == "in_channel"
        self._workspace.add(
            Message(
                channel=known.channel,
                ts=self._workspace.next_ts(),
                user=self._workspace.app.bot_user,
                text=accepted.text,
                blocks=accepted.blocks,
                thread_ts=payload.get("thread_ts") or known.thread_ts,
                metadata=payload.get("metadata"),
                ephemeral_to=None if public else known.person,
                by_bot=True,
            )
        )
