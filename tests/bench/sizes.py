"""How much is measured: in full, or as little as shows that everything can be measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Counts and seconds.

    `rounds` times the `commands` of each kind are sent, and `creates` asked for; `calls` are asked for one
    at a time, `batch` in one request. `crowd` backups wait at once, in `channels`; they are watched doing
    nothing for `quiet` seconds, then `meanwhile` commands of two kinds are sent. `told_after` is when those
    told are counted. One of `probe` of the crowd ends while the bot is down. `accounts` are numbers of
    backups, each listed `lists` times. `tick` is the bot's BOT_POLL_SECONDS, also its most. An idle bot is
    watched for `idle` seconds and started again `starts` times. What does not happen within `patience`
    seconds counts as never happening. Each number of `replicas` is measured; one of two is killed `kills`
    times, and its machine dies `silent` times. So many measurements go on `at_once`: one, or the figures
    are worth nothing.
    """

    rounds: int
    commands: int
    creates: int
    calls: int
    batch: int
    crowd: int
    channels: int
    quiet: float
    meanwhile: int
    told_after: float
    probe: int
    accounts: tuple[int, int]
    lists: int
    tick: float
    idle: float
    starts: int
    patience: float
    replicas: tuple[int, ...]
    kills: int
    silent: int
    at_once: int


FULL = Sizes(
    rounds=5,
    commands=400,
    creates=200,
    calls=20,
    batch=100,
    crowd=1000,
    channels=500,
    quiet=20.0,
    meanwhile=100,
    told_after=75.0,
    probe=10,
    accounts=(20_000, 100_000),
    lists=5,
    tick=5.0,
    idle=20.0,
    starts=5,
    patience=120.0,
    replicas=(1, 2, 4),
    kills=50,
    silent=10,
    at_once=1,
)
QUICK = Sizes(
    rounds=1,
    commands=16,
    creates=8,
    calls=2,
    batch=5,
    crowd=12,
    channels=6,
    quiet=0.5,
    meanwhile=3,
    told_after=3.0,
    probe=3,
    accounts=(200, 1_000),
    lists=1,
    tick=0.2,
    idle=0.5,
    starts=1,
    patience=10.0,
    replicas=(2,),
    kills=2,
    silent=1,
    at_once=3,
)
