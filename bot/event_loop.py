"""asyncio's event loop, with threads of its own for looking up names."""

import asyncio
import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any

from typing_extensions import override

SHARED_SECONDS = 5.0
"""How long a look-up is shared. One that takes longer may hang for good, so that another is begun then."""

_Question = tuple[Any, ...]


class EventLoop(asyncio.SelectorEventLoop):
    """Looks up a name once for all who ask for it meanwhile, in a thread that nothing else needs.

    asyncio looks names up in the threads in which the database is asked, too: a name server that hangs, and
    many who ask, would use up all of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._looking_up: dict[_Question, asyncio.Future[Any]] = {}

    @override
    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        question = host, port, family, type, proto, flags
        found = self._looking_up.get(question) or self._look_up(question)
        # Who gives up waiting does not take the answer from the others.
        return await asyncio.shield(found)

    def _look_up(self, question: _Question) -> asyncio.Future[Any]:
        answer: Future[Any] = Future()
        # A daemon, as the end of the process must not wait for a name server.
        Thread(target=_ask, args=(question, answer), name="name-look-up", daemon=True).start()
        found = self._looking_up[question] = asyncio.wrap_future(answer, loop=self)
        found.add_done_callback(look_at_error)
        found.add_done_callback(lambda _: self._forget(question, found))
        self.call_later(SHARED_SECONDS, self._forget, question, found)
        return found

    def _forget(self, question: _Question, found: asyncio.Future[Any]) -> None:
        if self._looking_up.get(question) is found:
            del self._looking_up[question]


def _ask(question: _Question, answer: Future[Any]) -> None:
    try:
        answer.set_result(socket.getaddrinfo(*question))
    except Exception as error:
        answer.set_exception(error)


def look_at_error(done: asyncio.Future[Any]) -> None:
    """Look at the error of what has ended, if there is one: all who asked may have given up waiting.

    Else asyncio would complain that nobody saw it.
    """
    if not done.cancelled():
        done.exception()
