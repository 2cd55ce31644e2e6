"""What handlers and workflows share: one container, filled once by `app.py` before anything runs.

Workflows are plain functions, named in the database, so that clients can't be handed to them as arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.notifications.model import NotifyLevels

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.alerts.model import AlertPolicy
    from bot.alerts.store import AlertStore
    from bot.audit.store import AuditTrail
    from bot.authorizer import Authorizer
    from bot.backups.api import BackupsApi
    from bot.backups.poller import Poller
    from bot.batches.card import BatchCards
    from bot.home.homes import Homes
    from bot.notifications.slack_messages import SlackMessages
    from bot.operations.records import Overview
    from bot.operations.shared_read import SharedRead
    from bot.servers.api import ServersApi
    from bot.servers.directory import ServerDirectory
    from bot.vps.budget import LookBudget


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timeouts:
    """How long operations wait, all in seconds.

    `settle`: until a new backup must show up in VPS.org's list. `late`: after which a backup is said to be
    late. `give_up`: after which it is no longer watched. `restore_watch`: how long a restored server is
    watched. `poll`: between two looks at a server. `confirmation`: after which what was confirmed or approved
    is too old to act on.
    """

    settle: float
    late: float
    give_up: float
    restore_watch: float
    poll: float
    confirmation: float


@dataclass(frozen=True)
class Services:
    """Every client and limit.

    `overview` reads what runs, waits and has ended lately, for all who ask at once. `looks`: how often each
    person can look. `batch_cards` draws the messages of batches. `asks_approvers`: approvers get a direct
    message for each request. `groups`: by name, the patterns of servers that are meant together. `notify`:
    what each channel is told. `alert_policy` tells within which limits a server is well, and `alerts`
    remembers what is told of those that are not.
    """

    slack: AsyncWebClient
    messages: SlackMessages
    backups: BackupsApi
    servers: ServersApi
    directory: ServerDirectory
    poller: Poller
    authorizer: Authorizer
    audit: AuditTrail
    overview: SharedRead[Overview]
    looks: LookBudget
    homes: Homes
    batch_cards: BatchCards
    timeouts: Timeouts
    alerts: AlertStore
    alert_policy: AlertPolicy
    asks_approvers: bool = False
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notify: NotifyLevels = field(default_factory=NotifyLevels)
    now: Callable[[], datetime] = utc_now


_services: list[Services] = []


def set_services(services: Services) -> None:
    """Put the services in place, instead of earlier ones."""
    _services[:] = [services]


def services() -> Services:
    """Return the services; raises RuntimeError before they are set."""
    if not _services:
        raise RuntimeError("services are used before they are set")
    return _services[0]
