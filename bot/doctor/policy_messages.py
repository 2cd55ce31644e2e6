"""The policy in force in words: who can do what on which servers, and what needs whom."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.doctor.model import Policy
from bot.notifications.model import Notify, NotifyLevels
from bot.permissions import EVERYBODY, Ids, Rule, Rules
from bot.slack.text import join_words

MOST_NAMED = 10


def policies(
    rules: Rules, names: Mapping[str, str], servers: Collection[str] | None, outsiders: Collection[str]
) -> list[Policy]:
    """Return what the rules say, in their order.

    `names` are how to call ids, `servers` those there are, None if that can't be told; `outsiders` are named,
    but are no full members.
    """
    rules = _without(rules, frozenset(outsiders))
    found = []
    for rule in rules.rules:
        mine = sorted(server for server in servers or () if rules.for_server(server) is rule)
        about = _about(rule, is_only=len(rules.rules) == 1)
        if servers is not None and len(rules.rules) > 1 and list(rule.servers) != mine:
            about += f" ({_shortened(mine) or 'none now'})"
        found.append(Policy(about, tuple(_lines(rule, names))))
    return [*found, Policy("Audit trail", (_readers(rules, names),))]


def what_channels_are_told(levels: NotifyLevels, names: Mapping[str, str]) -> Policy:
    """Return what each channel is told of operations; `names` are how to call ids."""
    named = [f"{names.get(each, each)}: {_TOLD[level]}." for each, level in sorted(levels.channels.items())]
    rest = f"{'All other' if named else 'All'} channels: {_TOLD[levels.otherwise]}."
    return Policy("What channels are told", (*named, rest))


_TOLD = {
    Notify.ALL: "everything",
    Notify.OUTCOMES: "how operations ended",
    Notify.FAILURES: "failures, and servers that were reset",
}


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


def _about(rule: Rule, *, is_only: bool) -> str:
    if rule.servers == (EVERYBODY,):
        return "All servers" if is_only else "All other servers"
    return join_words(list(rule.servers))


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
    if rule.alert_channel:
        where = names.get(rule.alert_channel, rule.alert_channel)
        lines.append(f"Without a good backup for {rule.backup_hours:g} hours, {where} is alerted.")
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
    return _shortened(sorted(names.get(each, each) for each in ids), joint)


def _shortened(names: list[str], joint: str = "and") -> str:
    rest = [f"{len(names) - MOST_NAMED} more"] * (len(names) > MOST_NAMED)
    return join_words([*names[:MOST_NAMED], *rest], joint)
