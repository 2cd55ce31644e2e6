"""The tree of expected failures.

BotError
├── NotUnderstood      the command or form made no sense
├── NotAllowed         this person may not do this
│   └── NotChecked     it can't be told just now whether they may
├── UnknownServer      no server goes by that name
├── UnknownBackup      no backup has that id
├── Outdated           what a person confirmed is no longer so
├── NotRecorded        the operation could not be stored, so it was not promised
├── BadSettings        the bot can't start as configured
├── DatabaseAway       the database can't be reached, for now
└── ProviderError      VPS.org refused, or could not be asked
    ├── BadRequest     it found fault with the request
    ├── Unauthorized   it did not accept the token
    ├── Missing        it has no such thing
    ├── SlotsFull      the server has all the manual backups it may have
    ├── Busy           it is busy or limits us
    ├── Unreachable    no usable answer came back
    └── Nonsense       the answer could not be read

Anything else that is raised is a bug.
"""


class BotError(Exception):
    """An expected failure: `what` happened and, as `hint`, what to do about it.

    Both are sentences for a person, in plain text that has not been escaped for Slack.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class NotUnderstood(BotError):
    """The command or the form made no sense."""


class NotAllowed(BotError):
    """The person may not do this; the hint says how to allow it.

    `who` are the ids of the people and user groups who may, `where` those of the channels it may be asked in.
    """

    def __init__(
        self, what: str, hint: str = "", *, who: tuple[str, ...] = (), where: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what, hint)
        self.who = who
        self.where = where


class NotChecked(NotAllowed):
    """It can't be told just now whether the person may, so they may not; later they may."""


class UnknownServer(BotError):
    """No server goes by that name; the hint names the nearest ones."""


class UnknownBackup(BotError):
    """No backup has that id, or it is gone."""


class Outdated(BotError):
    """What the person confirmed is no longer so, and nothing was done."""


class NotRecorded(BotError):
    """The operation could not be stored in time; it may or may not run."""


class BadSettings(BotError):
    """The bot can't start as configured; each line of `what` names one problem."""


class DatabaseAway(BotError):
    """The database could not be reached for as long as the bot waits for it at the start."""


class ProviderError(BotError):
    """VPS.org refused, or could not be asked.

    `may_have_acted` is true where the request may have been carried out all the same, so that it must
    be looked up and never blindly repeated.
    """

    def __init__(self, what: str, hint: str = "", *, may_have_acted: bool = False) -> None:
        super().__init__(what, hint)
        self.may_have_acted = may_have_acted


class BadRequest(ProviderError):
    """It found fault with the request (400, 422); `what` carries its own field messages."""


class Unauthorized(ProviderError):
    """It did not accept the token (401, 403)."""


class Missing(ProviderError):
    """It has no such thing (404, 410)."""


class SlotsFull(ProviderError):
    """The server already has all the manual backups it may have."""


class Busy(ProviderError):
    """It is busy or limits us (409, 423, 429, 503); `retry_after` is in seconds where it said."""

    def __init__(
        self,
        what: str,
        hint: str = "",
        *,
        may_have_acted: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, hint, may_have_acted=may_have_acted)
        self.retry_after = retry_after


class Unreachable(ProviderError):
    """No usable answer came back: no connection, a time-out, or a 5xx."""


class Nonsense(ProviderError):
    """The answer could not be read: HTML, cut JSON, or the wrong shape."""
