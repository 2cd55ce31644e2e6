"""Whatever VPS.org lists and whatever waiters come and go: a wait ends exactly when the rules say."""

from hypothesis import given
from hypothesis import strategies as st

from bot.backups.api import BackupList
from bot.errors import Busy, ProviderError
from tests.backups.fake_clock import (
    DONE,
    ERROR,
    FAILED,
    GONE,
    ODD,
    PARTLY,
    RUNNING,
    abandon,
    backup,
    polling,
    script,
    wait,
)

KINDS: dict[str, BackupList | ProviderError] = {
    "running": RUNNING,
    "odd": ODD,
    "done": DONE,
    "failed": FAILED,
    "gone": GONE,
    "partly": PARTLY,
    "error": ERROR,
    "busy": Busy(retry_after=50.0),
}


def told_by_the_rules(kinds: list[str]) -> tuple[int, str] | None:
    """Return after which listing a waiter ends, and how, when nothing has to settle."""
    misses = 0
    for number, kind in enumerate(kinds, start=1):
        if kind in {"done", "failed"}:
            return number, kind
        if kind in {"running", "odd"}:
            misses = 0
        misses += kind == "gone"
        if misses == 3:
            return number, "vanished"
    return None


@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=30))
async def test_a_waiter_ends_exactly_when_the_rules_say(kinds: list[str]) -> None:
    # What follows the script proves nothing, so it can't end the wait.
    async with polling(script(*(KINDS[kind] for kind in kinds), PARTLY)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(50 * 31)
        rules = told_by_the_rules(kinds)
        assert waiting.done() is (rules is not None)
        if rules is None:
            await abandon(waiting)
            return
        listings, how = rules
        found = await waiting
        expected = {"done": "completed", "failed": "failed", "vanished": None}[how]
        assert (found.status if found else None) == expected
        assert len(provider.asked) == listings
    assert not poller._watches


@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 3), st.floats(0, 30), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
async def test_while_waiters_come_and_go_the_others_get_their_answer(
    comers: list[tuple[int, int, float, bool]],
) -> None:
    ends_at = 130.0

    def answer(_server: int | None) -> BackupList:
        status = "completed" if clock.now >= ends_at else "in_progress"
        return BackupList([backup(10 * s + b, s, status) for s in range(1, 8) for b in range(1, 4)])

    async with polling(answer) as (poller, clock, _provider):
        staying = []
        for server_id, number, pause, leaves in comers:
            waiting = wait(poller, server_id, 10 * server_id + number)
            await clock.passes(pause)
            if leaves:
                await abandon(waiting)
            else:
                staying.append((10 * server_id + number, waiting))
        await clock.passes(max(0.0, ends_at - clock.now) + 21)
        for backup_id, waiting in staying:
            assert waiting.done()
            found = waiting.result()
            assert found is not None
            assert found.id == backup_id
        assert not poller._watches
