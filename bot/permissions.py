"""Who may do what, and what needs a second person.

Decided anew at each step, from who the person is and the rules alone: never from what a message, a button
or a modal carries.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.errors import NotAllowed

EVERYBODY = "*"
"""Stands for every full member of the workspace; guests and other organisations' people are never meant."""

Ids = frozenset[str]


class Risk(StrEnum):
    """What a request can do."""

    LOOK = "look"
    CREATE = "create"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True)
class Who:
    """A person as Slack knows them. `is_member`: a full member of our workspace who is not deactivated."""

    id: str
    is_member: bool = False
    groups: Ids = frozenset()


@dataclass(frozen=True)
class Rule:
    """Who may do what on the servers whose names fit a pattern (`*` and `?`).

    People are user ids, user group ids, or `EVERYBODY`. An operator may look, create, delete and restore; an
    approver may look and approve. `channels` limits where all of it may be asked for; empty: anywhere.
    """

    servers: tuple[str, ...] = (EVERYBODY,)
    channels: Ids = frozenset()
    viewers: Ids = frozenset({EVERYBODY})
    operators: Ids = frozenset()
    approvers: Ids = frozenset()
    second_person: frozenset[Risk] = frozenset()
    break_glass: bool = False
    approval_minutes: float = 30.0

    def fits(self, server: str) -> bool:
        """Tell whether the rule is about this server; case does not matter."""
        return any(fnmatchcase(server.casefold(), pattern.casefold()) for pattern in self.servers)


@dataclass(frozen=True)
class Rules:
    """Rules in order: the first that fits a server decides alone. Where none fits, nobody may do anything."""

    rules: tuple[Rule, ...] = (Rule(),)
    auditors: Ids = frozenset()

    def for_server(self, server: str) -> Rule:
        """Return the rule that decides about a server."""
        return next((rule for rule in self.rules if rule.fits(server)), _NOTHING)

    @property
    def groups(self) -> Ids:
        """The user groups the rules name, whose members must be known."""
        named = [self.auditors, *(ids for r in self.rules for ids in (r.viewers, r.operators, r.approvers))]
        return frozenset(each for ids in named for each in ids if each.startswith("S"))


@dataclass(frozen=True)
class Go:
    """The person may, at once."""


@dataclass(frozen=True)
class AskFirst:
    """The person may, once one of `approvers` (user and group ids) agrees within `minutes`.

    `break_glass`: in an emergency the person may go ahead alone.
    """

    approvers: Ids = field(default_factory=frozenset)
    minutes: float = 30.0
    break_glass: bool = False


_NOTHING = Rule(servers=(), viewers=frozenset())
_NOT_A_MEMBER = "Only full members of this workspace may use me, not guests or people of other organisations."


def decide(who: Who, risk: Risk, server: str, channel: str, rules: Rules) -> Go | AskFirst:
    """Return whether the person may do this on a server, from a channel, and whether somebody must agree.

    Raises:
        NotAllowed: says who may, where, or how to allow it.
    """
    _check_member(who)
    return _decide_by(rules.for_server(server), who, risk, channel)


def decide_somewhere(who: Who, risk: Risk, channel: str, rules: Rules) -> None:
    """Raise NotAllowed where the person may not do this on any server, as far as the rules go."""
    _check_member(who)
    refusals = []
    for rule in rules.rules or (_NOTHING,):
        try:
            _decide_by(rule, who, risk, channel)
        except NotAllowed as refusal:
            refusals.append(refusal)
        else:
            return
    raise refusals[-1]


def visible(who: Who, servers: Iterable[str], channel: str | None, rules: Rules) -> Ids:
    """Return which of these servers the person may look at from a channel (None: wherever they may).

    Raises:
        NotAllowed: they are no full member.
    """
    _check_member(who)
    return frozenset(server for server in servers if _may_look(rules.for_server(server), who, channel))


def _may_look(rule: Rule, who: Who, channel: str | None) -> bool:
    anywhere = replace(rule, channels=frozenset())
    try:
        _decide_by(anywhere if channel is None else rule, who, Risk.LOOK, channel or "")
    except NotAllowed:
        return False
    return True


def _decide_by(rule: Rule, who: Who, risk: Risk, channel: str) -> Go | AskFirst:
    _check_channel(rule, channel)
    if risk is Risk.LOOK:
        _check(
            who,
            rule.viewers | rule.operators | rule.approvers,
            "see the backups of this server",
            "BOT_VIEWERS",
        )
        return Go()
    _check(who, rule.operators, f"{risk.value} backups of this server", "BOT_OPERATORS")
    if risk not in rule.second_person:
        return Go()
    if not rule.approvers - {who.id}:
        raise NotAllowed(
            f"To {risk.value} here needs a second person, and nobody else may approve it.",
            "Whoever runs me names people in the setting `BOT_APPROVERS`.",
        )
    return AskFirst(rule.approvers, rule.approval_minutes, rule.break_glass)


def check_approval(who: Who, asked_by: str, server: str, rules: Rules) -> None:
    """Raise NotAllowed unless the person may approve or deny what somebody else asked for on a server."""
    _check_member(who)
    if who.id == asked_by:
        raise NotAllowed("You asked for this yourself, so somebody else has to decide.")
    _check(who, rules.for_server(server).approvers, "decide on this server", "BOT_APPROVERS")


def check_asker(who: Who, asked_by: str) -> None:
    """Raise NotAllowed unless the person is whoever asked, and a full member still."""
    _check_member(who)
    if who.id != asked_by:
        raise NotAllowed("Only whoever asked may do that.", who=(asked_by,))


def check_audit(who: Who, rules: Rules) -> None:
    """Raise NotAllowed unless the person may read the audit trail: approvers of any rule, and auditors."""
    _check_member(who)
    readers = rules.auditors.union(*(rule.approvers for rule in rules.rules))
    _check(who, readers, "read the audit trail", "BOT_AUDITORS")


def _check_member(who: Who) -> None:
    if not who.is_member:
        raise NotAllowed(_NOT_A_MEMBER)


def _check_channel(rule: Rule, channel: str) -> None:
    if rule.channels and channel not in rule.channels:
        raise NotAllowed("That may not be asked for in this channel.", where=tuple(sorted(rule.channels)))


def _check(who: Who, allowed: AbstractSet[str], what: str, setting: str) -> None:
    if EVERYBODY in allowed or who.id in allowed or who.groups & allowed:
        return
    if allowed:
        raise NotAllowed(f"You may not {what}.", who=tuple(sorted(allowed)))
    raise NotAllowed(
        f"You may not {what}.", f"Nobody may yet: whoever runs me names people in the setting `{setting}`."
    )
