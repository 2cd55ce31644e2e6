"""How many troubles are told and not over: looked up in the database at a scrape."""

from collections import Counter

from bot.alerts.model import HAPPENED, Kind
from bot.alerts.store import AlertStore
from bot.metrics.instruments import ALERTS_OPEN
from bot.metrics.scrape import read_or_clear


async def look(store: AlertStore) -> None:
    """Set the gauges; raises SQLAlchemyError, and leaves none, if the database can't be asked in time."""
    counted = Counter(await read_or_clear(store.open_kinds(), ALERTS_OPEN))
    for kind in Kind:
        if kind not in HAPPENED:
            ALERTS_OPEN.labels(kind).set(counted[kind])
