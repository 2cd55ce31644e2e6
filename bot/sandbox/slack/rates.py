"""How fast Slack lets an app call (https://docs.slack.dev/apis/web-api/rate-limits)."""

from collections.abc import Callable

POST_BURST = 10


class Rates:
    """Token buckets: posting fills one per second and channel, methods their number per minute."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_for_post(self, channel: str) -> float:
        """Seconds to wait before posting there; 0 when it may be done now, which then counts."""
        return self._wait(f"post {channel}", POST_BURST, 1.0)

    def wait_for_method(self, method: str, per_minute: int) -> float:
        """Seconds to wait before calling that method; 0 when it may be done now, which then counts."""
        return self._wait(method, per_minute, per_minute / 60)

    def _wait(self, name: str, most: float, per_second: float) -> float:
        now = self._now()
        left, since = self._buckets.get(name, (most, now))
        left = min(most, left + (now - since) * per_second)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        return 0.0 if allowed else (1 - left) / per_second
