"""The pretend Slack in one piece: a workspace, its people, and the servers the bot talks to."""

from aiohttp import web

from bot.sandbox.people.actors import People
from bot.sandbox.slack import web_api
from bot.sandbox.slack.delivery import Dispatcher
from bot.sandbox.slack.echoes import Echoes
from bot.sandbox.slack.http_delivery import HttpDelivery
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.silence import Silence
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.workspace import Workspace


class PretendSlack:
    """Joins the parts. Set `workspace.base_url` once the server with `routes()` listens."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.socket_mode = SocketMode(workspace)
        self._http = HttpDelivery(workspace)
        self._silence = Silence()
        self._response_urls = ResponseUrls(workspace)
        self.dispatcher = Dispatcher(workspace, self.socket_mode, self._http)
        self._echoes = Echoes(workspace, self.dispatcher)
        self.people = People(workspace, self.dispatcher, self._response_urls)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The Web API under `/slack/api/`, the sockets and the response addresses."""
        return [
            *web_api.routes(self.workspace, self.socket_mode, self._silence),
            *self.socket_mode.routes(),
            *self._response_urls.routes(),
        ]

    async def stop(self) -> None:
        """Close connections and forget what was still to be delivered."""
        self._silence.end()
        await self._echoes.stop()
        await self.dispatcher.stop()
        await self.socket_mode.stop()
        await self._http.stop()
