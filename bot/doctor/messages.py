"""What the doctor says about what it found; pure, so that every case can be read in a test."""

import socket
import ssl
from collections.abc import Collection, Iterator, Sequence

from bot.audit.integrity_messages import broken
from bot.audit.model import Broken
from bot.doctor.model import Finding, Level, Report, problem, warning, well
from bot.errors import ConfigurationError, ProviderError, Silence, Unauthorized, Unreachable
from bot.network import certificate_problem
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.slack.provider_messages import provider_error
from bot.slack.text import duration, join_words, pluralize

POLICY_TITLE = "Who can do what"
COPY_CHANNEL_ID = "Click the channel's name in Slack; its id is at the end of “About”."
INVITE = "Type `/invite @backup-bot` in that channel."
MOST_SECONDS_OFF = 30.0
SIGNED_SECONDS = 300.0
"""How old a signed request can be (SLACK.md, section 3)."""
_REACH = "Check {variable}, the network and the proxy."


def summary(report: Report) -> str:
    """Return the verdict in a line."""
    problems, warnings = report.count(Level.PROBLEM), report.count(Level.WARNING)
    counts = [(problems, "problem"), (warnings, "warning")]
    said = ", ".join(pluralize(count, thing) for count, thing in counts if count)
    return f"{said}." if said else "All is well."


def waiting_for(waiting: Sequence[str], seconds: float) -> str:
    """Return what is waited for."""
    return f"Waiting for {join_words(list(waiting))}… {seconds:.0f} s"


def refused(error: ConfigurationError) -> list[Finding]:
    """Return one finding per problem; each already says what to do."""
    return [problem(each) for each in error.problems]


def connected_by(mode: str) -> Finding:
    """Say that the settings are complete, and how Slack reaches the bot."""
    return well(
        f"Settings: complete; Slack reaches the bot by {'Socket Mode' if mode == 'socket' else 'HTTP'}."
    )


def near_miss(name: str, setting: str) -> Finding:
    """Say that a variable is not read, though it looks like a setting."""
    return warning(f"{name} is not a setting, and is not read. Did you mean {setting}?")


def readable_by_others(file: str) -> Finding:
    """Say that others on this machine can read the tokens."""
    return warning(
        f"{file}: others on this machine can read it, and it holds tokens.", f"Run `chmod 600 {file}`."
    )


def unanswered(service: str, variable: str, seconds: float) -> Finding:
    """Say that a service did not answer in time."""
    return problem(f"{service} didn't answer within {seconds:.0f} s.", _REACH.format(variable=variable))


def unreached(service: str, variable: str, error: BaseException) -> Finding:
    """Say why a service can't be reached; certificates, names and refusals are told apart."""
    if why := certificate_problem(error):
        return untrusted(service, variable, why)
    for cause in _causes(error):
        match cause:
            case ssl.SSLError():
                return problem(f"{service} speaks no TLS there.", f"Check {variable} and the proxy.")
            case socket.gaierror():
                return problem(
                    f"{service}'s host name can't be found.", f"Check {variable} and this machine's DNS."
                )
            case ConnectionRefusedError():
                return problem(f"{service} refused the connection.", _REACH.format(variable=variable))
    return problem(f"{service} can't be reached ({type(error).__name__}).", _REACH.format(variable=variable))


def untrusted(service: str, variable: str, why: str) -> Finding:
    """Say what is wrong with a service's certificate, in OpenSSL's words."""
    return problem(
        f"{service}'s certificate is not trusted ({why}).",
        "Does a proxy of yours stand between? Then name the file with its certificate in SSL_CERT_FILE. "
        f"If not, check {variable} and this machine's clock.",
    )


def slack_trouble(name: str) -> Finding:
    """Say that Slack answered with trouble of its own, by its own name for it."""
    return problem(f"Slack is having problems ({name or 'an answer that could not be read'}).", "Try again.")


def not_understood(service: str, reason: str) -> Finding:
    """Say that an answer had an unknown shape."""
    return problem(f"{service[0].upper()}{service[1:]} answered in a way that isn't understood ({reason}).")


def bot_token(user: str, team: str) -> Finding:
    """Say who the bot is."""
    return well(f"SLACK_BOT_TOKEN: the bot is {user} in {team}.")


POSTED_TWICE = "A test of `backup-bot doctor --post-twice`: this message is deleted at once."


def posting(team: str, *, is_honoured: bool) -> Finding:
    """Say whether a message that is posted twice comes once."""
    if is_honoured:
        return well(
            f"Posting: in {team} Slack posts a message once, even if it is sent twice. "
            "The bot uses this from its next start."
        )
    return warning(
        f"Posting: in {team} Slack posts a message as often as it is sent.",
        "Give the bot the optional history scopes, so that after a crash it finds what it had posted.",
    )


def cant_post(channel: str, reason: str) -> Finding:
    """Say that Slack refuses a message in a channel."""
    return problem(
        f"Posting: the bot can't post in {channel} ({reason}).",
        "Give a channel's id, such as C012AB3CD, and invite the bot there with `/invite`.",
    )


def app_token() -> Finding:
    """Say that Socket Mode works."""
    return well("SLACK_APP_TOKEN: Slack offers a connection.")


def signing_secret() -> Finding:
    """Say what can't be checked."""
    return well("SLACK_SIGNING_SECRET: set; only a request from Slack can prove it right.")


def clock(seconds_ahead: float) -> list[Finding]:
    """Say if this machine's clock is wrong: deadlines go by it, and the age of signed requests."""
    off = abs(seconds_ahead)
    if off < MOST_SECONDS_OFF:
        return []
    said = f"This machine's clock is {duration(off)} {'ahead of' if seconds_ahead > 0 else 'behind'} Slack's."
    advice = "Set the clock, and keep it set by NTP."
    return [problem(said, advice) if off >= SIGNED_SECONDS else warning(said, advice)]


def scopes(granted: Collection[str]) -> Finding:
    """Compare what Slack granted to the bot's token with the manifest."""
    if not granted:
        return well("Scopes: Slack doesn't say which ones the bot's token has.")
    install = (
        "Put the output of `backup-bot manifest` into your app's “App Manifest”, then install the app in "
        "your workspace again."
    )
    if missing := [scope for scope in SCOPES if scope not in granted]:
        return problem(f"Scopes: the bot's token lacks {', '.join(missing)}.", install)
    without = [scope for scope in OPTIONAL_SCOPES if scope not in granted]
    if history := [scope for scope in without if scope.endswith(":history")]:
        return warning(
            f"Scopes: without {', '.join(history)} a message can be posted twice after a crash, unless "
            "`backup-bot doctor --post-twice CHANNEL` says otherwise.",
            install,
        )
    if channels := [scope for scope in without if scope.endswith(":read")]:
        return warning(f"Scopes: without {', '.join(channels)} channels can't be checked here.", install)
    if without:
        lacking = ", ".join(without)
        return warning(
            f"Scopes: without {lacking} people can't get the audit trail or a timeline as a file.", install
        )
    return well("Scopes: all that the manifest asks for.")


def channel(variable: str, channel_id: str, name: str, *, is_member: bool) -> Finding:
    """Say whether the bot is in a public channel, or a private one that it sees, as it is in it."""
    if is_member:
        return well(f"{variable}: the bot is in #{name} ({channel_id}).")
    return warning(
        f"{variable}: the bot isn't in #{name} ({channel_id}). It can post there, but not find its own "
        "messages there again after a crash.",
        INVITE,
    )


def nobody_is_alerted() -> Finding:
    """Say that no channel gets alerts."""
    return warning(
        "BOT_ALERT_CHANNEL isn't set, so nobody is told of a server without a good backup.",
        "Name a channel for alerts.",
    )


def no_report_to_tell_in() -> Finding:
    """Say that nobody is told what is to be in a report that there is not."""
    return warning(
        "BOT_RESTORE_PROOF_DAYS has no effect, as there is no daily report.",
        "Set BOT_DIGEST_CHANNEL as well.",
    )


def archived_channel(variable: str, channel_id: str, name: str) -> Finding:
    """Say that nothing can be posted in a channel any more."""
    return problem(f"{variable}: #{name} ({channel_id}) is archived.", "Name another channel.")


def unknown_channel(variable: str, channel_id: str) -> Finding:
    """Say that Slack shows no such channel: it is not there, or private without the bot."""
    return problem(
        f"{variable}: Slack shows the bot no channel {channel_id}.",
        f"Is it private? {INVITE} Or is the id wrong? {COPY_CHANNEL_ID}",
    )


def unchecked_channel(variable: str, channel_id: str, reason: str) -> Finding:
    """Say that a channel could not be checked; `reason` is Slack's own name for why."""
    return warning(f"{variable}: {channel_id} could not be checked ({reason}).")


def servers(count: int, not_shown: int) -> Finding:
    """Say how many servers the token shows."""
    if not_shown:
        return problem(f"VPS.org shows {count} servers, and counts {not_shown} more.", "Ask its support.")
    return (
        well(f"VPS.org lists {pluralize(count, 'server')}.") if count else warning("VPS.org lists no server.")
    )


def vps_token(name: str, email: str, permissions: Sequence[str]) -> Finding:
    """Say whose token it is; a token that can only read is not enough."""
    whose = f"VPS_API_TOKEN: the token “{name}” of {email}" if name else f"VPS_API_TOKEN: a token of {email}"
    if not permissions:
        return well(f"{whose}. VPS.org doesn't say what it can do.")
    listed = ", ".join(permissions)
    if all(_only_reads(permission) for permission in permissions):
        return problem(
            f"{whose} can only read: {listed}.",
            "Make a token that can also write, in VPS.org's control panel.",
        )
    return well(f"{whose} can: {listed}.")


def vps_refused(error: ProviderError) -> Finding:
    """Say why VPS.org could not be asked."""
    if isinstance(error, Unauthorized):
        return problem(
            f"VPS_API_TOKEN: {provider_error(error).what}",
            "Check VPS_API_TOKEN. It is made in VPS.org's control panel, and must be able to read servers "
            "and write backups.",
        )
    if isinstance(error, Unreachable) and error.silence is Silence.CERTIFICATE:
        return untrusted("VPS.org", "VPS_API_URL", error.words)
    return problem(provider_error(error).what, _REACH.format(variable="VPS_API_URL"))


def sqlite(python: tuple[int, ...], library: tuple[int, ...]) -> Finding | None:
    """Say if SQLite is too old: from Python 3.12 on, dbos needs 3.42, for unixepoch('subsec')."""
    if python < (3, 12) or library >= (3, 42):
        return None
    return problem(
        f"DATABASE_URL: SQLite {'.'.join(map(str, library))} is too old for this Python; 3.42 is needed.",
        "Use Python 3.11, a newer system, the Docker image, or PostgreSQL.",
    )


def database_writable() -> Finding:
    """Say that the database is there."""
    return well("DATABASE_URL: can be written to.")


def audit_trail(entries: int, *, is_all: bool) -> Finding:
    """Say that nobody has changed it."""
    if is_all:
        return well(f"Audit trail: unbroken, with {entries} {'entry' if entries == 1 else 'entries'}.")
    return well(
        f"Audit trail: its first {entries:,} entries are unbroken; `backup-bot audit verify` checks all."
    )


def database_unreadable(reason: str) -> Finding:
    """Say that the audit trail can't be read."""
    return problem(f"DATABASE_URL: the audit trail can't be read ({reason}).", "Check the database's log.")


def audit_trail_broken(found: Broken) -> Finding:
    """Say where somebody has changed it."""
    return problem(broken(found), "Compare it with the log (event `audit`), and with the audit channel.")


def database_will_be_made(file: str) -> Finding:
    """Say that the file is made at the first start."""
    return well(f"DATABASE_URL: {file} will be made at the first start.")


def database_unmakeable(file: str, folder: str) -> Finding:
    """Say that the file can't be made."""
    return problem(
        f"DATABASE_URL: {file} can't be made.", f"Let the bot write to {folder}, or name another file."
    )


def database_unwritable(reason: str) -> Finding:
    """Say that the database can't be used."""
    return problem(
        f"DATABASE_URL: can't be written to ({reason}).",
        "Check DATABASE_URL, that the database is there, and that the bot can write to it.",
    )


def fits_nothing(pattern: str) -> Finding:
    """Say that a rule is for a server that is not there."""
    return warning(f"BOT_RULES_FILE: no server fits “{pattern}”.", "Is the name right?")


def empty_group(name: str) -> Finding:
    """Say that a group has no server."""
    return warning(f"BOT_RULES_FILE: no server is in the group “{name}”.", "Are its patterns right?")


def group_named_like(name: str, server_id: int) -> Finding:
    """Say that a group can't be meant, as a server is called the same."""
    return warning(
        f"BOT_RULES_FILE: the group “{name}” is called like the server {server_id}.",
        "Who types it gets the server alone. Give the group another name.",
    )


def missed_by(server: str, server_id: int, pattern: str) -> Finding:
    """Say that a server only looks as if a rule were for it."""
    return warning(
        f"BOT_RULES_FILE: “{server}” ({server_id}) looks like “{pattern}”, yet that rule is not for it.",
        f"It has other letters that look the same: {_odd_letters(server)}. Rename it at VPS.org.",
    )


def look_alike(names: Sequence[tuple[str, int]]) -> Finding:
    """Say that people can mistake some servers, each with its id, for one another."""
    listed = join_words([f"“{name}” ({server_id})" for name, server_id in names])
    return warning(f"Servers: {listed} look alike.", "Rename all but one at VPS.org.")


def all_drawable(count: int) -> Finding:
    """Say that Slack accepts all that the bot can draw."""
    return well(f"Blocks: Slack accepts all {count} kinds of views and messages.")


def not_rolled_out(types: Sequence[str]) -> Finding:
    """Say that Slack does not draw newer blocks in this workspace, for which older ones are sent."""
    return warning(
        f"Blocks: this workspace doesn't have {join_words(list(types))} yet; older blocks are sent instead."
    )


def undrawable(name: str, pointer: str, reason: str) -> Finding:
    """Say where Slack finds fault with what some function draws."""
    return problem(f"Blocks: Slack refuses what {name} draws, at {pointer or '/'} ({reason or 'no reason'}).")


def _odd_letters(name: str) -> str:
    return (
        ", ".join(f"{each} (U+{ord(each):04X})" for each in dict.fromkeys(name) if not each.isascii()) or name
    )


def _only_reads(permission: str) -> bool:
    words = permission.casefold().replace(":", " ").replace(".", " ").replace("_", " ").split()
    return bool({"read", "readonly", "view"} & set(words)) and "write" not in words


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # aiohttp keeps the error of the operating system in a field of its own.
        cause = getattr(error, "os_error", None)
        if isinstance(cause, BaseException):
            yield cause
        error = error.__cause__ or error.__context__
