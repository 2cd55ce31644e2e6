"""A message posted again with its id comes once, where Slack honours ids and that was proved."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from bot.notifications.client_msg_ids import ClientMsgIds, Proof, prove, read_proofs, store_proof
from bot.notifications.rate_limit import SlackRateLimits
from bot.notifications.slack_messages import SlackMessages
from bot.operations.database import open_database
from bot.sandbox.server import Sandbox
from bot.slack.auth import SlackClient
from tests.operations.postgres import Postgres

LOST = ["reset_after_acting", "internal_error_after_acting", "500_after_acting", "cut"]
HONOURED, IGNORED = Proof(True, datetime.now(UTC)), Proof(False, datetime.now(UTC))


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A workspace in which the bot can't look for what it has posted."""
    sandbox = Sandbox(seeded=False)
    app = sandbox.workspace.app
    app.scopes = tuple(scope for scope in app.scopes if not scope.endswith(":history"))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    return open_database(f"sqlite:///{tmp_path / 'bot.sqlite'}")


def ids_of(database: sa.Engine, team: str = "T1") -> ClientMsgIds:
    async def team_id() -> str:
        return team

    return ClientMsgIds(database, team_id)


async def post(client: SlackClient, database: sa.Engine, key: str = "k", channel: str = "COPS") -> str:
    """Post in a process of its own, as after a crash; return the message's time stamp."""
    messages = SlackMessages(client, SlackRateLimits(), ids=ids_of(database))
    sent = await messages.post_once([channel], {"text": key}, key, is_recovery=True, give_up_after=10.0)
    return sent.ts


def posted(sandbox: Sandbox, channel: str = "COPS") -> list[str]:
    return [message.text for message in sandbox.workspace.messages.get(channel, [])]


@pytest.mark.parametrize("honoured", [True, False])
async def test_a_workspace_is_asked_by_posting_twice_and_nothing_stays(
    sandbox: Sandbox, client: SlackClient, honoured: bool
) -> None:
    sandbox.workspace.faults.client_msg_ids_honoured = honoured
    assert (await prove(client, "COPS", "a test")).is_honoured is honoured
    assert posted(sandbox) == []


@dataclass
class SecondPost:
    """A plan by which the second post is refused."""

    error: str
    posts: int = 0

    def for_slack(self, method: str, _: str) -> str | None:
        self.posts += method == "chat.postMessage"
        return self.error if method == "chat.postMessage" and self.posts == 2 else None

    def for_provider(self, *_: str) -> None:
        return None

    def wait(self) -> float:
        return 0.0


@pytest.mark.parametrize("error", ["duplicate_message_not_found", "duplicate_channel_not_found"])
async def test_an_id_that_slack_knows_without_the_message_proves_nothing(
    sandbox: Sandbox, client: SlackClient, error: str
) -> None:
    sandbox.faults.plan = SecondPost(error)
    assert not (await prove(client, "COPS", "a test")).is_honoured
    assert posted(sandbox) == []


async def test_a_channel_that_refuses_proves_nothing_either(client: SlackClient) -> None:
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await prove(client, "CNONE", "a test")


def test_what_was_proved_is_kept_by_workspace_and_the_newest_counts(database: sa.Engine) -> None:
    assert read_proofs(database) == {}
    store_proof(database, "T1", HONOURED)
    store_proof(database, "T2", HONOURED)
    store_proof(database, "T1", IGNORED)
    assert read_proofs(database) == {"T1": IGNORED, "T2": HONOURED}


def test_it_is_kept_in_postgresql_as_well(postgres: Postgres) -> None:
    database = open_database(postgres.new_database())
    store_proof(database, "T1", IGNORED)
    store_proof(database, "T1", HONOURED)
    assert read_proofs(database) == {"T1": HONOURED}
    database.dispose()


@pytest.mark.parametrize("fault", LOST)
async def test_a_message_whose_answer_was_lost_comes_once_where_ids_are_honoured(
    sandbox: Sandbox, client: SlackClient, database: sa.Engine, fault: str
) -> None:
    sandbox.workspace.faults.client_msg_ids_honoured = True
    store_proof(database, "T1", HONOURED)
    sandbox.faults.next_slack["chat.postMessage"].append(fault)
    first = await post(client, database)
    assert await post(client, database) == first
    assert posted(sandbox) == ["k"]


@pytest.mark.parametrize("fault", LOST)
async def test_it_may_come_twice_where_they_are_ignored(
    sandbox: Sandbox, client: SlackClient, database: sa.Engine, fault: str
) -> None:
    store_proof(database, "T1", HONOURED)
    sandbox.faults.next_slack["chat.postMessage"].append(fault)
    await post(client, database)
    assert posted(sandbox) == ["k", "k"]


@pytest.mark.parametrize("proofs", [{}, {"T1": IGNORED}, {"T2": HONOURED}])
async def test_without_a_proof_for_this_workspace_no_id_is_sent(
    database: sa.Engine, proofs: dict[str, Proof]
) -> None:
    for team, proof in proofs.items():
        store_proof(database, team, proof)
    ids = ids_of(database)
    await ids.prepare()
    assert ids.argument("COPS", "k") == {}


async def test_each_message_has_an_id_of_its_own_in_each_place(database: sa.Engine) -> None:
    store_proof(database, "T1", HONOURED)
    first, again = ids_of(database), ids_of(database)
    for ids in (first, again):
        await ids.prepare()
    sent = [first.argument(place, key)["client_msg_id"] for place in ("COPS", "UANA") for key in ("k", "l")]
    assert len(set(sent)) == 4
    assert again.argument("COPS", "k") == first.argument("COPS", "k")


async def test_another_database_has_other_ids(database: sa.Engine, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    ids = [ids_of(each) for each in (database, other)]
    for each, store in zip(ids, (database, other), strict=True):
        store_proof(store, "T1", Proof(is_honoured=True, at=datetime.now(UTC)))
        await each.prepare()
    assert ids[0].argument("COPS", "audit:1") != ids[1].argument("COPS", "audit:1")


async def test_a_message_that_somebody_deleted_is_said_again(
    sandbox: Sandbox, client: SlackClient, database: sa.Engine
) -> None:
    sandbox.workspace.faults.client_msg_ids_honoured = True
    store_proof(database, "T1", HONOURED)
    first = await post(client, database)
    await client.chat_delete(channel="COPS", ts=first)
    assert await post(client, database) != first
    assert posted(sandbox) == ["k"]


async def test_a_database_that_does_not_answer_keeps_no_message_back(
    sandbox: Sandbox, client: SlackClient, tmp_path: Path
) -> None:
    assert await post(client, open_database(f"sqlite:///{tmp_path}/nowhere/bot.sqlite"))
    assert posted(sandbox) == ["k"]
