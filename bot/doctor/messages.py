"""What the doctor says about what it found; pure, so that every case can be read in a test."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.errors import ConfigurationError
from bot.permissions import Rule, Rules
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report, and what to do if something is wrong."""

    is_well: bool
    what: str
    advice: str = ""


def report(findings: Iterable[Finding]) -> str:
    """Return the findings as lines that begin with ✓ or ✗, with what to do below each ✗."""
    lines = []
    for finding in findings:
        lines.append(f"{'✓' if finding.is_well else '✗'} {finding.what}")
        lines += [f"    {finding.advice}"] if finding.advice else []
    return "".join(f"{line}\n" for line in lines)


def refused(error: ConfigurationError) -> list[Finding]:
    """Return one finding per problem; each already says what to do."""
    return [Finding(False, problem) for problem in error.problems]


def scopes(granted: Collection[str]) -> list[Finding]:
    """Compare what Slack granted to the bot's token with the manifest."""
    if not granted:
        return [Finding(True, "Scopes: Slack does not say which ones the bot's token has.")]
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        return [
            Finding(
                False,
                f"Scopes: the bot's token lacks {', '.join(missing)}.",
                "Put the output of `backup-bot manifest` into your app's “App Manifest”, then install the "
                "app in your workspace again.",
            )
        ]
    without = [scope for scope in OPTIONAL_SCOPES if scope not in granted]
    if without:
        return [
            Finding(
                True,
                f"Scopes: all that are needed. Without {', '.join(without)}, which are optional, a message "
                "may be posted twice after a crash.",
            )
        ]
    return [Finding(True, "Scopes: all that the manifest asks for.")]


def servers(count: int, not_shown: int) -> Finding:
    """Say how many servers the token shows."""
    if not_shown:
        return Finding(
            False, f"VPS.org shows {count} servers, and counts {not_shown} more.", "Ask its support."
        )
    return Finding(True, f"VPS.org lists {count} servers.")


def vps_token(name: str, email: str, permissions: Sequence[str]) -> Finding:
    """Say whose token it is; a token that can only read is not enough."""
    whose = f"VPS_API_TOKEN: the token “{name}” of {email}" if name else f"VPS_API_TOKEN: a token of {email}"
    if not permissions:
        return Finding(True, f"{whose}. VPS.org does not say what it can do.")
    listed = ", ".join(permissions)
    if all(_only_reads(permission) for permission in permissions):
        return Finding(
            False,
            f"{whose} can only read: {listed}.",
            "Make a token that can also write, in VPS.org's control panel.",
        )
    return Finding(True, f"{whose} can: {listed}.")


def sqlite(python: tuple[int, ...], library: tuple[int, ...]) -> list[Finding]:
    """Say if SQLite is too old: from Python 3.12 on, dbos needs 3.42, for unixepoch('subsec')."""
    if python < (3, 12) or library >= (3, 42):
        return []
    return [
        Finding(
            False,
            f"DATABASE_URL: SQLite {'.'.join(map(str, library))} is too old for this Python; 3.42 is needed.",
            "Use Python 3.11, a newer system, the Docker image, or PostgreSQL.",
        )
    ]


def people_unasked(reason: str) -> Finding:
    """Say that Slack could not be asked about those who are named."""
    return Finding(
        False, f"Rights: Slack could not be asked about those who are named ({reason}).", "Try again."
    )


def people(members: Collection[str], strangers: Collection[str]) -> list[Finding]:
    """Say which of the people who are named are full members of the workspace."""
    if strangers:
        return [
            Finding(
                False,
                f"Rights: {person} is not an active full member (guest, deactivated or unknown).",
                "Open the person's profile in Slack, “…”, “Copy member ID”.",
            )
            for person in sorted(strangers)
        ]
    if members:
        return [Finding(True, f"Rights: {_people(len(members))} named by id; all are full members.")]
    return []


def groups(sizes: Mapping[str, int]) -> list[Finding]:
    """Say how many members the user groups have that are named."""
    return [
        Finding(True, f"Rights: the user group {group} has {_people(size)}.")
        if size
        else Finding(
            False,
            f"Rights: the user group {group} has no members, or is none.",
            "In Slack, “People & user groups”, choose the group, “…”, “Copy group ID”. User groups need a "
            "paid plan.",
        )
        for group, size in sorted(sizes.items())
    ]


def operators(rules: Rules) -> list[Finding]:
    """Say if nobody can change anything."""
    if any(rule.operators for rule in rules.rules):
        return []
    return [Finding(True, "BOT_OPERATORS is empty: nobody can create, delete or restore.")]


def second_person(rule: Rule, operators: AbstractSet[str], approvers: AbstractSet[str]) -> list[Finding]:
    """Say whether whoever asks under a rule finds another person who may agree; both are user ids."""
    if not rule.second_person or not rule.operators:
        return []
    servers = ", ".join(rule.servers)
    if len(approvers) > 1 or approvers - operators:
        return [
            Finding(
                True, f"Approvals: on {servers}, {_people(len(approvers))} can approve what others request."
            )
        ]
    advice = "Name people in BOT_APPROVERS, or in `approvers` in the rules file."
    if not approvers:
        return [
            Finding(False, f"Approvals: on {servers}, a second person is needed, and there is none.", advice)
        ]
    [only] = approvers
    return [Finding(False, f"Approvals: on {servers}, nobody can approve what {only} requests.", advice)]


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _only_reads(permission: str) -> bool:
    words = permission.casefold().replace(":", " ").replace(".", " ").replace("_", " ").split()
    return bool({"read", "readonly", "view"} & set(words)) and "write" not in words
