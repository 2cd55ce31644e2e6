"""A vote that comes too late to count is answered, and never lost; the deciding one is not told so."""

import asyncio

import pytest

from bot.errors import Denial, NotAllowed
from bot.slack import ids
from tests.approvals.forging import RequestForger
from tests.stories.asking import TWO, answers, asks, events, form_of, trail, until_recorded
from tests.world import World, set_up, unstarted

UNCOUNTED = "That did not count. The request was answered already."
"""What a vote is answered that the request itself found too late."""
DECISIONS = {"approved", "declined", "withdrawn"}
HANDLES = {"UANA": "ana", "UBEN": "ben", "UCLEO": "cleo"}


def told(world: World, handle: str) -> list[str]:
    """Return what somebody was told about a vote of theirs that came too late."""
    said = [message.text for message in [*world.whispers(handle), *world.direct(handle)]]
    modal = world.person(handle).modal
    return [text for text in [*said, str(modal.payload) if modal else ""] if "answered already" in text]


def unanswered(world: World, handle: str, tags: list[str]) -> list[str]:
    """Return on which of these requests somebody's vote is not answered yet.

    What they alone are shown in the channel stands for one request each, without its tag.
    """
    direct = "".join(message.text for message in world.direct(handle) if UNCOUNTED in message.text)
    missing = [tag for tag in tags if tag not in direct]
    return missing[len([each for each in world.whispers(handle) if each.text.startswith(":warning:")]) :]


def decider(world: World, tag: str = "") -> str:
    """Return who decided on a request, or on the only one."""
    [decided] = [entry for entry in trail(world) if entry.event in DECISIONS and tag in entry.tag]
    return HANDLES[str(decided.decided_by)]


async def until_vps_org_is_asked(world: World, before: int) -> None:
    """Wait until the bot waits for VPS.org's answer to something new."""
    await world.until(
        lambda: [call for call in world.provider.calls[before:] if not call.status], "VPS.org is asked"
    )


@set_up(**TWO)
@pytest.mark.parametrize("choice", ["approve", "withdraw"])
async def test_a_vote_that_comes_while_the_request_looks_whether_all_is_still_so_is_answered(
    world: World, choice: str
) -> None:
    question = await asks(world)
    before = len(world.provider.calls)
    world.faults.provider_latency = 1.0
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await until_vps_org_is_asked(world, before)
    world.faults.provider_latency = 0.0
    late = "ben" if choice == "approve" else "ana"
    answer = await answers(world, late, choice, question)
    assert answer.acked
    await world.until_reply("Deleted backup 5001")
    assert decider(world) == "cleo"
    words = f"You wanted to {choice} this: *delete backup 5001 of web-1*. {UNCOUNTED}"
    await world.until_direct(late, words)
    refused = await until_recorded(world, "refused")
    assert (refused.person, refused.verb) == (world.person(late).person.id, choice)
    assert refused.failure
    assert isinstance(refused.failure.error, NotAllowed)
    assert refused.failure.error.denial is Denial.DECIDED_ALREADY
    assert told(world, "cleo") == []
    assert world.provider.deletes == [5001]


class OneIsLate:
    """Slack and VPS.org answer the next call late, and all others at once."""

    def __init__(self, seconds: float) -> None:
        self._waits = iter([seconds])
        self.is_asked = False

    def wait(self) -> float:
        """Return how many seconds later than usual a call is answered."""
        self.is_asked = True
        return next(self._waits, 0.0)

    def for_slack(self, method: str, channel: str) -> str | None:
        """Return nothing: all calls go well."""

    def for_provider(self, method: str, path: str) -> str | None:
        """Return nothing: all calls go well."""


@set_up(**TWO)
async def test_a_vote_that_comes_when_the_request_has_read_its_last_one_is_answered(world: World) -> None:
    question = await asks(world)
    world.faults.plan = slack = OneIsLate(0.8)
    # Who Ben is has to be asked of Slack first, and he votes when he is known.
    voting = asyncio.create_task(world.person("ben").clicks("approve", message=question, confirm=True))
    await world.until(lambda: slack.is_asked, "Slack is asked who Ben is")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup 5001")
    assert (await voting).acked
    late = "ben" if decider(world) == "cleo" else "cleo"
    await world.until(lambda: told(world, late), f"{late} is answered")
    assert told(world, decider(world)) == []
    assert world.provider.deletes == [5001]
    assert events(world).count("approved") == 1


@set_up(**TWO)
async def test_a_deciding_vote_that_slack_delivers_again_is_not_called_late(world: World) -> None:
    question = await asks(world)
    forger, before = RequestForger(world), len(world.provider.calls)
    world.faults.provider_latency = 0.5
    await forger.clicks("UCLEO", ids.APPROVE, form_of(question).as_json())
    await until_vps_org_is_asked(world, before)
    world.faults.provider_latency = 0.0
    await asyncio.gather(*(forger.again() for _ in range(3)))
    await world.until_reply("Deleted backup 5001")
    assert (told(world, "cleo"), world.provider.deletes) == ([], [5001])
    assert events(world) == ["requested", "approval_requested", "approved", "started", "ended"]


@unstarted
async def test_of_many_votes_at_once_each_decides_or_is_answered(world: World) -> None:
    servers = [world.provider.add_server(f"app-{number}").name for number in range(3)]
    await world.start_bot(**TWO)
    questions = [await asks(world, server=server) for server in servers]
    votes = {"ben": "approve", "cleo": "approve", "ana": "withdraw"}
    acks = await asyncio.gather(
        *(
            answers(world, handle, choice, question)
            for question in questions
            for handle, choice in votes.items()
        )
    )
    assert all(answer.acked for answer in acks)
    await world.until(lambda: events(world).count("ended") == len(servers), "all end", seconds=30)
    by_tag = {entry.tag: decider(world, entry.tag) for entry in trail(world) if entry.event == "ended"}
    assert len(by_tag) == len(servers)
    for handle in votes:
        late = [tag for tag, decided in by_tag.items() if decided != handle]
        await world.until(lambda: unanswered(world, handle, late) == [], f"{handle} is answered")  # noqa: B023
