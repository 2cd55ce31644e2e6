"""What goes wrong on purpose: both pretend services look here before they answer."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal, Protocol

ProviderFault = Literal["500", "429", "html", "reset", "timeout_after_acting", "unauthorized"]
SlackFault = Literal["internal_error", "ratelimited", "down"]


class Plan(Protocol):
    """Decides anew for each request what goes wrong; see `fault_plan`."""

    def for_slack(self, method: str, channel: str) -> str | None:
        """Return what goes wrong with this call of a Web API method; `channel` is "" where it has none."""

    def for_provider(self, method: str, path: str) -> str | None:
        """Return what goes wrong with this request to the provider."""

    def wait(self) -> float:
        """Return how many seconds later than usual a request is answered."""


@dataclass
class Faults:
    """Plain switches, all off at first.

    `provider_latency` and `slack_latency` are seconds added to every answer; `provider_fail` and
    `slack_fail` spoil every answer; the `next_…` queues spoil one answer each, oldest first:
    `next_slack["chat.update"].append("ratelimited")` (any of Slack's error names, or a fault of
    `slack_faults`), `next_provider["POST", "/backups/"].append("timeout_after_acting")`. A `plan` is asked
    about every request that no queue spoils.

    Socket Mode: `socket_refused` fails handshakes, `socket_deaf` accepts them but neither delivers
    nor answers pings, `socket_duplicates` sends each envelope that many times more, `socket_holds` keeps
    every other one back for that many seconds, so that later ones overtake it.

    `newer_blocks_refused`: the workspace has none of Block Kit's newer blocks yet (`block_kit_blocks.NEWER`).
    `client_msg_ids_honoured`: a message that is posted again with the same `client_msg_id` comes once. Slack
    documents no such argument, and some workspaces may have it.
    """

    provider_latency: float = 0.0
    provider_fail: ProviderFault | None = None
    slack_latency: float = 0.0
    slack_fail: SlackFault | None = None
    socket_refused: bool = False
    socket_deaf: bool = False
    socket_duplicates: int = 0
    socket_holds: float = 0.0
    newer_blocks_refused: bool = False
    client_msg_ids_honoured: bool = False
    plan: Plan | None = None
    next_slack: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    next_provider: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def for_slack(self, method: str, channel: str = "") -> str | None:
        """What goes wrong with this call of a Web API method (None: nothing); uses up a one-shot fault."""
        if queue := self.next_slack.get(method):
            return queue.pop(0)
        return (self.plan and self.plan.for_slack(method, channel)) or self.slack_fail

    def for_provider(self, method: str, path: str) -> str | None:
        """What goes wrong with this request to the provider (None: nothing); uses up a one-shot fault."""
        if queue := self.next_provider.get((method, path)):
            return queue.pop(0)
        return (self.plan and self.plan.for_provider(method, path)) or self.provider_fail

    def slack_wait(self) -> float:
        """How many seconds later than usual Slack answers this call."""
        return self.slack_latency + (self.plan.wait() if self.plan else 0.0)

    def provider_wait(self) -> float:
        """How many seconds later than usual the provider answers this request."""
        return self.provider_latency + (self.plan.wait() if self.plan else 0.0)
