"""Whether a choice counts, for any rules, people and requests, and which vote decided."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.alerts.model import AlertPolicy
from bot.alerts.store import AlertStore
from bot.approvals.approval import _mark, check_choice, is_deciding
from bot.approvals.model import Choice, Verdict, Vote, reminder_moments
from bot.audit.store import AuditTrail
from bot.authorizer import Authorizer
from bot.backups.api import BackupsApi
from bot.backups.poller import Poller
from bot.batches.card import BatchCards
from bot.errors import NotAllowed
from bot.home.homes import Homes
from bot.notifications.rate_limit import SlackRateLimits
from bot.notifications.slack_messages import SlackMessages
from bot.operations import records
from bot.operations.database import open_database
from bot.operations.model import Ending
from bot.operations.shared_read import SharedRead
from bot.permissions import Person, Rule, Rules
from bot.servers.api import ServersApi
from bot.servers.directory import ServerDirectory
from bot.services import Services, Timeouts, set_services
from bot.slack.auth import web_client
from bot.verbs import CHANGING
from bot.vps.budget import LookBudget
from bot.vps.client import VpsClient
from tests.backups.facts import NOON, hours, operation

PEOPLE = ["UANA", "UBEN", "UCLEO"]
OURS = "T1"
NOWHERE = "http://127.0.0.1:9/"


class KnownPeople:
    """People of whom all are full members, of our workspace only."""

    async def who(self, user_id: str, team_id: str = "") -> Person:
        """Return who somebody is."""
        return Person(user_id, is_member=team_id in {"", OURS})

    def name(self, _: str) -> str:
        return ""

    def zone(self, _: str) -> tzinfo:
        """Return UTC for everybody."""
        return UTC

    async def names(self, _: Iterable[str]) -> dict[str, str]:
        """Return nobody's name."""
        return {}

    async def members(self, ids: Iterable[str], besides: str = "") -> frozenset[str]:
        """Return these people; there are no groups."""
        return frozenset(ids) - {besides}


def services_by(rules: Rules) -> Services:
    """Return services that decide by these rules, and reach neither Slack nor VPS.org."""
    slack, vps = web_client(SecretStr("xoxb-none"), NOWHERE), VpsClient(NOWHERE, SecretStr("none"))
    audit = AuditTrail(open_database("sqlite://"))
    servers, backups = ServersApi(vps), BackupsApi(vps)
    limits = SlackRateLimits()
    return Services(
        slack=slack,
        messages=SlackMessages(slack, limits),
        backups=backups,
        servers=servers,
        directory=ServerDirectory(servers),
        poller=Poller(backups),
        authorizer=Authorizer(KnownPeople(), rules, audit),
        audit=audit,
        overview=SharedRead(records.overview),
        looks=LookBudget(),
        homes=Homes(slack, limits),
        batch_cards=BatchCards(),
        alerts=AlertStore(audit.database),
        alert_policy=AlertPolicy(rules),
        timeouts=Timeouts(settle=1, late=1, give_up=1, restore_watch=1, poll=1, confirmation=1),
    )


people = st.frozensets(st.sampled_from(PEOPLE))
rules = st.builds(
    Rule, operators=people, approvers=people, second_person=st.just(CHANGING), break_glass=st.booleans()
)
votes = st.builds(
    Vote,
    choice=st.sampled_from(Choice),
    person=st.sampled_from(PEOPLE),
    team=st.sampled_from([OURS, "T2"]),
    shown=st.just(""),
    at=st.just(NOON),
)


async def counts(vote: Vote, rule: Rule) -> bool:
    """Tell whether a choice about a restore that Ana requested counts."""
    set_services(services_by(Rules((rule,))))
    try:
        await check_choice(operation("restore", requested_by="UANA"), vote)
    except NotAllowed:
        return False
    return True


@given(votes, rules)
def test_a_choice_counts_if_the_rules_say_so_and_else_never(vote: Vote, rule: Rule) -> None:
    others = rule.approvers - {"UANA"}
    can = {
        Choice.APPROVED: vote.person in others,
        Choice.DECLINED: vote.person in others,
        Choice.WITHDRAWN: vote.person == "UANA",
        Choice.BREAK_GLASS: (vote.person == "UANA" and "UANA" in rule.operators)
        and bool(others)
        and rule.break_glass,
    }
    assert asyncio.run(counts(vote, rule)) == (vote.team == OURS and can[vote.choice])


clicks = st.text(max_size=20)
many_votes = st.builds(
    Vote,
    choice=st.sampled_from(Choice),
    person=st.sampled_from(PEOPLE),
    shown=st.just(""),
    at=st.datetimes(timezones=st.just(UTC)),
    delivery_id=clicks,
)


@given(many_votes, many_votes, st.sampled_from(Ending))
def test_only_the_click_that_decided_is_the_deciding_one(vote: Vote, other: Vote, ending: Ending) -> None:
    verdict = Verdict(ending=ending, at=vote.at, person=vote.person, delivery_id=vote.delivery_id)
    assert is_deciding(vote, _mark(verdict))
    delivered_again = vote.model_copy(update={"at": other.at})
    assert is_deciding(delivered_again, _mark(verdict))
    same = (other.person, other.delivery_id) == (vote.person, vote.delivery_id)
    assert is_deciding(other, _mark(verdict)) == same


@given(many_votes)
def test_no_vote_decides_what_expired(vote: Vote) -> None:
    assert not is_deciding(vote, _mark(Verdict(ending=Ending.EXPIRED, at=vote.at)))


@pytest.mark.parametrize(
    ("term", "after"),
    [(2, [1.75]), (10, [1.25, 3.75, 8.75]), (30, [3.75, 11.25, 26.25]), (720, [90, 270, 630])],
)
def test_the_pauses_between_reminders_grow_and_the_last_is_shortly_before_the_end(
    term: float, after: list[float]
) -> None:
    moments = reminder_moments(NOON, NOON + hours(term / 60))
    assert [(each - NOON).total_seconds() / 60 for each in moments] == after
