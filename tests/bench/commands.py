"""`help`, `status` and `list` beside a Bolt app that only acks."""

from collections.abc import AsyncGenerator, Sequence

from tests.bench.figures import Row, median, p99, seconds
from tests.bench.load import Burst, burst, watching_ourselves
from tests.bench.stage import Stage
from tests.bench.subjects import Bench, bare_on, bot_on, on_stage

AIMS = {"help": 0.9, "status": 0.9, "list": 0.6}
BARE = "bare"
SERVERS, BACKUPS_EACH = 10, 5

Round = dict[str, Burst]


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give a row per command.

    Both apps are connected all the while, each to a pretend Slack of its own, and take turns in each round,
    so that whatever else the machine does concerns both. The ratio is the median of the rounds' own. A bot
    may ack at once and answer later, so both are counted: acks, and answers that people were shown.
    """
    async with on_stage(servers=0) as beside, on_stage(servers=SERVERS) as stage:
        for server in stage.servers:
            for _ in range(BACKUPS_EACH):
                stage.provider.add_backup(server)
        async with bare_on(bench, beside), bot_on(bench, stage), watching_ourselves() as ourselves:
            await _round(beside, stage, bench.sizes.commands // 4)  # both have then seen it all once
            rounds = [await _round(beside, stage, bench.sizes.commands) for _ in range(bench.sizes.rounds)]
    driver = {"driver_share_of_core": ourselves.share, "driver_late_seconds": ourselves.late_seconds}
    for verb in AIMS:
        yield _row(verb, rounds, driver)


async def _round(beside: Stage, stage: Stage, times: int) -> Round:
    found = {BARE: await burst(beside, ["help"] * times)}
    for verb in AIMS:
        found[verb] = await burst(stage, [verb] * times, answered=True)
    return found


def _row(verb: str, rounds: Sequence[Round], driver: dict[str, float]) -> Row:
    acked = [each[verb].acked_rate / each[BARE].acked_rate for each in rounds]
    answered = [each[verb].answered_rate / each[BARE].acked_rate for each in rounds]
    ack_seconds = [value for each in rounds for value in each[verb].ack_seconds]
    bare_seconds = [value for each in rounds for value in each[BARE].ack_seconds]
    figures = {
        "ratio_acked": median(acked),
        "ratio_answered": median(answered),
        "ratio_acked_least": min(acked),
        "ratio_acked_most": max(acked),
        "acked_per_second": median([each[verb].acked_rate for each in rounds]),
        "answered_per_second": median([each[verb].answered_rate for each in rounds]),
        "bare_acked_per_second": median([each[BARE].acked_rate for each in rounds]),
        "ack_median_seconds": median(ack_seconds),
        "ack_p99_seconds": p99(ack_seconds),
        "bare_ack_median_seconds": median(bare_seconds),
        "bare_ack_p99_seconds": p99(bare_seconds),
    }
    measured = (
        f"{median(acked):.2f} acked, {median(answered):.2f} answered; "
        f"{figures['acked_per_second']:.0f} acks/s, p99 {seconds(figures['ack_p99_seconds'])}"
    )
    aim = f"both >= {AIMS[verb]} of bare Bolt ({figures['bare_acked_per_second']:.0f}/s)"
    ok = min(median(acked), median(answered)) >= AIMS[verb]
    return Row(f"{verb}, 8 at a time", measured, aim, ok, figures | driver)
