"""VPS.org's refusals and silences in words: what happened, and what to do about it."""

from typing import NamedTuple

from bot.errors import (
    BadRequest,
    Busy,
    InvalidResponse,
    Nonsense,
    NotFound,
    ProviderError,
    Silence,
    SlotsFull,
    Unauthorized,
    Unreachable,
)
from bot.slack.text import duration, pluralize, quotation

TRY_SOON = "Try again in a moment."
TRY_LATER = "Try again in a minute."
LOOK_FIRST = "Check what is there now before you try again."
CHECK_CERTIFICATES = "Tell the person who runs the bot to check the proxy, SSL_CERT_FILE and the clock."
CHECK_ADDRESS = "If this keeps happening, tell whoever runs the bot to check VPS_API_URL."


class NextStep(NamedTuple):
    """A step that a button offers: what it says, and the command that it runs, without `/backup`."""

    label: str
    command: str


class Explanation(NamedTuple):
    """What happened and what to do, in plain text that has not been escaped for Slack.

    `people` are the ids of those to ask, `channels` of those in which to ask; `title` is a modal's.
    `next_steps` are buttons; `can_retry`: the same may go well in a while, and does no harm.
    """

    what: str
    hint: str = ""
    people: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    title: str = "Nothing was done"
    next_steps: tuple[NextStep, ...] = ()
    can_retry: bool = False


def provider_error(error: ProviderError) -> Explanation:
    """Return what VPS.org refused, or why it could not be asked."""
    is_passing = isinstance(error, Busy | Unreachable | InvalidResponse)
    return _provider_error(error)._replace(can_retry=is_passing and not error.may_have_acted)


def _provider_error(error: ProviderError) -> Explanation:
    said = _quoted(error.words)
    match error:
        case Unauthorized(status=403):
            return Explanation(
                f"VPS.org doesn't let the bot's token do this{said}",
                "Tell whoever runs the bot: VPS_API_TOKEN lacks a permission.",
            )
        case Unauthorized():
            return Explanation(
                f"VPS.org doesn't accept the bot's token{said}",
                "Tell whoever runs the bot: VPS_API_TOKEN is not accepted.",
            )
        case NotFound(is_listed=True):
            return Explanation(f"VPS.org says there is no such backup, yet it lists it{said}", LOOK_FIRST)
        case NotFound():
            return Explanation(
                f"VPS.org knows no such server or backup{said}",
                "It may have been deleted meanwhile. If not, tell whoever runs the bot to check VPS_API_URL.",
            )
        case SlotsFull():
            return _slots_full(error)
        case Busy(status=409 | 423 | 425):
            return Explanation(f"VPS.org is busy with this already{said}", _when(error))
        case Busy(status=503):
            return Explanation(f"VPS.org isn't available just now{said}", _when(error))
        case Busy():
            return Explanation(f"VPS.org is limiting requests{said}", _when(error))
        case BadRequest():
            hint = "Correct that and try again." if error.words else "The bot's log may have more."
            return Explanation(f"VPS.org refused the request ({error.status}){said}", hint)
        case Unreachable():
            silence = _SILENCES[error.silence].format(status=error.status)
            return Explanation(f"{silence}{said}", _when(error))
        case InvalidResponse():
            return _nonsense(error)
    return Explanation(f"VPS.org could not be asked{said}", TRY_LATER)


def _slots_full(error: SlotsFull) -> Explanation:
    return Explanation(
        f"{error.server_name or 'The server'} has no free backup slot ({error.used} of {error.limit}).",
        "Delete a manual backup you no longer need, then try again.",
    )


_SILENCES: dict[Silence, str] = {
    Silence.NOT_REACHED: "VPS.org can't be reached",
    Silence.CERTIFICATE: "VPS.org's certificate isn't trusted",
    Silence.TIMED_OUT: "VPS.org isn't answering",
    Silence.BROKE_OFF: "VPS.org dropped the connection",
    Silence.SERVER_ERROR: "VPS.org is having problems (error {status})",
    Silence.INTERRUPTED: "I was interrupted just when I called VPS.org",
}
_NONSENSE: dict[Nonsense, str] = {
    Nonsense.NOT_JSON: "VPS.org's answer is not JSON.",
    Nonsense.EMPTY: "VPS.org's answer is empty.",
    Nonsense.TOO_LARGE: "VPS.org's answer is larger than I can take.",
    Nonsense.NOT_A_LIST: "VPS.org answered with something that is not a list.",
    Nonsense.NOT_A_BACKUP: "VPS.org answered with something that is not a backup.",
    Nonsense.NOT_AN_ACCOUNT: "VPS.org answered with something that is not an account.",
    Nonsense.ENDLESS_PAGES: "VPS.org answered with pages that never end.",
    Nonsense.FOREIGN_PAGE: "VPS.org sent me to a page at another address, where I don't take its token.",
    Nonsense.REDIRECT: "VPS.org redirected me ({status}), and I don't follow redirects.",
    Nonsense.NOT_THE_API: "Something else answered for VPS.org ({status}): a firewall, a proxy or a page.",
    Nonsense.ONLY_ACCEPTED: "VPS.org accepted it ({status}), and had not carried it out when I looked.",
    Nonsense.PARTIAL_LIST: "VPS.org did not show all backups of the server, so I can't tell.",
}


def _nonsense(error: InvalidResponse) -> Explanation:
    hint = LOOK_FIRST if error.may_have_acted else f"{TRY_LATER} {CHECK_ADDRESS}"
    if error.nonsense is Nonsense.PARTIAL_LIST:
        hint = TRY_LATER
    return Explanation(_NONSENSE[error.nonsense].format(status=error.status), hint)


def _quoted(words: str) -> str:
    return f": {quotation(words)}" if words else "."


def _when(error: Busy | Unreachable) -> str:
    wait = error.retry_after
    if error.may_have_acted:
        return LOOK_FIRST
    if isinstance(error, Unreachable) and error.silence is Silence.NOT_REACHED:
        return f"{TRY_LATER} {CHECK_ADDRESS}"
    if isinstance(error, Unreachable) and error.silence is Silence.CERTIFICATE:
        return CHECK_CERTIFICATES
    if wait is None or 45 <= wait <= 75:
        return TRY_LATER
    if wait < 1:
        return TRY_SOON
    return (
        f"Try again in {duration(wait)}."
        if wait >= 120
        else f"Try again in {pluralize(round(wait), 'second')}."
    )
