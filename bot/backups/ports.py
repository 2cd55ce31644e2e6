"""The clients that the workflows of backups use; `app.py` plugs them in."""

from dataclasses import dataclass

from bot.backups.api import BackupsApi
from bot.backups.poller import Poller
from bot.operations.ports import Port
from bot.servers.api import ServersApi


@dataclass(frozen=True)
class Patience:
    """How long the workflows wait, all in seconds.

    `settle`: until a new backup must show up in the list. `late`: after which a backup is said to be late.
    `give_up`: after which it is no longer watched. `restore_watch`: how long a restored server is watched.
    `poll`: between two looks at a server.
    """

    settle: float
    late: float
    give_up: float
    restore_watch: float
    poll: float


provider: Port[BackupsApi] = Port("the backups API")
servers: Port[ServersApi] = Port("the servers API")
poller: Port[Poller] = Port("the poller")
patience: Port[Patience] = Port("the waiting times")
