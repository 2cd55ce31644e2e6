"""How many alerts are open, by kind: read from the database at a scrape."""

from collections import Counter

from bot.alerts.model import HAPPENED, Kind
from bot.alerts.store import AlertStore
from bot.metrics.instruments import ALERTS_OPEN
from bot.metrics.scrape import read_or_clear


async def look(store: AlertStore) -> None:
    """Set the gauges; if the database can't be read, clear them and raise SQLAlchemyError."""
    counted = Counter(await read_or_clear(store.open_kinds(), ALERTS_OPEN))
    for kind in Kind:
        if kind not in HAPPENED:
            ALERTS_OPEN.labels(kind).set(counted[kind])
