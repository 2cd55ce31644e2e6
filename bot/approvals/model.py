"""What people decide about a request, and what comes of it."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.errors import Failure
from bot.operations.model import Ending

REMIND_AFTER = (1 / 8, 3 / 8, 7 / 8)
"""The parts of the time after which those who can approve are reminded: each pause is twice the last."""
SHORTEST_PAUSE = timedelta(minutes=1)


def reminder_moments(asked: datetime, deadline: datetime) -> list[datetime]:
    """Return when those who can approve are reminded: of a request that is short, only towards its end."""
    term = deadline - asked
    parts = REMIND_AFTER if term * REMIND_AFTER[0] >= SHORTEST_PAUSE else REMIND_AFTER[-1:]
    return [asked + term * part for part in parts]


class Choice(StrEnum):
    """What a button or form under a request stands for. Stored: never change a value."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    BREAK_GLASS = "break_glass"

    @property
    def action(self) -> str:
        """What it is called as something that a person can or can't do, as in `NotAllowed`."""
        return _ACTIONS[self]


_ACTIONS = {
    Choice.APPROVED: "approve",
    Choice.DECLINED: "decline",
    Choice.WITHDRAWN: "withdraw",
    Choice.BREAK_GLASS: "break_glass",
}


class Vote(BaseModel):
    """What somebody chose, and when (UTC). `shown` is the digest of what they were shown.

    `delivery_id` is that of the click: the same if Slack delivers it twice.
    """

    model_config = ConfigDict(frozen=True)

    choice: Choice
    person: str
    team: str = ""
    shown: str
    comment: str = ""
    at: AwareDatetime
    delivery_id: str = ""


class Verdict(BaseModel):
    """How a request ended: when (UTC), by whose click, with what comment, and what was out of date."""

    model_config = ConfigDict(frozen=True)

    ending: Ending
    at: AwareDatetime
    person: str = ""
    comment: str = ""
    delivery_id: str = ""
    failure: Failure | None = None
