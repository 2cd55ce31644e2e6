"""People at work in the pretend workspace: what the page's visitors and the tests do."""

from bot.sandbox.people.filling_in import NotPossible
from bot.sandbox.people.filling_modals import FillingModals
from bot.sandbox.people.presence import Answer
from bot.sandbox.people.typing_in import TypingIn
from bot.sandbox.slack.delivery import Dispatcher
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.workspace import Workspace

__all__ = ["Actor", "Answer", "NotPossible", "People"]


class Actor(TypingIn, FillingModals):
    """One person. Every action waits until Slack has the bot's ack, or 3 s are over."""


class People:
    """Everybody in the workspace, ready to act."""

    def __init__(self, workspace: Workspace, dispatcher: Dispatcher, response_urls: ResponseUrls) -> None:
        self._workspace = workspace
        self._dispatcher = dispatcher
        self._response_urls = response_urls
        self._actors: dict[str, Actor] = {}

    def person(self, id_or_handle: str) -> Actor:
        """Somebody by id or handle; the same object each time.

        Raises:
            KeyError: there is nobody of that name.
        """
        for known in self._workspace.people.values():
            if id_or_handle in (known.id, known.handle):
                actor = Actor(self._workspace, self._dispatcher, self._response_urls, known)
                return self._actors.setdefault(known.id, actor)
        raise KeyError(id_or_handle)
