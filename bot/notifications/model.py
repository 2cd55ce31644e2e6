"""Where a message of ours is, and how much a channel is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class MessageRef(BaseModel):
    """A message in Slack; `ts` is empty if it could not be posted, `permalink` is its address."""

    model_config = ConfigDict(frozen=True)

    channel: str = ""
    ts: str = ""
    permalink: str = ""


class Notify(StrEnum):
    """What a channel is told of operations requested there. People write these values: never change one."""

    ALL = "all"
    OUTCOMES = "outcomes"
    FAILURES = "failures"


@dataclass(frozen=True)
class NotifyLevels:
    """What each channel is told, by its id; all others as `otherwise` says."""

    otherwise: Notify = Notify.ALL
    channels: Mapping[str, Notify] = field(default_factory=dict)

    def of(self, channel: str) -> Notify:
        """Return what a channel is told."""
        return self.channels.get(channel, self.otherwise)
