"""Whether a choice counts, for any rules, people and requests."""

import asyncio
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from bot.approvals.model import Choice, Vote
from bot.approvals.wait import check_choice
from bot.authority import Authority, authority
from bot.errors import NotAllowed
from bot.permissions import Risk, Rule, Rules, Who
from tests.backups.facts import NOON, operation

PEOPLE = ["UANA", "UBEN", "UCLEO"]
OURS = "T1"


class Known:
    """People of whom all are full members, of our workspace only."""

    async def who(self, user_id: str, team_id: str = "") -> Who:
        """Return who somebody is."""
        return Who(user_id, is_member=team_id in {"", OURS})

    async def members(self, ids: Iterable[str]) -> frozenset[str]:
        """Return these people; there are no groups."""
        return frozenset(ids)


people = st.frozensets(st.sampled_from(PEOPLE))
rules = st.builds(
    Rule,
    operators=people,
    approvers=people,
    second_person=st.just(frozenset(Risk)),
    break_glass=st.booleans(),
)
votes = st.builds(
    Vote,
    choice=st.sampled_from(["approved", "denied", "withdrawn", "break_glass"]),
    person=st.sampled_from(PEOPLE),
    team=st.sampled_from([OURS, "T2"]),
    shown=st.just(""),
    at=st.just(NOON),
)


def counts(vote: Vote, rule: Rule) -> bool:
    """Tell whether a choice about a restore that Ana asked for counts."""
    authority.plug(Authority(Known(), Rules((rule,))))
    try:
        asyncio.run(check_choice(operation("restore", asked_by="UANA"), vote))
    except NotAllowed:
        return False
    return True


@given(votes, rules)
def test_a_choice_counts_where_the_rules_say_so_and_nowhere_else(vote: Vote, rule: Rule) -> None:
    others = rule.approvers - {"UANA"}
    may: dict[Choice, bool] = {
        "approved": vote.person in others,
        "denied": vote.person in others,
        "withdrawn": vote.person == "UANA",
        "break_glass": (vote.person == "UANA" and "UANA" in rule.operators)
        and bool(others)
        and rule.break_glass,
    }
    assert counts(vote, rule) == (vote.team == OURS and may[vote.choice])
