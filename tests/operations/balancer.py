"""A load balancer in front of bots in HTTP mode."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import aiohttp
from aiohttp import web

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import EVENTS_PATH

RETRY = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}


class Balancer:
    """Gives each delivery to the next bot that says it is ready; `took` names who took what, in order.

    With `to_all`, each of them gets it: one as it is, the others as what Slack sends again.
    """

    def __init__(self, bots: Callable[[], Sequence[BotProcess]]) -> None:
        self.took: list[BotProcess] = []
        self.to_all = False
        self._bots = bots
        self._client = aiohttp.ClientSession()
        self._server = web.AppRunner(self._application(), access_log=None)

    async def start(self) -> str:
        """Listen on loopback; return the address that Slack is told."""
        await self._server.setup()
        await web.TCPSite(self._server, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._server.addresses[0][1]}{EVENTS_PATH}"

    async def stop(self) -> None:
        """Listen no more."""
        await self._server.cleanup()
        await self._client.close()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_post(EVENTS_PATH, self._balance)
        return application

    async def _balance(self, request: web.Request) -> web.Response:
        ready = [bot for bot in self._in_turn() if await self._is_ready(bot)]
        if not ready:
            raise web.HTTPServiceUnavailable
        first, *others = ready
        repeats = [self._pass_on(request, bot, RETRY) for bot in others if self.to_all]
        answer, *_ = await asyncio.gather(self._pass_on(request, first, {}), *repeats)
        return answer

    def _in_turn(self) -> Iterator[BotProcess]:
        bots = self._bots()
        turn = bots.index(self.took[-1]) + 1 if self.took else 0
        return chain(bots[turn:], bots[:turn])

    async def _is_ready(self, bot: BotProcess) -> bool:
        try:
            async with self._client.get(_address(bot, "/readyz")) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _pass_on(self, request: web.Request, bot: BotProcess, more: dict[str, str]) -> web.Response:
        self.took.append(bot)
        headers = {name: value for name, value in request.headers.items() if name.startswith("X-Slack")}
        headers |= {"Content-Type": request.headers["Content-Type"], **more}
        try:
            async with self._client.post(
                _address(bot, EVENTS_PATH), data=await request.read(), headers=headers
            ) as answer:
                content_type = answer.headers.get("Content-Type", "text/plain")
                return web.Response(
                    status=answer.status, body=await answer.read(), headers={"Content-Type": content_type}
                )
        except aiohttp.ClientError:
            return web.Response(status=502)


def _address(bot: BotProcess, path: str) -> str:
    return f"http://127.0.0.1:{bot.environment['BOT_PORT']}{path}"
