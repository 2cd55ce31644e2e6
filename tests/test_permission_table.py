"""Every role × what they want × the server's rule × the channel, and what holds for any rules."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.permissions import (
    EVERYBODY,
    AskFirst,
    Go,
    Risk,
    Rule,
    Rules,
    Who,
    check_approval,
    check_audit,
    decide,
    decide_somewhere,
    visible,
)

DESTROYING = frozenset({Risk.DELETE, Risk.RESTORE})
OPERATORS = frozenset({"UOPERATOR", "UBOTH", "SOPERATORS"})
APPROVERS = frozenset({"UAPPROVER", "UBOTH", "SAPPROVERS"})

RULES = Rules(
    (
        Rule(
            ("two-*",),
            operators=OPERATORS,
            approvers=APPROVERS,
            second_person=DESTROYING,
            break_glass=True,
            approval_minutes=5,
        ),
        Rule(
            ("vault",),
            channels=frozenset({"COPS"}),
            viewers=frozenset({"UVIEWER"}),
            operators=OPERATORS,
            approvers=APPROVERS,
            second_person=frozenset({*DESTROYING, Risk.CREATE}),
        ),
        Rule(("nobody",), viewers=frozenset()),
        Rule(operators=OPERATORS, approvers=APPROVERS),
    ),
    auditors=frozenset({"UAUDITOR"}),
)
SERVERS = ("web-1", "two-1", "vault", "nobody")

ROLES = {
    "guest": Who("UOPERATOR", is_member=False, groups=frozenset({"SOPERATORS", "SAPPROVERS"})),
    "member": Who("UMEMBER", is_member=True, groups=frozenset({"SOTHERS"})),
    "viewer": Who("UVIEWER", is_member=True),
    "auditor": Who("UAUDITOR", is_member=True),
    "operator": Who("UOPERATOR", is_member=True),
    "by-group": Who("UCLEO", is_member=True, groups=frozenset({"SOPERATORS"})),
    "approver": Who("UAPPROVER", is_member=True),
    "group-appr": Who("UDORA", is_member=True, groups=frozenset({"SAPPROVERS"})),
    "both": Who("UBOTH", is_member=True),
}

# One letter each for look, create, delete, restore, and to agree to what somebody else asks for:
# y may at once, 2 needs a second person, - may not.
TABLE = """
role        web-1  two-1  vault  nobody
guest       -----  -----  -----  -----
member      y----  y----  -----  -----
viewer      y----  y----  y----  -----
auditor     y----  y----  -----  -----
operator    yyyy-  yy22-  y222-  -----
by-group    yyyy-  yy22-  y222-  -----
approver    y---y  y---y  y---y  -----
group-appr  y---y  y---y  y---y  -----
both        yyyyy  yy22y  y222y  -----
"""


def _rows() -> dict[tuple[str, str], str]:
    (_, *servers), *rows = (line.split() for line in TABLE.strip().splitlines())
    return {
        (role, server): cell for role, *cells in rows for server, cell in zip(servers, cells, strict=True)
    }


EXPECTED = _rows()


def test_the_table_leaves_nobody_and_no_server_out() -> None:
    assert EXPECTED.keys() == set(product(ROLES, SERVERS))


def asked(who: Who, risk: Risk, server: str, channel: str, rules: Rules = RULES) -> str:
    try:
        decision = decide(who, risk, server, channel, rules)
    except NotAllowed:
        return "-"
    return "y" if isinstance(decision, Go) else "2"


def approved(who: Who, asked_by: str, server: str, rules: Rules = RULES) -> bool:
    try:
        check_approval(who, asked_by, server, rules)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("channel", ["COPS", "CRANDOM"])
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("risk", Risk)
@pytest.mark.parametrize("role", ROLES)
def test_each_may_what_the_table_says(role: str, risk: Risk, server: str, channel: str) -> None:
    outside = server == "vault" and channel != "COPS"
    wanted = "-" if outside else EXPECTED[role, server][list(Risk).index(risk)]
    assert asked(ROLES[role], risk, server, channel) == wanted


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("role", ROLES)
def test_each_agrees_to_others_where_the_table_says_so_and_never_to_themselves(
    role: str, server: str
) -> None:
    who = ROLES[role]
    assert approved(who, "USOMEBODY", server) == (EXPECTED[role, server][-1] == "y")
    assert not approved(who, who.id, server)


@pytest.mark.parametrize("role", ROLES)
def test_only_approvers_and_auditors_read_the_trail(role: str) -> None:
    if role in {"auditor", "approver", "group-appr", "both"}:
        check_audit(ROLES[role], RULES)
    else:
        with pytest.raises(NotAllowed):
            check_audit(ROLES[role], RULES)


def test_who_is_asked_how_long_and_whether_the_glass_may_be_broken_is_the_rule_s() -> None:
    decided = decide(ROLES["operator"], Risk.RESTORE, "two-1", "COPS", RULES)
    assert decided == AskFirst(APPROVERS, minutes=5, break_glass=True)


ids = st.sampled_from(["UANA", "UBEN", "UCLEO", "SONE", "STWO", EVERYBODY])
people = st.builds(
    Who,
    st.sampled_from(["UANA", "UBEN", "UCLEO"]),
    st.just(True),
    st.frozensets(st.sampled_from(["SONE", "STWO"])),
)
guests = people.map(lambda who: Who(who.id, is_member=False, groups=who.groups))
risks = st.sampled_from(Risk)
channels = st.sampled_from(["COPS", "CRANDOM"])
names = st.sampled_from(["web-1", "web-2", "db-1", "DB-2"])
patterns = st.lists(st.sampled_from(["web-*", "db-?", "web-1", "*"]), min_size=1).map(tuple)
single = st.builds(
    Rule,
    servers=patterns,
    channels=st.frozensets(channels, max_size=1),
    viewers=st.frozensets(ids),
    operators=st.frozensets(ids),
    approvers=st.frozensets(ids),
    second_person=st.frozensets(st.sampled_from([Risk.CREATE, Risk.DELETE, Risk.RESTORE])),
    break_glass=st.booleans(),
)
several = st.builds(Rules, st.lists(single, max_size=4).map(tuple), st.frozensets(ids))


@given(guests, risks, names, channels, several)
def test_guests_never_get_anything(guest: Who, risk: Risk, server: str, channel: str, rules: Rules) -> None:
    assert asked(guest, risk, server, channel, rules) == "-"
    assert not approved(guest, "USOMEBODY", server, rules)
    with pytest.raises(NotAllowed):
        decide_somewhere(guest, risk, channel, rules)
    with pytest.raises(NotAllowed):
        check_audit(guest, rules)


@given(people, risks, names, channels, several)
def test_an_empty_list_of_approvers_never_consents(
    who: Who, risk: Risk, server: str, channel: str, rules: Rules
) -> None:
    rule = rules.for_server(server)
    if risk in rule.second_person and not rule.approvers - {who.id}:
        assert asked(who, risk, server, channel, rules) == "-"
    if not rule.approvers:
        assert not approved(who, "USOMEBODY", server, rules)


@given(people, risks, names, channels, several)
def test_what_needs_a_second_person_is_never_done_at_once(
    who: Who, risk: Risk, server: str, channel: str, rules: Rules
) -> None:
    if risk in rules.for_server(server).second_person:
        assert asked(who, risk, server, channel, rules) != "y"


@given(people, risks, names, channels, several)
def test_the_first_rule_that_fits_decides_alone(
    who: Who, risk: Risk, server: str, channel: str, rules: Rules
) -> None:
    alone = Rules(tuple(rule for rule in rules.rules if rule.fits(server))[:1])
    assert asked(who, risk, server, channel, rules) == asked(who, risk, server, channel, alone)
    assert approved(who, "USOMEBODY", server, rules) == approved(who, "USOMEBODY", server, alone)


@given(people, risks, names, channels, several, single, st.integers(0, 4))
def test_a_rule_about_other_servers_changes_nothing(
    who: Who, risk: Risk, server: str, channel: str, rules: Rules, other: Rule, at: int
) -> None:
    if not other.fits(server):
        more = Rules((*rules.rules[:at], other, *rules.rules[at:]), rules.auditors)
        assert asked(who, risk, server, channel, rules) == asked(who, risk, server, channel, more)


@given(people, risks, names, channels, several)
def test_where_a_person_may_on_a_server_they_may_somewhere(
    who: Who, risk: Risk, server: str, channel: str, rules: Rules
) -> None:
    if asked(who, risk, server, channel, rules) != "-":
        decide_somewhere(who, risk, channel, rules)


@given(people, names, channels, several)
def test_what_is_shown_is_what_may_be_looked_at(who: Who, server: str, channel: str, rules: Rules) -> None:
    may = asked(who, Risk.LOOK, server, channel, rules) == "y"
    somewhere = any(asked(who, Risk.LOOK, server, each, rules) == "y" for each in ("COPS", "CRANDOM"))
    assert (server in visible(who, [server], channel, rules)) == may
    assert (server in visible(who, [server], None, rules)) == somewhere


@given(guests, names, several)
def test_guests_are_shown_nothing(guest: Who, server: str, rules: Rules) -> None:
    with pytest.raises(NotAllowed):
        visible(guest, [server], None, rules)
