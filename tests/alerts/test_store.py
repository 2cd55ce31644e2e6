"""What the watch remembers is there after a restart; what can't be read does not keep it from watching."""

from pathlib import Path

import sqlalchemy as sa

from bot.alerts.store import AlertStore
from bot.operations.database import open_database
from tests.alerts.facts import an_alert, answer
from tests.backups.facts import NOON, hours


async def opened(folder: Path) -> AlertStore:
    store = AlertStore(open_database(f"sqlite:///{folder}/bot.sqlite"))
    await store.prepare()
    return store


async def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    store, said = await opened(tmp_path), answer(until=NOON + hours(4))
    assert await store.remember([an_alert(), an_alert(id="other", at=NOON - hours(1))], {"look": "1"})
    await store.put_answer(said)
    await store.aclose()
    store = await opened(tmp_path)
    known = await store.lead()
    assert known is not None
    assert [each.id for each in known.alerts] == ["other", "card"]
    assert (known.answers, known.memory) == ({"card": said}, {"look": "1"})
    assert await store.find("card") == (an_alert(), said)
    assert await store.find("none") == (None, None)
    await store.remember(forget=["card"])
    assert await store.find("card") == (None, None)
    await store.aclose()


async def test_a_newer_answer_outlives_the_end_of_an_older_one(tmp_path: Path) -> None:
    store, old, new = await opened(tmp_path), answer(until=NOON), answer(at=NOON + hours(1))
    await store.put_answer(old)
    await store.put_answer(new)
    await store.remember(over=[old])
    assert await store.find("card") == (None, new)
    await store.remember(over=[new])
    assert await store.find("card") == (None, None)
    await store.aclose()


async def test_what_cannot_be_read_is_passed_by(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.remember([an_alert()])
    with sa.create_engine(f"sqlite:///{tmp_path}/bot.sqlite").begin() as connection:
        connection.execute(sa.text("insert into alert_cards values ('odd', '{}'), ('worse', 'x')"))
        connection.execute(sa.text("insert into alert_answers values ('odd', '[]')"))
    known = await store.lead()
    assert known is not None
    assert ([each.id for each in known.alerts], known.answers) == (["card"], {})
    assert await store.find("odd") == (None, None)
    await store.aclose()
