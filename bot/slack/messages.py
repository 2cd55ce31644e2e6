"""Every failure in words: what happened, and what to do about it."""

from collections.abc import Sequence

from bot.errors import (
    AddressUnavailable,
    AlreadyTried,
    AskedTooOften,
    BotError,
    ConfigurationError,
    DatabaseInUse,
    DatabaseUnavailable,
    Denial,
    Misuse,
    NotAllowed,
    NotChecked,
    NotRecorded,
    ProviderError,
    Stale,
    StaleConfirmation,
    UnknownBackup,
    UnknownServer,
    Unrecorded,
    UsageError,
)
from bot.slack.provider_messages import TRY_LATER, TRY_SOON, Explanation, NextStep, provider_error
from bot.slack.stale_messages import SEE_BACKUPS, STALE
from bot.slack.text import duration, join_words, mention, pluralize, sentence, truncate_mrkdwn
from bot.slack.timing_messages import BY_THE_CLOCK, TIMING_ERRORS
from bot.verbs import USAGES, Verb, in_quotes

ANSWER_TITLE = "Backup Bot"
TRY_AGAIN = "Try again"
PREVIOUS, NEXT = "◀ Previous", "Next ▶"
ELSEWHERE = "In a thread, mention me instead of typing `/backup`; in direct messages to me, leave it out."
NEEDS_CLICK = "I need a form for that, and Slack opens one only when you click."
NOT_RECORDED_YET = (
    "I couldn't record this yet. Slack gives it to me again in the next 6 minutes, and I'll answer here "
    "either way, so you need not repeat it."
)
ASKING = ":hourglass_flowing_sand: Asking VPS.org…"
MOST_NAMED = 20
_TYPES = ("manual", "automatic")
TYPES = f"Types are {join_words([f'`{each}`' for each in _TYPES])}."
START_AGAIN = "Start again with `/backup`."
_MENU = NextStep("Start again", "")
_STATUS, _HELP, _SERVERS = (NextStep(each.capitalize(), each) for each in ("status", "help", "servers"))
_BACKUPS = NextStep("List backups", "list")


def explain(error: BotError) -> Explanation:
    """Return a failure in words."""
    match error:
        case UsageError():
            return _usage_error(error)
        case NotAllowed():
            return _not_allowed(error)
        case UnknownServer():
            return _unknown_server(error)
        case UnknownBackup():
            return _unknown_backup(error)
        case StaleConfirmation():
            return _stale(error)
        case NotRecorded():
            return _not_recorded(error)
        case AlreadyTried():
            return Explanation(
                "This was tried again already.",
                "See `/backup status`, or the newest message about it.",
                next_steps=(_STATUS,),
            )
        case AskedTooOften():
            wait = pluralize(max(1, round(error.seconds)), "second")
            said = "You've asked for a lot in the last minute."
            return Explanation(said, f"Try again in {wait}.", title="Not so fast", can_retry=True)
        case ConfigurationError():
            return Explanation("\n".join(error.problems), error.hint)
        case DatabaseUnavailable():
            return Explanation(
                f"DATABASE_URL: the database can't be reached: {error.reason}", "Once it can, start again."
            )
        case DatabaseInUse():
            return Explanation(
                f"DATABASE_URL: another backup-bot is using {error.file}.",
                "Stop it first, or use PostgreSQL to run several.",
            )
        case AddressUnavailable():
            return Explanation(
                f"BOT_BIND, BOT_PORT: I can't listen on {error.address}: {error.reason}.",
                "Check that no other program uses the port and that the network is up, then start again.",
            )
        case ProviderError():
            return provider_error(error)
    raise AssertionError(error)


def lines(explanation: Explanation) -> list[str]:
    """Return an explanation as lines of mrkdwn, safe to show."""
    said = [
        truncate_mrkdwn(sentence(explanation.what), 1000),
        truncate_mrkdwn(sentence(explanation.hint), 500),
    ]
    if explanation.people:
        said.append(f"Ask {join_words([mention(each) for each in explanation.people[:MOST_NAMED]], 'or')}.")
    if explanation.channels:
        where = join_words([f"<#{channel}>" for channel in explanation.channels[:MOST_NAMED]], "or")
        said.append(f"You can in {where}.")
    return [line for line in said if line]


def in_short(error: BotError) -> str:
    """Return a failure as running text, safe to show."""
    return " ".join(lines(explain(error)))


def unexpected(reference: str) -> Explanation:
    """Return the words for a bug: no detail, and a reference that finds it in the log."""
    return Explanation(
        "Something went wrong on my side.",
        f"Check `/backup status` before you try again. Tell whoever runs the bot: log entry {reference}.",
        title="Something went wrong",
        next_steps=(_STATUS,),
    )


def slack_refused(name: str) -> Explanation:
    """Return the words for a call Slack refused; `name` is its own name for the reason."""
    if "trigger" in name:
        return Explanation("The form took too long to open.", TRY_SOON, can_retry=True)
    if name == "missing_scope":
        return Explanation(
            "I lack a permission in Slack for that.",
            "Tell the person who runs me: `backup-bot doctor` names the scope that my app lacks.",
        )
    said = f"Slack refused to show the answer ({name})."
    return Explanation(said, TRY_SOON, can_retry=True)


def slack_unreadable() -> Explanation:
    """Return the words for a call that Slack did not answer, or not readably."""
    return Explanation(
        "Slack didn't answer me, so I could not show you this.",
        TRY_SOON,
        can_retry=True,
    )


def answers_directly(channel: str) -> str:
    """Return the words for a channel in which the bot can't tell how an operation ends."""
    return (
        f":information_source: I'm not in <#{channel}>, so I'll write to you directly. "
        "To have it in the channel, add me there with `/invite`."
    )


def cant_post() -> Explanation:
    """Return the words for a channel the bot can't post in."""
    return Explanation("I can't post in this channel.", "Invite me with `/invite`, then share again.")


def usage(verb: Verb) -> str:
    """Return how a verb is typed."""
    return f"Type `/backup {USAGES[verb].pattern}`, for example `/backup {USAGES[verb].example}`."


_USAGE_ERRORS: dict[Misuse, tuple[str, str]] = {
    Misuse.UNKNOWN_VERB: ("I don't know “{text}”.", "{meant}"),
    Misuse.OPEN_QUOTE: ("A quote is not closed.", "{how}"),
    Misuse.UNKNOWN_WORDS: ("I don't know what to make of “{text}”.", "{how}"),
    Misuse.UNKNOWN_OPTION: ("I don't know the option “{text}”.", "{how}"),
    Misuse.NO_TYPE: ("The type is missing.", TYPES),
    Misuse.UNKNOWN_TYPE: ("“{text}” isn't a type of backup.", TYPES),
    Misuse.ONE_SERVER: ("I {verb} one server at a time.", "{how}"),
    Misuse.TOO_MANY_SERVERS: ("These are {text} servers; I {verb} at most 100 at once.", "{how}"),
    Misuse.ONE_BACKUP: ("I {verb} one backup at a time.", "{how}"),
    Misuse.UNKNOWN_PERSON: ("I don't know who “{text}” is.", "Type @ and pick the person from Slack's list."),
    Misuse.UNKNOWN_TIME: ("“{text}” isn't a time.", "Type 24h, 7d, yesterday or 2026-11-01 (UTC)."),
    Misuse.UNKNOWN_FILTER: ("“{text}” is no server, person or time that I know.", "{how}"),
    Misuse.NO_HASH: ("“{text}” isn't a hash.", "A hash has 64 digits and letters from a to f."),
    Misuse.UNKNOWN_MOMENT: (
        "“{text}” isn't a time.",
        "Type for example `before 14:00`, `before yesterday` or `before 2026-11-24 14:00`, in your own time.",
    ),
    Misuse.NO_SERVER_NAME: ("That isn't a server's name.", "{how}"),
    Misuse.ONE_FILTER: ("I can show the entries of one server, one person, one time.", "{how}"),
    Misuse.OLD_BUTTON: ("I can't read what this button stands for.", START_AGAIN),
    Misuse.UNKNOWN_BUTTON: ("I don't know this button or form.", START_AGAIN),
    Misuse.INCOMPLETE_PAYLOAD: ("Slack left out a part of what you did.", START_AGAIN),
    Misuse.DECIDED_ALREADY: ("This request was answered already, or has ended.", "See `/backup status`."),
    Misuse.OTHER_REQUEST: (
        "This button belongs to another request.",
        "Use the buttons under the newest message.",
    ),
    Misuse.ALERT_OVER: ("This alert is over.", "See `/backup servers`."),
    **TIMING_ERRORS,
    Misuse.NOT_CANCELLABLE: ("There is nothing left to cancel: it has ended.", "See `/backup status`."),
}


_DOING: dict[Verb | None, str] = {Verb.CREATE: "back up"}


def _usage_error(error: UsageError) -> Explanation:
    verb = Verb(error.verb) if error.verb else None
    how = usage(verb) if verb else ""
    command = f"{verb} {error.rest}" if verb is Verb.HELP and error.rest else verb
    meant = f"Did you mean `/backup {command}`?" if verb else "See what I can do with `/backup help`."
    what, hint = _USAGE_ERRORS[error.misuse]
    return Explanation(
        what.format(text=error.text, verb=_DOING.get(verb, verb)),
        hint.format(how=how, meant=meant),
        next_steps=_usage_steps(error.misuse, verb, error.rest),
    )


def _usage_steps(misuse: Misuse, verb: Verb | None, rest: str) -> tuple[NextStep, ...]:
    match misuse:
        case Misuse.UNKNOWN_VERB if not verb:
            return (_BACKUPS, _STATUS, _HELP)
        case Misuse.UNKNOWN_VERB if verb:
            return (NextStep(USAGES[verb].button or verb.capitalize(), f"{verb} {rest}".strip()),)
        case Misuse.OLD_BUTTON | Misuse.UNKNOWN_BUTTON | Misuse.INCOMPLETE_PAYLOAD:
            return (_MENU,)
        case Misuse.DECIDED_ALREADY | Misuse.NOT_CANCELLABLE:
            return (_STATUS,)
        case Misuse.NO_TYPE | Misuse.UNKNOWN_TYPE:
            wanted = f"list {rest}".strip()
            return tuple(NextStep(each.capitalize(), f"{wanted} --type {each}") for each in _TYPES)
    return (NextStep("Help", f"help {verb}"),) if verb and "{how}" in _USAGE_ERRORS[misuse][1] else ()


_ACTIONS = {
    **{verb.value: usage.permission for verb, usage in USAGES.items()},
    "approve": "approve requests for this server",
    "cancel": "cancel this",
    "answer_alert": "acknowledge or snooze alerts of this server",
    "withdraw": "withdraw this",
}
_NAMES_PEOPLE = "Tell whoever runs the bot: nobody is named in `{setting}`."
_DENIALS: dict[Denial, tuple[str, str]] = {
    Denial.NOT_A_MEMBER: (
        "Only full members of this workspace can use me, not guests or people of other organisations.",
        "",
    ),
    Denial.OTHER_CHANNEL: ("You can't do that in this channel.", ""),
    Denial.NO_ROLE: ("You don't have permission to {action}.", ""),
    Denial.NO_APPROVER: (
        "This needs approval, and nobody else can give it.",
        _NAMES_PEOPLE,
    ),
    Denial.NOT_BY_THE_CLOCK: BY_THE_CLOCK,
    Denial.OWN_REQUEST: ("You can't approve your own request.", ""),
    Denial.NOT_THE_REQUESTER: ("Only the person who requested this can do that.", ""),
    Denial.NO_BREAK_GLASS: ("The rules for this server don't allow break-glass.", ""),
    Denial.NEEDS_APPROVAL_NOW: (
        "This now needs approval.",
        "Request it again, and I'll ask the approvers.",
    ),
    Denial.NEEDS_APPROVAL_ALONE: ("This needs approval.", "Request it for this server alone, then I ask."),
    Denial.APPROVER_LOST_ROLE: (
        "The person who approved this can no longer approve requests for this server.",
        "Request it again.",
    ),
    Denial.VOTE_TOO_LATE: ("It came after the request had expired.", ""),
    Denial.VOTE_ON_OTHER: ("It was meant for another request than this one.", ""),
    Denial.DECIDED_ALREADY: ("The request was answered already.", ""),
    Denial.UNKNOWN_PERSON: ("I can't check who you are: Slack isn't answering.", TRY_SOON),
    Denial.NOT_IN_TIME: (
        "I couldn't check your permission in time. Nothing was started.",
        TRY_SOON,
    ),
}


def _not_allowed(error: NotAllowed) -> Explanation:
    what, hint = _DENIALS[error.denial]
    if error.denial is Denial.NO_ROLE and not error.who:
        hint = f"Nobody has it yet. {_NAMES_PEOPLE}"
    action = _ACTIONS.get(error.action, error.action)
    return Explanation(
        what.format(action=action),
        hint.format(setting=error.setting),
        error.who,
        error.where,
        can_retry=isinstance(error, NotChecked),
    )


def _unknown_server(error: UnknownServer) -> Explanation:
    see_all = "See all of them with `/backup servers`."
    unsure = " VPS.org isn't answering just now, so a new server would not be known yet." * error.is_stale
    steps = _server_steps(error) or (_SERVERS,)
    if not error.wanted:
        return Explanation("No server was named.", see_all, next_steps=steps)
    if error.ids:
        ids = join_words([str(each) for each in error.ids], "or")
        several = f"Several servers are called “{error.wanted}”."
        return Explanation(several, f"Type the id instead: {ids}.", next_steps=steps)
    if error.names:
        several = f"Several servers begin with “{error.wanted}”."
        return Explanation(several, _did_you_mean(error.names), next_steps=steps)
    hint = _did_you_mean(error.near) if error.near else see_all
    # Whether there is one that is hidden from the person must not be told.
    what = f"There is no server “{error.wanted}” that you can see."
    if error.is_wide:
        what = f"No server that you can see fits “{error.wanted}”."
    elif error.is_list_partial:
        what = f"VPS.org did not show all servers, and “{error.wanted}” is not among those that you can see."
    quotes = " If it belongs to the reason, put the reason in quotes." * bool(error.before)
    return Explanation(what, f"{hint}{unsure}{quotes}", next_steps=steps)


def _did_you_mean(names: Sequence[str]) -> str:
    return f"Did you mean {join_words(list(names), 'or')}?"


def _server_steps(error: UnknownServer) -> tuple[NextStep, ...]:
    """Return a step for each server that may be meant: the same command with its name."""
    if not error.verb:
        return ()
    typed = {str(each): str(each) for each in error.ids}
    typed |= {name: in_quotes(name) for name in (*error.names, *error.near)}
    return tuple(
        NextStep(name, " ".join(filter(None, (error.verb, error.before, word, error.rest))))
        for name, word in typed.items()
    )


def _unknown_backup(error: UnknownBackup) -> Explanation:
    if error.is_list_partial:
        return Explanation(
            f"VPS.org did not show all backups, and {error.backup_id} is not among those that you can see.",
            TRY_LATER,
            can_retry=True,
        )
    said = f"There is no backup {error.backup_id} that you can see."
    return Explanation(said, SEE_BACKUPS, next_steps=(_BACKUPS,))


def _stale(error: StaleConfirmation) -> Explanation:
    what, hint = STALE[error.stale]
    said = what.format(
        backup=error.backup_id,
        server=error.server_name,
        shown=error.shown_name,
        status=error.status,
        verb=error.verb,
        passed=duration(error.seconds),
    )
    return Explanation(said, hint, next_steps=_STALE_STEPS.get(error.stale, ()))


_STALE_STEPS = {
    Stale.GONE: (_BACKUPS,),
    Stale.DATE_CHANGED: (_BACKUPS,),
    Stale.NOT_RESTORABLE: (_BACKUPS,),
    Stale.NEWER_OPERATION: (_STATUS,),
}
_NOT_RECORDED: dict[Unrecorded, tuple[str, str]] = {
    Unrecorded.OPERATION: (
        "I couldn't confirm that this was recorded.",
        "It can still happen: check `/backup status` in a minute before you try again.",
    ),
    Unrecorded.ANSWER: ("I couldn't confirm that this was recorded.", TRY_SOON),
    Unrecorded.LOOK_UP: ("My database isn't answering, so I did nothing.", TRY_SOON),
    Unrecorded.AUDIT: (
        "The audit trail can't be written or read, and without it I do nothing.",
        "Tell whoever runs the bot: the log has the reason.",
    ),
}


def _not_recorded(error: NotRecorded) -> Explanation:
    what, hint = _NOT_RECORDED[error.what]
    if error.what is Unrecorded.OPERATION:
        return Explanation(what, hint, title="Not confirmed", next_steps=(_STATUS,))
    return Explanation(what, hint, title="Not confirmed", can_retry=True)
