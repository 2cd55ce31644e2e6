"""Which tests one worker gets together: those that share what takes long to make."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SHARED = {
    "Chromium": ("tests/browser/",),
    "PostgreSQL": (
        "tests/operations/test_leases.py",
        "tests/operations/test_failover.py",
        "tests/operations/test_hung.py",
        "tests/operations/test_database.py",
        "[postgresql",
    ),
    "PostgreSQL and several bots": (
        "tests/operations/test_alerts.py",
        "tests/operations/test_behind_a_balancer.py",
        "tests/operations/test_cut_off.py",
        "tests/operations/test_fires_once.py",
        "tests/operations/test_takeover.py",
    ),
    "a bot to kill": ("tests/torture/",),
}
"""What is shared, and how to tell the tests that do by their names."""


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out these together, first of all as they are many, and every other test for itself."""

    def _split_scope(self, nodeid: str) -> str:
        return next((shared for shared, parts in SHARED.items() if any(map(nodeid.count, parts))), nodeid)
