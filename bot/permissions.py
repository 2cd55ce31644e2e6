"""Who can do what, and what needs a second person.

Decided anew at each step, from who the person is and the rules alone: never from what a message, a button
or a modal carries.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from bot.errors import Denial, NotAllowed
from bot.names import fits
from bot.verbs import CHANGING, Verb

EVERYBODY = "*"
"""Stands for every full member of the workspace; guests and other organisations' people are never meant."""

Ids = frozenset[str]

MOST_NAMES = 20_000
"""Of so many servers it is remembered which rule decides about them, as each command asks that of all."""


def is_group(an_id: str) -> bool:
    """Tell whether an id is a user group's rather than a user's."""
    return an_id.startswith("S")


@dataclass(frozen=True)
class Person:
    """A person as Slack knows them. `is_member`: a full member of our workspace who is not deactivated."""

    id: str
    is_member: bool = False
    groups: Ids = frozenset()


@dataclass(frozen=True)
class Rule:
    """Who can do what on the servers whose names fit a pattern (`*` and `?`).

    People are user ids, user group ids, or `EVERYBODY`. An operator can look, create, delete and restore; an
    approver can look and approve. `channels` limits where all of it can be requested; empty: anywhere.
    A server without a good backup of the last `backup_hours` is told in `alert_channel` (in none if empty).
    """

    servers: tuple[str, ...] = (EVERYBODY,)
    channels: Ids = frozenset()
    viewers: Ids = frozenset({EVERYBODY})
    operators: Ids = frozenset()
    approvers: Ids = frozenset()
    second_person: frozenset[Verb] = frozenset()
    break_glass: bool = False
    approval_minutes: float = 30.0
    backup_hours: float = 48.0
    alert_channel: str = ""

    def fits(self, server: str) -> bool:
        """Tell whether the rule is about this server, whatever of its name people can't see or don't type."""
        return any(fits(pattern, server) for pattern in self.servers)


@dataclass(frozen=True)
class Rules:
    """Rules in order: the first that fits a server decides alone. If none fits, nobody can do anything."""

    rules: tuple[Rule, ...] = (Rule(),)
    auditors: Ids = frozenset()

    @cached_property
    def for_server(self) -> Callable[[str], Rule]:
        """What returns the rule that decides about a server, by its name."""

        def first_that_fits(server: str) -> Rule:
            return next((rule for rule in self.rules if rule.fits(server)), _NOTHING)

        return lru_cache(MOST_NAMES)(first_that_fits)

    @property
    def operators(self) -> Ids:
        """The people and user groups who can change something on some server, if they are named."""
        return frozenset().union(*(rule.operators for rule in self.rules)) - {EVERYBODY}

    @property
    def alert_channels(self) -> list[str]:
        """The channels that get alerts: first that of servers without a rule of their own."""
        named = [rule.alert_channel for rule in reversed(self.rules) if rule.alert_channel]
        return list(dict.fromkeys(named))

    @property
    def groups(self) -> Ids:
        """The user groups the rules name, whose members must be known."""
        named = [self.auditors, *(ids for r in self.rules for ids in (r.viewers, r.operators, r.approvers))]
        return frozenset(each for ids in named for each in ids if is_group(each))


@dataclass(frozen=True)
class Allowed:
    """The person can do it, at once."""


@dataclass(frozen=True)
class NeedsApproval:
    """The person can do it once one of `approvers` (user and group ids) approves within `minutes`.

    `break_glass`: in an emergency the person can do it alone.
    """

    approvers: Ids = field(default_factory=frozenset)
    minutes: float = 30.0
    break_glass: bool = False


Decision = Allowed | NeedsApproval
Sight = Callable[[str], bool]
"""Tells of a server, by its name, whether a person can look at it."""

_NOTHING = Rule(servers=(), viewers=frozenset())


def decide(person: Person, verb: Verb, server: str, channel: str, rules: Rules) -> Decision:
    """Return whether the person can do this on a server, from a channel, and whether somebody must approve.

    Raises:
        NotAllowed: says who can, where, or which setting allows it.
    """
    _check_member(person)
    return _decide_by(rules.for_server(server), person, verb, channel)


def check_by_clock(person: Person, verb: Verb, server: str, channel: str, rules: Rules) -> None:
    """Raise NotAllowed unless the person can do this at once: by the clock, nobody can be asked."""
    if isinstance(decide(person, verb, server, channel, rules), NeedsApproval):
        raise NotAllowed(Denial.NOT_BY_THE_CLOCK, verb)


def stricter(one: Decision, other: Decision) -> Decision:
    """Return the decision on something that takes two rights."""
    return one if isinstance(one, NeedsApproval) else other


def decide_somewhere(person: Person, verb: Verb, channel: str, rules: Rules) -> None:
    """Raise NotAllowed if the person can't do this on any server, as far as the rules go."""
    _check_member(person)
    refusals = []
    for rule in rules.rules or (_NOTHING,):
        try:
            _decide_by(rule, person, verb, channel)
        except NotAllowed as refusal:
            refusals.append(refusal)
        else:
            return
    raise refusals[-1]


def able(person: Person, server: str | None, channel: str, rules: Rules) -> frozenset[Verb]:
    """Return what the person can do from a channel on a server, or (None) on any; approval may be needed."""

    def can(verb: Verb) -> bool:
        try:
            if verb is Verb.AUDIT:
                audit_sight(person, channel, rules)
            elif server is None:
                decide_somewhere(person, verb, channel, rules)
            else:
                decide(person, verb, server, channel, rules)
        except NotAllowed:
            return False
        return True

    return frozenset(verb for verb in Verb if can(verb))


def sees_all(_: str) -> bool:
    """Tell that every server can be looked at: for what is looked up for nobody to see."""
    return True


def sight(person: Person, channel: str | None, rules: Rules) -> Sight:
    """Return what tells which servers the person can look at from a channel (None: from any).

    Raises:
        NotAllowed: they are no full member.
    """
    _check_member(person)
    # Decided once for each rule, as there may be thousands of servers.
    seen = {id(rule): _can_look(rule, person, channel) for rule in (*rules.rules, _NOTHING)}
    return lambda server: seen[id(rules.for_server(server))]


def _can_look(rule: Rule, person: Person, channel: str | None) -> bool:
    anywhere = replace(rule, channels=frozenset())
    try:
        _decide_by(anywhere if channel is None else rule, person, Verb.LIST, channel or "")
    except NotAllowed:
        return False
    return True


def _decide_by(rule: Rule, person: Person, verb: Verb, channel: str) -> Decision:
    if rule.channels and channel not in rule.channels:
        raise NotAllowed(Denial.OTHER_CHANNEL, verb, where=tuple(sorted(rule.channels)))
    if verb not in CHANGING:
        _check_role(person, rule.viewers | rule.operators | rule.approvers, Verb.LIST, "BOT_VIEWERS")
        return Allowed()
    _check_role(person, rule.operators, verb, "BOT_OPERATORS")
    if verb not in rule.second_person:
        return Allowed()
    if not rule.approvers - {person.id}:
        raise NotAllowed(Denial.NO_APPROVER, verb, "BOT_APPROVERS")
    return NeedsApproval(rule.approvers, rule.approval_minutes, rule.break_glass)


def check_approval(person: Person, requester: str, server: str, rules: Rules) -> None:
    """Raise NotAllowed unless the person can approve or decline what somebody else requested on a server."""
    _check_member(person)
    if person.id == requester:
        raise NotAllowed(Denial.OWN_REQUEST, "approve")
    _check_role(person, rules.for_server(server).approvers, "approve", "BOT_APPROVERS")


def check_answer(person: Person, server: str | None, rules: Rules) -> None:
    """Raise NotAllowed unless the person can create or approve on the server, or (None) on any.

    Those can acknowledge and snooze its alerts, from wherever these are.
    """
    _check_member(person)
    own = rules.rules if server is None else (rules.for_server(server),)
    able = frozenset[str]().union(*(rule.operators | rule.approvers for rule in own))
    _check_role(person, able, "answer_alert", "BOT_OPERATORS")


def check_requester(person: Person, requester: str) -> None:
    """Raise NotAllowed unless the person is the requester, and a full member still."""
    _check_member(person)
    if person.id != requester:
        raise NotAllowed(Denial.NOT_THE_REQUESTER, "withdraw", who=(requester,))


def check_cancel(person: Person, requester: str, server: str, rules: Rules) -> None:
    """Raise NotAllowed unless the person is the requester or an approver for the server."""
    _check_member(person)
    approvers = rules.for_server(server).approvers - {EVERYBODY}
    _check_role(person, approvers | {requester}, "cancel", "BOT_APPROVERS")


@dataclass(frozen=True)
class Rights:
    """What a person can see and do from a channel, by the rules: for what is shown and offered to them."""

    person: Person
    channel: str
    rules: Rules
    sees: Sight

    def able(self, server: str | None = None) -> frozenset[Verb]:
        """Return what they can do on a server, or (None) on any; approval may be needed."""
        return able(self.person, server, self.channel, self.rules)

    def can_approve(self, requester: str, server: str) -> bool:
        """Tell whether they can approve or decline what somebody requested on a server."""
        return _passes(check_approval, self.person, requester, server, self.rules)

    def can_cancel(self, requester: str, server: str) -> bool:
        """Tell whether they can cancel what somebody requested on a server."""
        return _passes(check_cancel, self.person, requester, server, self.rules)


def _passes(check: Callable[..., None], *facts: object) -> bool:
    try:
        check(*facts)
    except NotAllowed:
        return False
    return True


def rights(person: Person, channel: str, rules: Rules) -> Rights:
    """Return what a person can see and do; raises NotAllowed if they can look at nothing from there."""
    decide_somewhere(person, Verb.LIST, channel, rules)
    return Rights(person, channel, rules, sight(person, channel, rules))


@dataclass(frozen=True)
class AuditSight:
    """Which entries of the audit trail a person can read: all, or those that `includes` tells by server.

    `includes("")` tells it of entries that are about no server.
    """

    is_whole: bool
    includes: Sight


def audit_sight(person: Person, channel: str, rules: Rules) -> AuditSight:
    """Return what of the audit trail the person can read from a channel.

    Auditors read what is about any server, approvers what is about servers under their rules; both only
    where these rules let people make requests.

    Raises:
        NotAllowed: they can't read any of it, or not there.
    """
    _check_member(person)
    readers = rules.auditors.union(*(rule.approvers for rule in rules.rules))
    _check_role(person, readers, Verb.AUDIT, "BOT_AUDITORS")
    is_auditor = _is_among(person, rules.auditors)
    own = [rule for rule in rules.rules if is_auditor or _is_among(person, rule.approvers)]
    here = [rule for rule in own if not rule.channels or channel in rule.channels]
    if own and not here:
        where = frozenset[str]().union(*(rule.channels for rule in own))
        raise NotAllowed(Denial.OTHER_CHANNEL, Verb.AUDIT, where=tuple(sorted(where)))
    is_whole = len(here) == len(rules.rules)

    def includes(server: str) -> bool:
        rule = rules.for_server(server) if server else _NOTHING
        return rule in here or (rule is _NOTHING and (is_auditor or (is_whole and not server)))

    return AuditSight(is_whole, includes)


def _check_member(person: Person) -> None:
    if not person.is_member:
        raise NotAllowed(Denial.NOT_A_MEMBER)


def _check_role(person: Person, allowed: AbstractSet[str], action: str, setting: str) -> None:
    if not _is_among(person, allowed):
        raise NotAllowed(Denial.NO_ROLE, action, setting, who=tuple(sorted(allowed)))


def _is_among(person: Person, named: AbstractSet[str]) -> bool:
    return EVERYBODY in named or person.id in named or bool(person.groups & named)
