"""Every role × verb × the server's rule × the channel, and what holds for any rules."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.permissions import (
    EVERYBODY,
    Allowed,
    NeedsApproval,
    Person,
    Rule,
    Rules,
    audit_sight,
    check_answer,
    check_approval,
    check_by_clock,
    check_cancel,
    check_requester,
    decide,
    decide_somewhere,
    rights,
    sight,
)
from bot.verbs import CHANGING, Verb

DESTROYING = frozenset({Verb.DELETE, Verb.RESTORE})
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
            second_person=frozenset({*DESTROYING, Verb.CREATE}),
        ),
        Rule(("nobody",), viewers=frozenset()),
        Rule(operators=OPERATORS, approvers=APPROVERS),
    ),
    auditors=frozenset({"UAUDITOR"}),
)
SERVERS = ("web-1", "two-1", "vault", "nobody")

ROLES = {
    "guest": Person("UOPERATOR", is_member=False, groups=frozenset({"SOPERATORS", "SAPPROVERS"})),
    "member": Person("UMEMBER", is_member=True, groups=frozenset({"SOTHERS"})),
    "viewer": Person("UVIEWER", is_member=True),
    "auditor": Person("UAUDITOR", is_member=True),
    "operator": Person("UOPERATOR", is_member=True),
    "by-group": Person("UCLEO", is_member=True, groups=frozenset({"SOPERATORS"})),
    "approver": Person("UAPPROVER", is_member=True),
    "group-appr": Person("UDORA", is_member=True, groups=frozenset({"SAPPROVERS"})),
    "both": Person("UBOTH", is_member=True),
}

# One letter each for look, create, delete, restore, to approve and to cancel what others requested, and to
# acknowledge alerts: y can at once, 2 needs a second person, - can't.
TABLE = """
role        web-1    two-1    vault    nobody
guest       -------  -------  -------  -------
member      y------  y------  -------  -------
viewer      y------  y------  y------  -------
auditor     y------  y------  -------  -------
operator    yyyy--y  yy22--y  y222--y  -------
by-group    yyyy--y  yy22--y  y222--y  -------
approver    y---yyy  y---yyy  y---yyy  -------
group-appr  y---yyy  y---yyy  y---yyy  -------
both        yyyyyyy  yy22yyy  y222yyy  -------
"""
LETTERS = dict.fromkeys(Verb, 0) | {Verb.CREATE: 1, Verb.DELETE: 2, Verb.RESTORE: 3}
APPROVE, CANCEL, ANSWER = 4, 5, 6


def _rows() -> dict[tuple[str, str], str]:
    (_, *servers), *rows = (line.split() for line in TABLE.strip().splitlines())
    return {
        (role, server): cell for role, *cells in rows for server, cell in zip(servers, cells, strict=True)
    }


EXPECTED = _rows()


def test_the_table_leaves_nobody_no_server_and_no_change_out() -> None:
    assert EXPECTED.keys() == set(product(ROLES, SERVERS))
    assert {verb for verb, letter in LETTERS.items() if letter} == CHANGING


def decided(person: Person, verb: Verb, server: str, channel: str, rules: Rules = RULES) -> str:
    try:
        decision = decide(person, verb, server, channel, rules)
    except NotAllowed:
        return "-"
    return "y" if isinstance(decision, Allowed) else "2"


def can_approve(person: Person, requester: str, server: str, rules: Rules = RULES) -> bool:
    try:
        check_approval(person, requester, server, rules)
    except NotAllowed:
        return False
    return True


def can_cancel(person: Person, requester: str, server: str, rules: Rules = RULES) -> bool:
    try:
        check_cancel(person, requester, server, rules)
    except NotAllowed:
        return False
    return True


def can_by_clock(person: Person, verb: Verb, server: str) -> bool:
    try:
        check_by_clock(person, verb, server, "COPS", RULES)
    except NotAllowed:
        return False
    return True


def can_answer(person: Person, server: str | None, rules: Rules = RULES) -> bool:
    try:
        check_answer(person, server, rules)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("role", ROLES)
def test_each_can_do_what_the_table_says(role: str) -> None:
    for verb, server, channel in product(Verb, SERVERS, ["COPS", "CRANDOM"]):
        outside = server == "vault" and channel != "COPS"
        wanted = "-" if outside else EXPECTED[role, server][LETTERS[verb]]
        assert decided(ROLES[role], verb, server, channel) == wanted, (verb, server, channel)


@pytest.mark.parametrize("role", ROLES)
def test_by_the_clock_each_can_do_what_takes_no_second_person(role: str) -> None:
    for verb, server in product((Verb.CREATE, Verb.DELETE), SERVERS):
        wanted = EXPECTED[role, server][LETTERS[verb]] == "y"
        assert can_by_clock(ROLES[role], verb, server) is wanted, (verb, server)


@pytest.mark.parametrize("role", ROLES)
def test_each_approves_and_cancels_what_others_requested_if_the_table_says_so(role: str) -> None:
    person = ROLES[role]
    for server in SERVERS:
        assert can_approve(person, "USOMEBODY", server) == (EXPECTED[role, server][APPROVE] == "y"), server
        assert can_cancel(person, "USOMEBODY", server) == (EXPECTED[role, server][CANCEL] == "y"), server


@pytest.mark.parametrize("role", ROLES)
def test_nobody_approves_their_own_request_and_each_cancels_it_unless_a_guest(role: str) -> None:
    person = ROLES[role]
    for server in SERVERS:
        assert not can_approve(person, person.id, server), server
        assert can_cancel(person, person.id, server) == (role != "guest"), server


@pytest.mark.parametrize("role", ROLES)
def test_each_answers_the_alerts_of_servers_that_the_table_says_and_so_of_none_in_particular(
    role: str,
) -> None:
    able = {server: can_answer(ROLES[role], server) for server in SERVERS}
    assert able == {server: EXPECTED[role, server][ANSWER] == "y" for server in SERVERS}
    assert can_answer(ROLES[role], None) == any(able.values())


@pytest.mark.parametrize("role", ROLES)
def test_each_withdraws_their_own_unless_a_guest_and_nobody_what_others_requested(role: str) -> None:
    person = ROLES[role]
    with pytest.raises(NotAllowed):
        check_requester(person, "USOMEBODY")
    if role == "guest":
        with pytest.raises(NotAllowed):
            check_requester(person, person.id)
    else:
        check_requester(person, person.id)


@pytest.mark.parametrize("role", ROLES)
def test_only_approvers_and_auditors_read_the_trail(role: str) -> None:
    if role in {"auditor", "approver", "group-appr", "both"}:
        audit_sight(ROLES[role], "COPS", RULES)
    else:
        with pytest.raises(NotAllowed):
            audit_sight(ROLES[role], "COPS", RULES)


def test_the_rule_says_who_approves_how_long_they_have_and_whether_there_is_break_glass() -> None:
    decision = decide(ROLES["operator"], Verb.RESTORE, "two-1", "COPS", RULES)
    assert decision == NeedsApproval(APPROVERS, minutes=5, break_glass=True)


ids = st.sampled_from(["UANA", "UBEN", "UCLEO", "SONE", "STWO", EVERYBODY])
people = st.builds(
    Person,
    st.sampled_from(["UANA", "UBEN", "UCLEO"]),
    st.just(True),
    st.frozensets(st.sampled_from(["SONE", "STWO"])),
)
guests = people.map(lambda person: Person(person.id, is_member=False, groups=person.groups))
verbs = st.sampled_from(Verb)
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
    second_person=st.frozensets(st.sampled_from(sorted(CHANGING))),
    break_glass=st.booleans(),
)
several = st.builds(Rules, st.lists(single, max_size=4).map(tuple), st.frozensets(ids))


@given(guests, verbs, names, channels, several)
def test_guests_never_get_anything(
    guest: Person, verb: Verb, server: str, channel: str, rules: Rules
) -> None:
    assert decided(guest, verb, server, channel, rules) == "-"
    assert not can_approve(guest, "USOMEBODY", server, rules)
    assert not can_cancel(guest, "USOMEBODY", server, rules)
    assert not can_cancel(guest, guest.id, server, rules)
    assert not can_answer(guest, server, rules)
    assert not can_answer(guest, None, rules)
    with pytest.raises(NotAllowed):
        check_requester(guest, guest.id)
    with pytest.raises(NotAllowed):
        decide_somewhere(guest, verb, channel, rules)
    with pytest.raises(NotAllowed):
        audit_sight(guest, "COPS", rules)


@given(people, names, channels, several)
def test_a_person_reads_of_a_server_only_as_its_approver_or_as_an_auditor_and_where_its_rule_holds(
    person: Person, server: str, channel: str, rules: Rules
) -> None:
    rule = rules.for_server(server)
    named = {EVERYBODY, person.id, *person.groups}
    by_role = bool(named & rules.auditors or (rule in rules.rules and named & rule.approvers))
    is_here = not rule.channels or channel in rule.channels
    try:
        can_read = audit_sight(person, channel, rules).includes(server)
    except NotAllowed:
        can_read = False
    assert not can_read or (by_role and is_here)
    assert can_read or not (by_role and is_here and rule in rules.rules)


@given(people, st.sampled_from(["UANA", "UBEN", "UCLEO"]), names, several)
def test_only_the_requester_and_those_named_as_approvers_cancel(
    person: Person, requester: str, server: str, rules: Rules
) -> None:
    # Not everybody, even if a rule meant everybody by its approvers.
    is_named = bool(rules.for_server(server).approvers & {person.id, *person.groups})
    assert can_cancel(person, requester, server, rules) == (person.id == requester or is_named)


def test_approvers_that_are_everybody_cancel_nothing_of_others() -> None:
    """No rule can say so, but then two clicks of anybody would stop any operation."""
    rules = Rules((Rule(approvers=frozenset({EVERYBODY})),))
    for role, person in ROLES.items():
        assert not can_cancel(person, "USOMEBODY", "web-1", rules)
        assert can_cancel(person, person.id, "web-1", rules) == (role != "guest")


@given(people, verbs, names, channels, several)
def test_an_empty_list_of_approvers_never_approves(
    person: Person, verb: Verb, server: str, channel: str, rules: Rules
) -> None:
    rule = rules.for_server(server)
    if verb in rule.second_person and not rule.approvers - {person.id}:
        assert decided(person, verb, server, channel, rules) == "-"
    if not rule.approvers:
        assert not can_approve(person, "USOMEBODY", server, rules)


@given(people, verbs, names, channels, several)
def test_what_needs_a_second_person_is_never_done_at_once(
    person: Person, verb: Verb, server: str, channel: str, rules: Rules
) -> None:
    if verb in rules.for_server(server).second_person:
        assert decided(person, verb, server, channel, rules) != "y"


@given(people, verbs, names, channels, several)
def test_the_first_rule_that_fits_decides_alone(
    person: Person, verb: Verb, server: str, channel: str, rules: Rules
) -> None:
    alone = Rules(tuple(rule for rule in rules.rules if rule.fits(server))[:1])
    assert decided(person, verb, server, channel, rules) == decided(person, verb, server, channel, alone)
    for check in (can_approve, can_cancel):
        assert check(person, "USOMEBODY", server, rules) == check(person, "USOMEBODY", server, alone)


@given(people, verbs, names, channels, several, single, st.integers(0, 4))
def test_a_rule_about_other_servers_changes_nothing(
    person: Person, verb: Verb, server: str, channel: str, rules: Rules, other: Rule, at: int
) -> None:
    if not other.fits(server):
        more = Rules((*rules.rules[:at], other, *rules.rules[at:]), rules.auditors)
        assert decided(person, verb, server, channel, rules) == decided(person, verb, server, channel, more)


@given(people, verbs, names, channels, several)
def test_what_a_person_can_do_on_a_server_they_can_do_somewhere(
    person: Person, verb: Verb, server: str, channel: str, rules: Rules
) -> None:
    if decided(person, verb, server, channel, rules) != "-":
        decide_somewhere(person, verb, channel, rules)


@given(people, names, channels, several)
def test_what_is_shown_is_what_the_person_can_look_at(
    person: Person, server: str, channel: str, rules: Rules
) -> None:
    here = decided(person, Verb.LIST, server, channel, rules) == "y"
    somewhere = any(decided(person, Verb.LIST, server, each, rules) == "y" for each in ("COPS", "CRANDOM"))
    assert sight(person, channel, rules)(server) == here
    assert sight(person, None, rules)(server) == somewhere


@given(people, names, channels, several)
def test_a_timeline_is_for_those_who_can_look(
    person: Person, server: str, channel: str, rules: Rules
) -> None:
    assert decided(person, Verb.TIMELINE, server, channel, rules) == decided(
        person, Verb.LIST, server, channel, rules
    )


@given(people, ids, names, channels, several)
def test_what_is_offered_unasked_is_what_can_be_done_and_nothing_where_nothing_can_be_looked_at(
    person: Person, requester: str, server: str, channel: str, rules: Rules
) -> None:
    try:
        found = rights(person, channel, rules)
    except NotAllowed:
        assert decided(person, Verb.LIST, server, channel, rules) == "-"
        return
    assert found.sees(server) == (decided(person, Verb.LIST, server, channel, rules) == "y")
    assert found.able(server) & CHANGING == {
        verb for verb in CHANGING if decided(person, verb, server, channel, rules) != "-"
    }
    assert found.can_approve(requester, server) == can_approve(person, requester, server, rules)
    assert found.can_cancel(requester, server) == can_cancel(person, requester, server, rules)


@given(guests, names, several)
def test_guests_are_shown_nothing(guest: Person, server: str, rules: Rules) -> None:
    with pytest.raises(NotAllowed):
        rights(guest, "COPS", rules)
    with pytest.raises(NotAllowed):
        sight(guest, None, rules)(server)
