"""What people decide, and what comes of it."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Choice = Literal["approved", "denied", "withdrawn", "break_glass"]
Ending = Literal["approved", "denied", "withdrawn", "break_glass", "expired", "stale"]

VERBS: dict[Choice, str] = {
    "approved": "approve",
    "denied": "deny",
    "withdrawn": "withdraw",
    "break_glass": "break glass",
}
"""What each choice is called as something to do."""


class Vote(BaseModel):
    """What somebody chose, and when (UTC). `shown` is the digest of what they were shown."""

    model_config = ConfigDict(frozen=True)

    choice: Choice
    person: str
    team: str = ""
    shown: str
    reason: str = ""
    at: AwareDatetime


class Verdict(BaseModel):
    """How a request ended: when (UTC), by whom, and why."""

    model_config = ConfigDict(frozen=True)

    ending: Ending
    at: AwareDatetime
    person: str = ""
    what: str = ""
    hint: str = ""

    @property
    def goes_ahead(self) -> bool:
        """True where the operation may be carried out."""
        return self.ending in {"approved", "break_glass"}
