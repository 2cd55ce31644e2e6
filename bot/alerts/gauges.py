"""How many troubles are told and not over: looked up in the database at a scrape."""

from collections import Counter

import sqlalchemy as sa

from bot.alerts.model import HAPPENED, Kind
from bot.alerts.store import AlertStore
from bot.metrics.instruments import ALERTS_OPEN


async def look(store: AlertStore) -> None:
    """Set the gauges; raises SQLAlchemyError, and leaves none, if the database can't be asked."""
    try:
        counted = Counter(await store.open_kinds())
    except sa.exc.SQLAlchemyError:
        ALERTS_OPEN.clear()
        raise
    for kind in Kind:
        if kind not in HAPPENED:
            ALERTS_OPEN.labels(kind).set(counted[kind])
