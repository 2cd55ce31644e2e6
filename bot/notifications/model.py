"""Where a message of ours is."""

from pydantic import BaseModel, ConfigDict


class MessageRef(BaseModel):
    """A message in Slack; `ts` is empty if it could not be posted, `permalink` is its address."""

    model_config = ConfigDict(frozen=True)

    channel: str = ""
    ts: str = ""
    permalink: str = ""
