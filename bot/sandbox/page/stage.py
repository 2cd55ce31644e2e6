"""What the page needs to know and to do behind the scenes."""

from collections.abc import Iterable
from typing import Protocol

from bot.sandbox.faults import Faults
from bot.sandbox.people.actors import People
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.workspace import Json, Workspace
from bot.sandbox.vps.model import Backup
from bot.sandbox.vps.provider import Provider


class BotControl(Protocol):
    """The bot's process, as one can see and handle it from outside."""

    @property
    def state(self) -> str:
        """One word, such as "running"."""

    @property
    def metrics_address(self) -> str:
        """Where it tells Prometheus what it has measured."""

    @property
    def lines(self) -> Iterable[str]:
        """Its last log lines, oldest first."""

    async def start(self) -> None:
        """Start it."""

    async def stop(self) -> None:
        """Ask it to end, and wait until it has."""

    async def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""

    async def restart(self) -> None:
        """Stop and start it."""


class Stage(Protocol):
    """The sandbox, as far as its page is concerned.

    `speed` is how fast pretend backups go; it may be set. `interrupted` are the backups that were in
    progress when the bot was killed last, each with that moment as a message's time stamp.
    """

    speed: float
    interrupted: dict[Backup, str]

    @property
    def workspace(self) -> Workspace:
        """The pretend Slack's state."""

    @property
    def people(self) -> People:
        """Those who can act."""

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""

    @property
    def provider(self) -> Provider:
        """The pretend VPS.org."""

    @property
    def slack(self) -> PretendSlack:
        """The pretend Slack's servers."""

    @property
    def bot(self) -> BotControl | None:
        """The bot's process, where the sandbox runs it."""

    @property
    def manifest(self) -> Json:
        """The manifest that the bot was installed from."""
