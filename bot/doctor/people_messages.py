"""What the doctor says about the people whom settings and rules name."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

from bot.doctor.model import Finding, problem, warning, well
from bot.permissions import Rule, Rules
from bot.slack.text import join_words, pluralize

COPY_MEMBER_ID = "Open the person's profile in Slack, “…”, “Copy member ID”."


def people_unasked(reason: str) -> Finding:
    """Say that Slack could not be asked about those who are named."""
    return problem(f"Slack could not be asked about the people who are named ({reason}).", "Try again.")


def people(members: Collection[str], strangers: Mapping[str, str]) -> list[Finding]:
    """Say which of the people who are named are full members; `strangers` have the setting naming them."""
    if strangers:
        return [
            problem(
                f"{where}: {person} is not an active full member (guest, deactivated or unknown).",
                COPY_MEMBER_ID,
            )
            for person, where in sorted(strangers.items())
        ]
    if members:
        who = "one person" if len(members) == 1 else f"{len(members)} people"
        return [well(f"People: {who} named by id, all full members.")]
    return []


def groups(sizes: Mapping[str, int]) -> list[Finding]:
    """Say how many members the user groups have that are named."""
    return [
        well(f"People: the user group {group} has {pluralize(size, 'member')}.")
        if size
        else problem(
            f"People: the user group {group} has no members, or is none.",
            "In Slack, “People & user groups”, choose the group, “…”, “Copy group ID”. User groups need a "
            "paid plan.",
        )
        for group, size in sorted(sizes.items())
    ]


def not_counted(group: str, outsiders: Collection[str]) -> Finding:
    """Say which members of a group are guests or deactivated, and so count for nothing."""
    return warning(
        f"People: {join_words(sorted(outsiders))} in the user group {group} can do nothing here, as only "
        "active full members can."
    )


def operators(rules: Rules, able: AbstractSet[str]) -> list[Finding]:
    """Say if nobody can change anything; `able` are the user ids of all operators there are."""
    if able:
        return []
    if any(rule.operators for rule in rules.rules):
        return [problem("Nobody can create, delete or restore: no operator is a full member.")]
    return [
        problem(
            "BOT_OPERATORS is empty: nobody can create, delete or restore.", f"Name people. {COPY_MEMBER_ID}"
        )
    ]


def second_person(rule: Rule, operators: AbstractSet[str], approvers: AbstractSet[str]) -> list[Finding]:
    """Say if a requester under a rule finds nobody else who can approve; both are user ids."""
    if not rule.second_person or not rule.operators or len(approvers) > 1 or approvers - operators:
        return []
    servers = "all servers" if rule.servers == ("*",) else join_words(list(rule.servers))
    advice = "Name more people in BOT_APPROVERS, or in `approvers` in the rules file."
    if not approvers:
        return [problem(f"Approvals: {servers} need a second person, and there is none.", advice)]
    [only] = approvers
    return [problem(f"Approvals: on {servers}, nobody can approve what {only} requests.", advice)]
