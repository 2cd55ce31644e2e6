"""How many alerts are open: what is told and goes on, and unknown without the database."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.alerts import gauges
from bot.alerts.alert import TrackedTrouble
from bot.alerts.model import HAPPENED, Kind
from bot.alerts.store import AlertStore
from bot.operations.database import open_database
from tests.alerts.facts import an_alert, trouble
from tests.backups.facts import NOON
from tests.metrics.growth import measured


async def test_troubles_that_go_on_are_counted_by_kind(tmp_path: Path) -> None:
    store = AlertStore(open_database(f"sqlite:///{tmp_path}/bot.sqlite"))
    with pytest.raises(sa.exc.SQLAlchemyError):
        await gauges.look(store)
    assert measured("alerts_open") == {}
    await store.prepare()
    both = an_alert(trouble(), trouble(server=2), trouble(Kind.MADE_OUTSIDE))
    over = TrackedTrouble(trouble=trouble(Kind.SLOTS), since=NOON, ended_at=NOON)
    await store.remember([both, an_alert(trouble(Kind.SLOTS), id="b"), an_alert(id="c", troubles=(over,))])
    await gauges.look(store)
    wanted = {(kind,): 0 for kind in Kind if kind not in HAPPENED}
    assert measured("alerts_open") == wanted | {(Kind.NO_GOOD_BACKUP,): 2, (Kind.SLOTS,): 1}
    await store.remember(forget=["card", "b"])
    await gauges.look(store)
    assert measured("alerts_open") == wanted
    await store.aclose()
