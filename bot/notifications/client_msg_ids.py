"""Posting once by `client_msg_id`, in workspaces in which Slack was seen to honour it.

chat.postMessage documents errors about this argument, but not the argument itself (SLACK.md, section 8). So
it is sent only where `backup-bot doctor --post-twice` has proved that Slack posts a message once, however
often it is sent with the same id; and always beside the search for a message's key.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import sqlalchemy as sa
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.auth import error_name

log = structlog.get_logger()

FORGOTTEN = frozenset({"duplicate_message_not_found", "duplicate_channel_not_found"})
"""Errors that say Slack knows the id, but not the message any more."""

_proofs = sa.Table(
    "client_msg_id_proofs",
    sa.MetaData(),
    sa.Column("team_id", sa.Text, primary_key=True),
    sa.Column("is_honoured", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)


@dataclass(frozen=True)
class Proof:
    """What Slack did in a workspace when a message was posted twice, and when that was (UTC)."""

    is_honoured: bool
    at: datetime


def read_proofs(database: sa.Engine) -> dict[str, Proof]:
    """Return what is known, by workspace; raises SQLAlchemyError."""
    if not sa.inspect(database).has_table(_proofs.name):
        return {}
    with database.connect() as connection:
        return {
            row.team_id: Proof(row.is_honoured, row.at.replace(tzinfo=UTC))
            for row in connection.execute(sa.select(_proofs))
        }


def store_proof(database: sa.Engine, team_id: str, proof: Proof) -> None:
    """Keep what is known of a workspace, instead of what was before; raises SQLAlchemyError."""
    _proofs.create(database, checkfirst=True)
    with database.begin() as connection:
        connection.execute(sa.delete(_proofs).where(_proofs.c.team_id == team_id))
        connection.execute(
            sa.insert(_proofs).values(
                team_id=team_id,
                is_honoured=proof.is_honoured,
                at=proof.at.astimezone(UTC).replace(tzinfo=None),
            )
        )


async def prove(client: AsyncWebClient, channel: str, text: str) -> Proof:
    """Post a message twice with one id, delete what came of it, and return whether it came once.

    Raises:
        SlackApiError, aiohttp.ClientError, OSError: Slack refuses to post there, or can't be asked.
    """
    message: dict[str, Any] = {"channel": channel, "text": text, "client_msg_id": str(uuid4())}
    first = await client.chat_postMessage(**message)
    stamps = {str(first["ts"])}
    is_honoured = False
    try:
        second = str((await client.chat_postMessage(**message))["ts"])
        is_honoured = second in stamps
        stamps.add(second)
    except SlackApiError as error:
        if error_name(error) not in FORGOTTEN:
            raise
    finally:
        for stamp in stamps:
            with suppress(SlackApiError):
                await client.chat_delete(channel=str(first["channel"]), ts=stamp)
    return Proof(is_honoured, datetime.now(UTC))


class ClientMsgIds:
    """Gives each message its id, in a workspace in which that helps.

    `team_id` is awaited once, unless nothing was ever proved.
    """

    def __init__(self, database: sa.Engine, team_id: Callable[[], Awaitable[str]]) -> None:
        self._database = database
        self._team_id = team_id
        self._is_known = False
        self._proof: Proof | None = None

    async def prepare(self) -> None:
        """Find out whether ids help; must be awaited before `argument`."""
        if self._is_known:
            return
        try:
            proofs = await asyncio.to_thread(read_proofs, self._database)
        except sa.exc.SQLAlchemyError as error:
            # They are asked for again before the next message; this one is looked for at least.
            log.warning("proofs_not_read", error=type(error).__name__)
            return
        self._proof = proofs.get(await self._team_id()) if proofs else None
        self._is_known = True

    def argument(self, place: str, key: str) -> dict[str, Any]:
        """Return the argument for the message of that key in that place; {} where it would not help."""
        if not (self._proof and self._proof.is_honoured):
            return {}
        # With the moment of the proof, as another database may have messages with the same keys.
        return {"client_msg_id": str(uuid5(NAMESPACE_URL, f"{self._proof.at.isoformat()}/{place}/{key}"))}
