"""The policy in force in words: who can do what on which servers, and what needs whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.doctor.model import Policy
from bot.permissions import EVERYBODY, Ids, Rule, Rules
from bot.slack.text import join_words

MOST_NAMED = 10


def policies(
    rules: Rules, names: Mapping[str, str], servers: Collection[str], outsiders: Collection[str]
) -> list[Policy]:
    """Return what the rules say, in their order.

    `names` are how to call ids, `servers` those there are; `outsiders` are named, but are no full members.
    """
    rules = _without(rules, frozenset(outsiders))
    found = []
    for rule in rules.rules:
        mine = sorted(server for server in servers if rules.for_server(server) is rule)
        found.append(Policy(_about(rule, mine, is_only=len(rules.rules) == 1), tuple(_lines(rule, names))))
    return [*found, Policy("Audit trail", (_readers(rules, names),))]


def _without(rules: Rules, outsiders: Ids) -> Rules:
    kept = tuple(
        replace(
            rule,
            viewers=rule.viewers - outsiders,
            operators=rule.operators - outsiders,
            approvers=rule.approvers - outsiders,
        )
        for rule in rules.rules
    )
    return Rules(kept, rules.auditors - outsiders)


def _about(rule: Rule, servers: Sequence[str], *, is_only: bool) -> str:
    what = join_words(list(rule.servers))
    if rule.servers == (EVERYBODY,):
        what = "All servers" if is_only else "All other servers"
    if is_only or list(rule.servers) == list(servers):
        return what
    shown = [*servers[:MOST_NAMED], *([f"{len(servers) - MOST_NAMED} more"] * (len(servers) > MOST_NAMED))]
    return f"{what} ({join_words(shown)})" if shown else f"{what} (none now)"


def _lines(rule: Rule, names: Mapping[str, str]) -> list[str]:
    lines = [f"{_named(rule.viewers | rule.operators | rule.approvers, names) or 'Nobody'} can look."]
    if rule.operators:
        lines += [
            f"{_named(rule.operators, names)} can create, delete and restore.",
            *_approvals(rule, names),
        ]
    else:
        lines.append("Nobody can create, delete or restore.")
    if rule.channels:
        lines.append(f"Only in {_named(rule.channels, names)}.")
    return lines


def _approvals(rule: Rule, names: Mapping[str, str]) -> list[str]:
    what = join_words(sorted(rule.second_person)).capitalize()
    if not what:
        return ["No approval is needed."]
    needs = "needs" if len(rule.second_person) == 1 else "need"
    who = _named(rule.approvers, names, "or")
    if not who:
        return [f"{what} {needs} approval, and nobody can give it."]
    lines = [f"{what} {needs} approval from {who}, within {rule.approval_minutes:g} minutes."]
    if rule.break_glass:
        lines.append("In an emergency the requester can do it without approval (break-glass).")
    return lines


def _readers(rules: Rules, names: Mapping[str, str]) -> str:
    readers = rules.auditors.union(*(rule.approvers for rule in rules.rules))
    return f"{_named(readers, names) or 'Nobody'} can read it."


def _named(ids: Ids, names: Mapping[str, str], joint: str = "and") -> str:
    if EVERYBODY in ids:
        return "Every full member"
    called = sorted(names.get(each, each) for each in ids)
    rest = [f"{len(called) - MOST_NAMED} more"] * (len(called) > MOST_NAMED)
    return join_words([*called[:MOST_NAMED], *rest], joint)
